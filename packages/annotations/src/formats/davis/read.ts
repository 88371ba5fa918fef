import { AnnotationError } from '../../errors.ts';
import type { Label } from '../../labeled/labels.ts';
import { readBytes, readText } from '../bytes.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { PLACE } from '../place.ts';
import { maskPointsOf } from '../png/paint.ts';
import { largestPng, readPng } from '../png/read.ts';
import { Reading } from '../reading.ts';
import { objectNumbers } from './object-numbers.ts';
import { chooseSequence } from './sequence.ts';
import { SEMANTICS } from './write.ts';

const VOID = 255;
const MAX_SEMANTICS = 2 ** 20;

/**
 * DAVIS 1.0: the PNGs under `Annotations`, or in the only folder of PNGs that there is. Each value is an object, which
 * becomes a track of masks; 255, "not judged", is passed over, unless the masks have no other value: then they are white on
 * black, as those of DAVIS 2016, and white is the object. Labels come from `davis_semantics.json`; without it every
 * object gets the task's label, if it has only one.
 */
export async function importDavis(
  files: readonly ImportedFile[],
  context: ImportContext,
): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  const { task } = context;
  const [sequence, pictures] = chooseSequence(files, task);
  const labelOf = await readSemantics(files, sequence, reading);
  const found: { frame: number; value: number; points: number[]; path: string }[] = [];
  for (const { file, stem } of pictures) {
    const frame = reading.frames.find(stem, file.path);
    const bytes = await readBytes(file, largestPng(task.width, task.height));
    const values = objectNumbers(readPng(bytes, task.width, task.height, file.path), file.path);
    for (const [value, points] of maskPointsOf(values, task.width))
      found.push({ frame, value, points, path: file.path });
  }
  const isWhiteOnBlack = found.length > 0 && found.every(({ value }) => value === VOID);
  if (isWhiteOnBlack) reading.report.say('The masks are white on black (0 and 255): white is the object.');
  for (const { frame, value, points, path } of found) {
    if (value === VOID && !isWhiteOnBlack) {
      reading.report.passOver('pixels of value 255, which DAVIS does not judge, were passed over', path);
      continue;
    }
    const label = labelOf(isWhiteOnBlack ? 1 : value, path);
    const shape = { type: 'mask' as const, frame, label_id: label.id, source: 'file', points, attributes: [] };
    reading.sightings.push({
      object: String(value),
      label,
      isKeyframe: true,
      shape: { ...shape, [PLACE]: () => `${path}, value ${value}` },
    });
  }
  return reading.finish();
}

async function readSemantics(
  files: readonly ImportedFile[],
  sequence: string,
  { book }: Reading,
): Promise<(value: number, where: string) => Label> {
  const file = files.find(({ path }) => path === SEMANTICS || path.endsWith(`/${SEMANTICS}`));
  const names: ReadonlyMap<string, string> = file ? await namesOf(file, sequence) : new Map();
  return (value, where) => {
    const name = names.get(String(value));
    if (name !== undefined) return book.label(name, file!.path);
    const [only, ...others] = book.labels;
    if (only && others.length === 0) return only;
    if (!only) return book.label('object', where);
    throw new AnnotationError(
      'unknown-label',
      `${where}: nothing says which label object ${value} has, and the task has ${book.labels.length}. Add ${SEMANTICS}, such as {"${sequence}": {"${value}": "${only.name}"}}.`,
    );
  };
}

async function namesOf(file: ImportedFile, sequence: string): Promise<Map<string, string>> {
  let value: unknown;
  try {
    value = JSON.parse(await readText(file, MAX_SEMANTICS));
  } catch (cause) {
    if (cause instanceof AnnotationError) throw cause;
    throw new AnnotationError('file', `${file.path} is no JSON.`, cause);
  }
  const all = new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  // Where the sequence was given another name, the only one that there is is meant.
  const found: unknown = all.get(sequence) ?? (all.size === 1 ? [...all.values()][0] : undefined);
  const entries = Object.entries((found as Record<string, unknown> | undefined) ?? {});
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
    throw new AnnotationError('file', `${file.path}: labels of "${sequence}" must be text.`);
  return new Map(entries as [string, string][]);
}
