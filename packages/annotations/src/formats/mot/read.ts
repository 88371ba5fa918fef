import { AnnotationError } from '../../errors.ts';
import type { Label } from '../../labeled/labels.ts';
import { readText } from '../bytes.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { PLACE, type Place } from '../place.ts';
import { Reading } from '../reading.ts';

const MAX_TEXT = 500_000_000;
const MAX_LABELS = 2 ** 20;

/** Classes of MOTChallenge, for files without a list of their own. */
const CLASSES = [
  'pedestrian',
  'person on vehicle',
  'car',
  'bicycle',
  'motorbike',
  'non motorized vehicle',
  'static person',
  'distractor',
  'occluder',
  'occluder on the ground',
  'occluder full',
  'reflection',
];

type Row = { readonly numbers: readonly number[]; readonly place: Place };

/**
 * MOT 1.1: `gt.txt` (or `det.txt`) of one sequence: frame from 1, track or -1, left, top, width, height, confidence, class,
 * visibility. In a gt.txt a confidence of 0 means that the box does not count; elsewhere it is the score.
 */
export async function importMot(files: readonly ImportedFile[], context: ImportContext): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  const file = choose(files);
  if (!file) return reading.finish();
  const rows = rowsOf(await readText(file, MAX_TEXT), file.path);
  const labelOf = labelFinder(await namesOf(files), reading);
  const first = context.firstFrame ?? (rows.some(({ numbers }) => numbers[0] === 0) ? 0 : 1);
  if (first === 0) reading.report.say('Frames are counted from 0.');
  const isTruth = rows.every(({ numbers: { 6: confidence = 1 } }) => confidence === 0 || confidence === 1);
  const { task } = context;
  const from = task.job?.start ?? 0;
  for (const { numbers, place } of rows) {
    const [number, id, left, top, width, height, confidence = 1, classNumber = -1, visibility = 1] = numbers as [
      ...[number, number, number, number, number, number],
      ...number[],
    ];
    const frame = number - first + from;
    if (frame < 0 || frame >= task.frameCount)
      throw new AnnotationError(
        'frame',
        `${place()}: the task has no frame ${number}; counted from ${first} it has ${first} to ${task.frameCount - 1 - from + first}.`,
      );
    if (isTruth && confidence === 0) {
      reading.report.passOver('a box of confidence 0, which MOT does not count, was passed over', place());
      continue;
    }
    const label = labelOf(classNumber, place);
    reading.sightings.push({
      object: id < 0 ? null : String(id),
      label,
      isKeyframe: true,
      shape: {
        type: 'rectangle',
        frame,
        label_id: label.id,
        source: 'file',
        points: [left, top, left + width, top + height].map((value) => Math.round(value * 1e6) / 1e6),
        occluded: visibility === 0,
        attributes: [],
        ...(isTruth || id >= 0 || confidence < 0 || confidence > 1 ? {} : { score: confidence }),
        [PLACE]: place,
      },
    });
  }
  return reading.finish();
}

function choose(files: readonly ImportedFile[]): ImportedFile | undefined {
  const named = (pattern: RegExp): readonly ImportedFile[] => files.filter(({ path }) => pattern.test(path));
  const candidates = [
    named(/(^|\/)gt\.txt$/i),
    named(/(^|\/)det\.txt$/i),
    named(/\.txt$/i).filter(({ path }) => !/(^|\/)(labels|seqmaps?|readme[^/]*)\.txt$/i.test(path)),
  ].find((list) => list.length > 0);
  if (!candidates || candidates.length === 1) return candidates?.[0];
  throw new AnnotationError(
    'file',
    `There are ${candidates.length} sequences (${candidates
      .slice(0, 3)
      .map(({ path }) => path)
      .join(', ')} …), but a task takes one; give one.`,
  );
}

function rowsOf(text: string, path: string): Row[] {
  return text.split('\n').flatMap((line, i): Row[] => {
    if (line.trim() === '') return [];
    const place = (): string => `${path}, line ${i + 1}`;
    const numbers = line
      .trim()
      .split(/\s*,\s*|\s+/)
      .map((one) => (one === '' ? Number.NaN : Number(one)));
    const wrong = numbers.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw new AnnotationError('file', `${place()}: item ${wrong + 1} is no number.`);
    if (numbers.length < 6 || !Number.isInteger(numbers[0]) || !Number.isInteger(numbers[1]))
      throw new AnnotationError(
        'file',
        `${place()}: this is no line of MOT, which is frame, track, left, top, width, height, confidence, class, visibility.`,
      );
    if (numbers[4]! <= 0 || numbers[5]! <= 0)
      throw new AnnotationError('file', `${place()}: the box is ${numbers[4]} × ${numbers[5]} pixels.`);
    return [{ numbers, place }];
  });
}

async function namesOf(files: readonly ImportedFile[]): Promise<string[] | undefined> {
  const file = files.find(({ path }) => /(^|\/)labels\.txt$/i.test(path));
  if (!file) return undefined;
  const names = (await readText(file, MAX_LABELS)).split(/\r?\n/);
  return names.at(-1) === '' ? names.slice(0, -1) : names;
}

function labelFinder(names: readonly string[] | undefined, { book }: Reading): (number: number, place: Place) => Label {
  return (number, place) => {
    const [only, ...others] = book.labels;
    const list = names ?? CLASSES;
    const name = list[number - 1];
    const isKnown = name !== undefined && (names !== undefined || book.labels.some((label) => label.name === name));
    if (isKnown) return book.label(name, place());
    if (names === undefined && only && others.length === 0) return only;
    if (number < 0 || name === undefined)
      throw new AnnotationError(
        'unknown-label',
        `${place()}: class ${number} is none of the ${list.length} ${names ? 'labels in labels.txt' : 'classes of MOT'}. A gt/labels.txt lists the classes in order.`,
      );
    return book.label(name, place());
  };
}
