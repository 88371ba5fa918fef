import { parse } from 'yaml';
import { AnnotationError } from '../../errors.ts';
import type { Label } from '../../labeled/labels.ts';
import { assemble, type Sighting } from '../assemble.ts';
import { readText } from '../bytes.ts';
import { finishImport } from '../finish.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { LabelBook } from '../label-book.ts';
import { frameFinder, type TaskInfo } from '../task.ts';

const MAX_YAML = 2 ** 20;
/** Characters of a frame's file: a thousand rings of a thousand points. */
const MAX_FRAME = 2 ** 26;

/**
 * Ultralytics YOLO, segmentation or detection: names of the labels from `data.yaml`, shapes from every `.txt` in a folder
 * `labels`. A line of an outline becomes a polygon, one of four numbers (centre, size) a rectangle. A number more at
 * its end is the track's, as CVAT and Ultralytics write it.
 */
export async function importYolo(files: readonly ImportedFile[], context: ImportContext): Promise<ImportedAnnotations> {
  const { task } = context;
  const book = new LabelBook(context.labels);
  const labels = await readLabels(files, book);
  const frameOf = frameFinder(task);
  const sightings: Sighting[] = [];
  for (const file of files) {
    const name = /(?:^|\/)labels\/(?:.*\/)?[^/]+\.txt$/i.test(file.path) ? file.path : undefined;
    if (!name) continue;
    const frame = frameOfPath(name, frameOf);
    if (frame === undefined)
      throw new AnnotationError('frame', `${file.path}: the task has no frame of this name, nor one of its number.`);
    const lines = (await readText(file, MAX_FRAME)).split('\n');
    for (const [i, line] of lines.entries())
      if (line.trim() !== '') sightings.push(readLine(line, frame, labels, task, `${file.path}, line ${i + 1}`));
  }
  const { shapes, tracks, notes } = assemble(sightings, task);
  return finishImport({ shapes, tracks }, book.labels, task, notes);
}

/** With the subset folder after `labels`, which is the usual place of it, or without. */
function frameOfPath(path: string, frameOf: (name: string) => number | undefined): number | undefined {
  const inLabels = path.slice(path.lastIndexOf('labels/') + 'labels/'.length).replace(/\.txt$/i, '');
  const afterSubset = inLabels.slice(inLabels.indexOf('/') + 1);
  return frameOf(afterSubset) ?? frameOf(inLabels);
}

async function readLabels(files: readonly ImportedFile[], book: LabelBook): Promise<Label[]> {
  const file = files.find(({ path }) => /(^|\/)[^/]+\.ya?ml$/i.test(path));
  if (!file)
    throw new AnnotationError(
      'file',
      'There is no data.yaml, which says by what numbers the labels go; add it to the archive.',
    );
  const text = await readText(file, MAX_YAML);
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw new AnnotationError(
      'file',
      `${file.path} is no YAML: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    );
  }
  const names: unknown = typeof value === 'object' && value !== null && 'names' in value ? value.names : undefined;
  const entries = typeof names === 'object' && names !== null ? Object.entries(names) : [];
  const isSound = entries.length > 0 && entries.every(([key, name]) => /^\d{1,6}$/.test(key) && isName(name));
  if (!isSound)
    throw new AnnotationError(
      'file',
      `${file.path} has no "names", a list of the labels or an object from numbers to labels.`,
    );
  const labels: Label[] = [];
  for (const [key, name] of entries) labels[Number(key)] = book.label(String(name), file.path);
  return labels;
}

function isName(name: unknown): boolean {
  return typeof name === 'string' || typeof name === 'number' || typeof name === 'boolean';
}

function readLine(line: string, frame: number, labels: readonly Label[], task: TaskInfo, place: string): Sighting {
  const numbers = line.trim().split(/\s+/).map(Number);
  const wrong = numbers.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new AnnotationError('file', `${place}: item ${wrong + 1} is no number.`);
  const label = labels[numbers[0]!];
  if (!label) throw new AnnotationError('file', `${place}: label ${numbers[0]} is none of the "names" of data.yaml.`);
  // An even count in all is one too many: the track.
  const hasTrack = numbers.length % 2 === 0;
  const shares = numbers.slice(1, hasTrack ? -1 : undefined);
  if (shares.length < 4)
    throw new AnnotationError(
      'file',
      `${place}: ${shares.length} numbers are neither a box (4) nor an outline (6 or more).`,
    );
  const isBox = shares.length === 4;
  const pixels = (isBox ? cornersOf(shares) : shares).map((value, i) =>
    onGrid(value * (i % 2 ? task.height : task.width)),
  );
  return {
    object: hasTrack ? String(numbers.at(-1)) : null,
    label,
    isKeyframe: true,
    shape: {
      type: isBox ? 'rectangle' : 'polygon',
      frame,
      label_id: label.id,
      source: 'file',
      points: pixels,
      attributes: [],
    },
  };
}

/** Left, top, right, bottom of a centre and a size. */
function cornersOf(box: readonly number[]): number[] {
  const [x, y, width, height] = box as [number, number, number, number];
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/** Thousandths of a pixel: finer than eight decimals of a share carry in a picture of 10,000 pixels, none is meant. */
function onGrid(value: number): number {
  return Math.round(value * 1000) / 1000;
}
