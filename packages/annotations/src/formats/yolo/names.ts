import { parse } from 'yaml';
import { AnnotationError } from '../../errors.ts';
import type { Label } from '../../labeled/labels.ts';
import { readText } from '../bytes.ts';
import type { ImportedFile } from '../format.ts';
import { isItem } from '../json/values.ts';
import type { Reading } from '../reading.ts';
import { type Layout, layoutOf } from './columns.ts';

const MAX_NAMES = 2 ** 20;

export type Names = {
  readonly file: string;
  /** By the number of the label. */
  readonly names: readonly (string | undefined)[];
  /** Which columns the lines have, where the file says so. */
  readonly columns?: Layout;
};

/**
 * The labels' numbers: "names" of data.yaml (of another .yaml where that has none), obj.names of Darknet's YOLO, or
 * classes.txt. Which other .yaml files lie around (args.yaml of a training) says nothing.
 */
export async function readNames(files: readonly ImportedFile[]): Promise<Names> {
  const yamls = files.filter(({ path }) => /\.ya?ml$/i.test(path));
  const ordered = yamls.toSorted((a, b) => Number(!isDataYaml(a)) - Number(!isDataYaml(b)));
  const tried: string[] = [];
  for (const file of ordered) {
    const found = await namesOfYaml(file);
    if (typeof found !== 'string') return found;
    tried.push(found);
  }
  const list = files.find(({ path }) => /(^|\/)([^/]+\.names|classes\.txt|_darknet\.labels)$/i.test(path));
  if (list) {
    const lines = (await readText(list, MAX_NAMES)).split(/\r?\n/).map((line) => line.trim());
    while (lines.at(-1) === '') lines.pop();
    if (lines.length > 0) return { file: list.path, names: lines };
    tried.push(`${list.path} is empty`);
  }
  throw new AnnotationError(
    'file',
    tried.length > 0
      ? `${tried.join('; ')}.`
      : 'There is no data.yaml (nor obj.names, nor classes.txt), which says by what numbers the labels go; add it to the archive.',
  );
}

/** The label of a number, looked up when a line uses it. */
export function labelFinder({ names, file }: Names, reading: Reading): (number: number, place: () => string) => Label {
  const found = new Map<number, Label>();
  return (number, place) => {
    let label = found.get(number);
    if (label) return label;
    const name = names[number];
    if (name === undefined)
      throw new AnnotationError('file', `${place()}: label ${number} is none of the ${names.length} names in ${file}.`);
    label = reading.book.label(name, `${place()} (label ${number} of ${file})`);
    found.set(number, label);
    return label;
  };
}

function isDataYaml({ path }: ImportedFile): boolean {
  return /(^|\/)data\.ya?ml$/i.test(path);
}

/** What is wrong with a file that has no names, as text. */
async function namesOfYaml(file: ImportedFile): Promise<Names | string> {
  let value: unknown;
  try {
    // Every scalar is text: a label is called "no" or "1.0", whatever a reader of values would make of it.
    value = parse(await readText(file, MAX_NAMES), { schema: 'failsafe', logLevel: 'error' });
  } catch (cause) {
    if (cause instanceof AnnotationError) throw cause;
    return `${file.path} is no YAML: ${cause instanceof Error ? cause.message.split('\n')[0] : cause}`;
  }
  const given = isItem(value) ? value.names : undefined;
  const entries = typeof given === 'object' && given !== null ? Object.entries(given) : [];
  const isSound =
    entries.length > 0 && entries.every(([key, name]) => /^\d{1,6}$/.test(key) && typeof name === 'string');
  if (!isSound) return `${file.path} has no "names", a list of the labels or an object from numbers to labels`;
  const names: (string | undefined)[] = [];
  for (const [key, name] of entries) names[Number(key)] = String(name);
  const roto = isItem(value) && isItem(value.roto) ? value.roto : {};
  const columns = typeof roto.columns === 'string' ? layoutOf(roto.columns) : undefined;
  return { file: file.path, names, ...(columns && { columns }) };
}
