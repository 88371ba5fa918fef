import { AnnotationError } from '../../errors.ts';

/** A line of numbers: the place of the label, then whatever its columns are. */
export type Line = { readonly numbers: readonly number[]; readonly file: string; readonly place: () => string };

/**
 * Whether a confidence follows the box or outline, as Ultralytics writes it with `save_conf`. A track may follow either;
 * an object that it does not follow has none. So the count of a line's numbers tells, once this is known.
 */
export type Layout = 'shape' | 'shape+confidence';

const ALL: readonly Layout[] = ['shape', 'shape+confidence'];

export type Columns = {
  /** Four shares: centre and size. Six or more: x, y of an outline. */
  readonly shares: readonly number[];
  readonly confidence?: number;
  readonly track?: number;
};

/** A share may leave the picture by this much, from rounding. */
const SLACK = 0.01;

/**
 * How the lines of one archive are read; all alike, so that a line which fits both is read as its neighbours are.
 * Throws 'file' with the line where none fits, or where both fit all of them.
 */
export function recogniseColumns(lines: readonly Line[], said?: Layout): Layout {
  if (lines.length === 0) return 'shape';
  const asked = said ? [said] : ALL;
  const fitting = asked.filter((layout) => lines.every((line) => problemOf(line, layout) === undefined));
  const likely = fitting.filter((layout) => tellsObjectsApart(lines, layout));
  const [first = fitting[0], second] = likely;
  if (first === undefined) throw unreadable(lines, asked);
  // At the end of an odd count 1 is a track as well as a confidence; nobody is so sure everywhere.
  const line = lines.find(({ numbers }) => numbers.length % 2 === 1);
  if (second === undefined || !line) return first;
  throw new AnnotationError(
    'file',
    `${line.place()}: ${line.numbers.length} numbers can be ${describe(line, first)} as well as ${describe(line, second)}, here and on every other line. Say in data.yaml which it is: "roto: {columns: ${first}}" or "roto: {columns: ${second}}".`,
  );
}

export function layoutOf(name: string): Layout | undefined {
  return ALL.find((layout) => layout === name);
}

/** The columns of a line: label, shares in pairs, then what is left. */
export function columnsOf({ numbers }: Line, layout: Layout): Columns {
  const values = numbers.slice(1);
  const isEven = values.length % 2 === 0;
  const track = isEven === (layout === 'shape') ? undefined : values.pop();
  const confidence = layout === 'shape' ? undefined : values.pop();
  return {
    shares: values,
    ...(confidence === undefined ? {} : { confidence }),
    ...(track === undefined ? {} : { track }),
  };
}

/** Why a line cannot have these columns. */
function problemOf(line: Line, layout: Layout): string | undefined {
  const { shares, confidence, track } = columnsOf(line, layout);
  if (track !== undefined && !(Number.isInteger(track) && track >= 0)) return `the track ${track} is no whole number`;
  if (confidence !== undefined && !(confidence >= 0 && confidence <= 1))
    return `the confidence ${confidence} does not lie from 0 to 1`;
  if (shares.length !== 4 && (shares.length < 6 || shares.length % 2 === 1))
    return `${shares.length} numbers are neither a box (4) nor an outline (6 or more, in pairs)`;
  const wrong = shares.find((share) => !(share >= -SLACK && share <= 1 + SLACK));
  if (wrong !== undefined) return `${wrong} is no share of the picture's size, which lies from 0 to 1`;
  if (shares.length > 4) return undefined;
  const [x, y, width, height] = shares as [number, number, number, number];
  // A box may leave the picture a little, where its object does; one that lies half outside is none.
  const isBox = width > 0 && height > 0 && x >= 0 && y >= 0 && x <= 1 && y <= 1;
  return isBox ? undefined : `${shares.join(' ')} is no box of centre and size`;
}

/** No two lines of a file have one track. */
function tellsObjectsApart(lines: readonly Line[], layout: Layout): boolean {
  const seen = new Set<string>();
  for (const line of lines) {
    const { track } = columnsOf(line, layout);
    if (track === undefined) continue;
    const key = `${line.file} ${track}`;
    if (seen.has(key)) return false;
    seen.add(key);
  }
  return true;
}

/** Names the first line on which the layout fails that goes furthest. */
function unreadable(lines: readonly Line[], readings: readonly Layout[]): AnnotationError {
  const failures = readings.map((layout) => ({
    layout,
    at: lines.findIndex((line) => problemOf(line, layout) !== undefined),
  }));
  const { layout, at } = failures.reduce((best, one) => (one.at > best.at ? one : best));
  const line = lines[at]!;
  return new AnnotationError(
    'file',
    `${line.place()}: ${problemOf(line, layout)}. A line is the label, then a box (x y width height) or an outline (x1 y1 x2 y2 …) in shares from 0 to 1, then perhaps a confidence, then perhaps a track; points of a pose and pixels are not read.`,
  );
}

function describe(line: Line, layout: Layout): string {
  const { shares, confidence, track } = columnsOf(line, layout);
  const more = [...(confidence === undefined ? [] : ['a confidence']), ...(track === undefined ? [] : ['a track'])];
  const shape = shares.length === 4 ? 'a box' : `an outline of ${shares.length / 2} points`;
  return more.length === 0 ? shape : `${shape} with ${more.join(' and ')}`;
}
