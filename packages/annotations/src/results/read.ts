import { type Box, decompressRle, GeometryError } from '@roto/geometry';
import { AnnotationError } from '../errors.ts';
import type { FrameResult, ObjectResult, ResultHeader } from './result.ts';
import { RESULTS_FORMAT, RESULTS_VERSION } from './write.ts';

/**
 * What a results file holds, in order. `end` is the byte just after it.
 * 'torn' comes last, and only where the writer was stopped inside a line: cut the file to `end` bytes and append.
 */
export type ResultsEvent =
  | { readonly kind: 'header'; readonly header: ResultHeader; readonly end: number }
  | { readonly kind: 'frame'; readonly frame: FrameResult; readonly end: number }
  | { readonly kind: 'torn'; readonly end: number };

/**
 * Reads a results file from chunks of bytes of any size, one line in memory at a time.
 * A last line that is cut off, or does not parse, is reported as torn; any other damaged line throws 'results-line'
 * with its number, a first line that is not ours 'results-header'.
 */
export async function* readResults(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<ResultsEvent> {
  let header: ResultHeader | undefined;
  let end = 0;
  let number = 0;
  const seen = new Set<number>();
  // One line late: only the last line may be damaged, and which is the last shows when no other follows.
  let damaged: AnnotationError | undefined;
  for await (const line of lines(chunks)) {
    if (damaged) throw damaged;
    number++;
    if (!header) {
      if (!line.whole) break;
      header = parseHeader(line.text);
      end += line.bytes;
      yield { kind: 'header', header, end };
      continue;
    }
    let frame: FrameResult;
    try {
      if (!line.whole) throw new AnnotationError('results-line', 'the line is cut off');
      frame = parseFrame(line.text, header);
      if (seen.has(frame.frame)) throw new AnnotationError('results-line', `frame ${frame.frame} comes a second time`);
    } catch (cause) {
      damaged = new AnnotationError(
        'results-line',
        `Line ${number} of the results file is damaged: ${cause instanceof Error ? cause.message : String(cause)}. ` +
          `The first ${end} bytes are sound; cut the file there to go on from them.`,
        cause,
      );
      continue;
    }
    seen.add(frame.frame);
    end += line.bytes;
    yield { kind: 'frame', frame, end };
  }
  if (!header)
    throw new AnnotationError(
      'results-header',
      'The results file has no whole first line, so nothing in it can be used; start again without --resume.',
    );
  if (damaged) yield { kind: 'torn', end };
}

/** Only the frames; what a writer of another format takes. A torn last line is passed over. */
export async function* resultFrames(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<FrameResult> {
  for await (const event of readResults(chunks)) if (event.kind === 'frame') yield event.frame;
}

type Line = { text: string; bytes: number; whole: boolean };

async function* lines(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      pieces.push(chunk.subarray(from, at + 1));
      yield toLine(pieces, true);
      pieces = [];
      from = at + 1;
    }
    // A copy: the reader of a file may fill the same buffer again.
    if (from < chunk.length) pieces.push(chunk.slice(from));
  }
  if (pieces.length > 0) yield toLine(pieces, false);
}

function toLine(pieces: Uint8Array[], whole: boolean): Line {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return { text: new TextDecoder().decode(joined), bytes, whole };
}

function parseHeader(text: string): ResultHeader {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AnnotationError('results-header', 'The first line of the results file is not JSON.', cause);
  }
  if (!isObject(value) || value.format !== RESULTS_FORMAT)
    throw new AnnotationError(
      'results-header',
      `The first line does not say "format": "${RESULTS_FORMAT}"; this is not a results file.`,
    );
  if (value.version !== RESULTS_VERSION)
    throw new AnnotationError(
      'results-header',
      `The results file has version ${JSON.stringify(value.version)}, this program reads ${RESULTS_VERSION}. Read it with the release that wrote it.`,
    );
  const { source, model, objects } = value;
  const sound =
    isObject(source) &&
    typeof source.name === 'string' &&
    [source.width, source.height, source.frameCount].every(isCount) &&
    isNumber(source.frameRate) &&
    isObject(model) &&
    typeof model.name === 'string' &&
    Array.isArray(objects) &&
    objects.every((object) => isObject(object) && isCount(object.id) && typeof object.label === 'string') &&
    value.prompts !== undefined;
  if (!sound)
    throw new AnnotationError(
      'results-header',
      'The first line of the results file lacks source, model, objects or prompts in the right form.',
    );
  const { format, version, ...header } = value;
  return header as unknown as ResultHeader;
}

function parseFrame(text: string, header: ResultHeader): FrameResult {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || !isCount(value.frame) || !isNumber(value.timeSec) || !Array.isArray(value.objects))
    throw new AnnotationError('results-line', 'it needs "frame", "timeSec" and "objects"');
  const { name, pictureOf } = value;
  if (name !== undefined && typeof name !== 'string') throw new AnnotationError('results-line', '"name" is not a text');
  if (pictureOf !== undefined && !isCount(pictureOf))
    throw new AnnotationError('results-line', '"pictureOf" is not the number of a frame');
  return {
    frame: value.frame,
    timeSec: value.timeSec,
    ...(name !== undefined && { name }),
    ...(pictureOf !== undefined && { pictureOf }),
    objects: value.objects.map((object, place) => parseObject(object, place, header)),
  };
}

function parseObject(value: unknown, place: number, header: ResultHeader): ObjectResult {
  const known = isObject(value) ? header.objects.find((object) => object.id === value.id) : undefined;
  if (!isObject(value) || !known)
    throw new AnnotationError('results-line', `objects[${place}] has an id that the header does not name`);
  const box = parseBox(value.box);
  if (!isNumber(value.presence) || !isNumber(value.iou) || typeof value.rle !== 'string' || box === undefined)
    throw new AnnotationError('results-line', `objects[${place}] needs "presence", "iou", "box" and "rle"`);
  try {
    const mask = decompressRle({ size: [header.source.height, header.source.width], counts: value.rle });
    return { id: known.id, label: known.label, mask, presence: value.presence, predictedIou: value.iou, box };
  } catch (cause) {
    if (!(cause instanceof GeometryError)) throw cause;
    throw new AnnotationError('results-line', `objects[${place}].rle: ${cause.message}`, cause);
  }
}

function parseBox(value: unknown): Box | null | undefined {
  if (value === null) return null;
  if (!Array.isArray(value) || value.length !== 4 || !value.every(isNumber)) return undefined;
  const [x0, y0, x1, y1] = value as [number, number, number, number];
  return { x0, y0, x1, y1 };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return isNumber(value) && Number.isInteger(value) && value >= 0;
}
