import { decompressRle, GeometryError } from '@roto/geometry';
import { AnnotationError } from '../../errors.ts';
import { assemble, type Sighting } from '../assemble.ts';
import { readBytes, readText } from '../bytes.ts';
import { finishImport } from '../finish.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { LabelBook } from '../label-book.ts';
import { cvatPointsOfRle } from '../mask-runs.ts';
import { maskPointsOf } from '../png/paint.ts';
import { largestPng, readPng } from '../png/read.ts';
import { frameFinder, taskFrame } from '../task.ts';
import { labelOfValue } from './classes.ts';

const MAX_LABELS = 2 ** 20;
const MAX_TEXT = 500_000_000;

/** MOTS PNG 1.0: grey PNGs of 16 bits in a folder `instances`. Each value is an object and becomes a track of masks. */
export async function importMotsPng(
  files: readonly ImportedFile[],
  { labels, task }: ImportContext,
): Promise<ImportedAnnotations> {
  const book = new LabelBook(labels);
  const names = await readLabels(files);
  const frameOf = frameFinder(task);
  const sightings: Sighting[] = [];
  const pictures = files.filter(({ path }) => /(^|\/)instances\/.+\.png$/i.test(path));
  if (pictures.length === 0)
    throw new AnnotationError('file', 'There is no PNG in a folder "instances", where MOTS has its masks.');
  for (const file of pictures) {
    const frame = frameOf(/instances\/(.+)\.png$/i.exec(file.path)![1]!);
    if (frame === undefined)
      throw new AnnotationError('frame', `${file.path}: the task has no frame of this name, nor one of its number.`);
    const bytes = await readBytes(file, largestPng(task.width, task.height));
    const { values } = readPng(bytes, task.width, task.height, file.path);
    for (const [value, points] of maskPointsOf(values, task.width)) {
      const label = labelOfValue(value, names, book, file.path);
      if (label) sightings.push(sighting(value, label, frame, points));
    }
  }
  return finish(sightings, book, task);
}

/** MOTS 1.0, the text form: the `.txt` of one sequence, in a folder `instances_txt` or alone. */
export async function importMotsText(
  files: readonly ImportedFile[],
  { labels, task }: ImportContext,
): Promise<ImportedAnnotations> {
  const book = new LabelBook(labels);
  const names = await readLabels(files);
  const texts = files.filter(({ path }) => /\.txt$/i.test(path) && !/(^|\/)labels\.txt$/i.test(path));
  if (texts.length !== 1)
    throw new AnnotationError(
      'file',
      `There are ${texts.length} .txt files with objects, but a task takes one sequence; give one.`,
    );
  const [file] = texts as [ImportedFile];
  const sightings: Sighting[] = [];
  for (const [i, line] of (await readText(file, MAX_TEXT)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${file.path}, line ${i + 1}`;
    const [source, value, , height, width, counts = ''] = line.trim().split(/\s+/);
    if (Number(height) !== task.height || Number(width) !== task.width)
      throw new AnnotationError(
        'file',
        `${where}: the mask is ${width} × ${height}, but the frames of the task are ${task.width} × ${task.height}.`,
      );
    const frame = taskFrame(task, Number(source));
    if (frame === undefined)
      throw new AnnotationError('frame', `${where}: the task has no frame ${source} of its source.`);
    if (!/^\d{1,9}$/.test(value ?? ''))
      throw new AnnotationError('file', `${where}: ${value} is no number of an object.`);
    const label = labelOfValue(Number(value), names, book, where);
    if (label) sightings.push(sighting(Number(value), label, frame, pointsOf(counts, task, where)));
  }
  return finish(sightings, book, task);
}

function pointsOf(counts: string, { width, height }: ImportContext['task'], where: string): number[] {
  try {
    return cvatPointsOfRle(decompressRle({ size: [height, width], counts }));
  } catch (cause) {
    if (!(cause instanceof GeometryError)) throw cause;
    throw new AnnotationError('file', `${where}: ${cause.message}`, cause);
  }
}

/** Names of the classes in order; undefined where the file is missing, and the task's labels stand for them. */
async function readLabels(files: readonly ImportedFile[]): Promise<string[] | undefined> {
  const file = files.find(({ path }) => /(^|\/)labels\.txt$/i.test(path));
  if (!file) return undefined;
  const names = (await readText(file, MAX_LABELS)).split(/\r?\n/);
  return names.at(-1) === '' ? names.slice(0, -1) : names;
}

function sighting(value: number, label: Sighting['label'], frame: number, points: number[]): Sighting {
  const shape = { type: 'mask' as const, frame, label_id: label.id, source: 'file', points, attributes: [] };
  return { object: String(value), label, isKeyframe: true, shape };
}

function finish(sightings: readonly Sighting[], book: LabelBook, task: ImportContext['task']): ImportedAnnotations {
  const { shapes, tracks, notes } = assemble(sightings, task);
  return finishImport({ shapes, tracks }, book.labels, task, notes);
}
