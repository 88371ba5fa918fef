import { SaxesParser } from 'saxes';
import { AnnotationError } from '../../errors.ts';
import { decodeUtf8 } from '../bytes.ts';
import type { ImportedFile } from '../format.ts';

/** An element with all that is in it. */
export type XmlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, joined. */
  readonly text: string;
  /** Line of its opening tag, from 1. */
  readonly line: number;
};

/** Deeper, or with more attributes, no file of ours is. */
const MAX_DEPTH = 16;
const MAX_ATTRIBUTES = 64;
/** Characters of one attribute, text or tag: sixteen times the run lengths of a ragged mask of 8K. */
const MAX_TOKEN = 16 * 2 ** 20;
/** Characters that the parser gets at once; between two such pieces the length of an unfinished token is looked at. */
const PIECE = 64 * 1024;

type Building = {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: Building[];
  text: string;
  line: number;
};

/**
 * The children of the root element, one by one as they end: memory holds one of them at a time. First comes the root
 * itself, without children. UTF-8 only. Throws 'file' with the line where the text is no well-formed XML, and for what
 * only an attack has: a document type (and so any entity of its own), nesting past 16, an attribute or text past 16 MB.
 */
export async function* readXml(file: ImportedFile): AsyncGenerator<XmlElement> {
  const parser = new SaxesParser({ position: true });
  const bad = (what: string): AnnotationError =>
    new AnnotationError('file', `${file.path}, line ${parser.line}: ${what}`);
  const open: Building[] = [];
  let done: XmlElement[] = [];
  let attributes = 0;
  let lastEvent = 0;
  parser.on('error', (error) => {
    throw bad(`this is no well-formed XML (${error.message.replace(/^\d+:\d+: /, '')})`);
  });
  parser.on('doctype', () => {
    throw bad('a document type is not accepted, because entities could be hidden in it; remove the <!DOCTYPE …>.');
  });
  parser.on('attribute', () => {
    if (++attributes > MAX_ATTRIBUTES) throw bad(`an element has more than ${MAX_ATTRIBUTES} attributes.`);
    lastEvent = parser.position;
  });
  parser.on('opentag', (tag) => {
    attributes = 0;
    lastEvent = parser.position;
    if (open.length >= MAX_DEPTH) throw bad(`elements are nested more than ${MAX_DEPTH} deep.`);
    const element: Building = {
      name: tag.name,
      // Without namespaces, which are not asked for, the values are plain text.
      attributes: tag.attributes as Record<string, string>,
      children: [],
      text: '',
      line: parser.line,
    };
    if (open.length === 0) done.push(element);
    else if (open.length > 1) open.at(-1)!.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    lastEvent = parser.position;
    const element = open.pop()!;
    if (open.length === 1) done.push(element);
  });
  const addText = (text: string): void => {
    lastEvent = parser.position;
    if (open.length > 1) open.at(-1)!.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('comment', () => {
    lastEvent = parser.position;
  });

  for await (const text of decodeUtf8(file)) {
    for (let from = 0; from < text.length; from += PIECE) {
      parser.write(text.slice(from, from + PIECE));
      if (parser.position - lastEvent > MAX_TOKEN)
        throw bad(`a tag, attribute or text is longer than ${MAX_TOKEN} characters.`);
    }
    yield* done;
    done = [];
  }
  parser.close();
  yield* done;
}
