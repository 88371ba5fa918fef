import { decompressRle, GeometryError } from '@roto/geometry';
import { AnnotationError } from '../../errors.ts';
import { readBytes, readText } from '../bytes.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { cvatPointsOfRle } from '../mask-runs.ts';
import { PLACE, type Place } from '../place.ts';
import { maskPointsOf } from '../png/paint.ts';
import { largestPng, readPng } from '../png/read.ts';
import { Reading } from '../reading.ts';
import { CLASS, Values } from './classes.ts';
import { countingOf } from './first-frame.ts';

const MAX_LABELS = 2 ** 20;
const MAX_TEXT = 500_000_000;

/** MOTS PNG 1.0: grey PNGs of 16 bits in a folder `instances`. Each value is an object and becomes a track of masks. */
export async function importMotsPng(
  files: readonly ImportedFile[],
  context: ImportContext,
): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  const { task } = context;
  const names = await readLabels(files);
  const found: { frame: number; masks: Map<number, number[]>; place: Place }[] = [];
  for (const { file, name } of pictures(files)) {
    const frame = reading.frames.find(name, file.path);
    const bytes = await readBytes(file, largestPng(task.width, task.height));
    const { values, kind } = readPng(bytes, task.width, task.height, file.path);
    if (kind === 'colour')
      throw new AnnotationError(
        'file',
        `${file.path} has colours of its own; a mask of MOTS is a grey PNG of 16 bits, whose values name the objects.`,
      );
    found.push({ frame, masks: maskPointsOf(values, task.width), place: () => file.path });
  }
  const values = new Values(greatest(found.flatMap(({ masks }) => [...masks.keys()])), names, reading);
  for (const { frame, masks, place } of found)
    for (const [value, points] of masks) enter(reading, values, { value, frame, points: () => points, place });
  return reading.finish();
}

/** MOTS 1.0, the text form: the `.txt` of one sequence, in a folder `instances_txt` or `gt`, or alone. */
export async function importMotsText(
  files: readonly ImportedFile[],
  context: ImportContext,
): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  const { task } = context;
  const names = await readLabels(files);
  const file = chooseText(files, task.name);
  if (!file) return reading.finish();
  const lines: { number: number; value: number; classNumber: number; counts: string; place: Place }[] = [];
  for (const [i, line] of (await readText(file, MAX_TEXT)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const place = (): string => `${file.path}, line ${i + 1}`;
    const parts = line.trim().split(/\s+/);
    const [number, value, classNumber, height, width] = parts.slice(0, 5).map(wholeNumber);
    if (parts.length !== 6 || number === undefined || value === undefined || classNumber === undefined)
      throw new AnnotationError(
        'file',
        `${place()}: this is no line of MOTS, which is frame, object, class, height, width, run lengths.`,
      );
    if (height !== task.height || width !== task.width)
      throw new AnnotationError(
        'file',
        `${place()}: the mask is ${parts[4]} × ${parts[3]}, but the frames of the task are ${task.width} × ${task.height}.`,
      );
    lines.push({ number, value, classNumber, counts: parts[5]!, place });
  }
  if (lines.length === 0) return reading.finish();
  const said = await countingSaid(files);
  const counting = countingOf({ numbers: lines.map(({ number, place }) => ({ value: number, place })), said }, reading);
  const values = new Values(greatest(lines.map(({ value }) => value)), names, reading);
  for (const { number, value, classNumber, counts, place } of lines) {
    const frame = counting(number, place);
    enter(reading, values, { value, classNumber, frame, points: () => pointsOf(counts, task, place), place });
  }
  return reading.finish();
}

type Found = { value: number; classNumber?: number; frame: number; points: () => number[]; place: Place };

function enter(reading: Reading, values: Values, { value, classNumber, frame, points, place }: Found): void {
  const label = values.labelOf(value, place, classNumber);
  if (!label) return;
  // Raw numbers may begin anew in each class.
  const object = value < CLASS && classNumber !== undefined ? `${classNumber}/${value}` : String(value);
  const shape = { type: 'mask' as const, frame, label_id: label.id, source: 'file', points: points(), attributes: [] };
  reading.sightings.push({ object, label, isKeyframe: true, shape: { ...shape, [PLACE]: place } });
}

/** Those in a folder `instances`; where there is none, all that are not named as pictures to look at. */
function pictures(files: readonly ImportedFile[]): { file: ImportedFile; name: string }[] {
  const all = files.filter(({ path }) => /\.png$/i.test(path));
  const inFolder = all.flatMap((file) => {
    const match = /(?:^|\/)instances\/(.+)\.png$/i.exec(file.path);
    return match ? [{ file, name: match[1]! }] : [];
  });
  if (inFolder.length > 0) return inFolder;
  return all
    .filter(({ path }) => !/(^|\/)(images?|img\d?|rgb|train|JPEGImages)\//i.test(path))
    .map((file) => ({ file, name: file.path.replace(/\.png$/i, '') }));
}

function chooseText(files: readonly ImportedFile[], taskName: string): ImportedFile | undefined {
  const texts = files.filter(
    ({ path }) => /\.txt$/i.test(path) && !/(^|\/)(labels|readme[^/]*|seqmap[^/]*)\.txt$/i.test(path),
  );
  const named = texts.filter(({ path }) => path.replace(/^.*\//, '').replace(/\.txt$/i, '') === taskName);
  if (texts.length <= 1) return texts[0];
  if (named.length === 1) return named[0];
  throw new AnnotationError(
    'file',
    `There are ${texts.length} .txt files with objects (${texts
      .slice(0, 3)
      .map(({ path }) => path)
      .join(', ')}${texts.length > 3 ? ' …' : ''}), but a task takes one sequence; give one.`,
  );
}

/** A seqinfo.ini is MOTSChallenge's, which counts from 1; ours says from where. */
async function countingSaid(files: readonly ImportedFile[]): Promise<number | undefined> {
  const file = files.find(({ path }) => /(^|\/)seqinfo\.ini$/i.test(path));
  if (!file) return undefined;
  const first = /^\s*firstFrame\s*=\s*(\d+)/im.exec(await readText(file, MAX_LABELS));
  return first ? Number(first[1]) : 1;
}

function pointsOf(counts: string, { width, height }: ImportContext['task'], place: Place): number[] {
  try {
    return cvatPointsOfRle(decompressRle({ size: [height, width], counts }));
  } catch (cause) {
    if (!(cause instanceof GeometryError)) throw cause;
    throw new AnnotationError('file', `${place()}: ${cause.message}`, cause);
  }
}

/** Names of the classes in order; undefined where the file is missing, and the task's labels stand for them. */
async function readLabels(files: readonly ImportedFile[]): Promise<string[] | undefined> {
  const file = files.find(({ path }) => /(^|\/)labels\.txt$/i.test(path));
  if (!file) return undefined;
  const names = (await readText(file, MAX_LABELS)).split(/\r?\n/);
  return names.at(-1) === '' ? names.slice(0, -1) : names;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
