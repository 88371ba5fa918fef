import { AnnotationError } from '../../errors.ts';
import type { Label } from '../../labeled/labels.ts';
import { assemble, type Sighting } from '../assemble.ts';
import { readBytes, readText } from '../bytes.ts';
import { finishImport } from '../finish.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { LabelBook } from '../label-book.ts';
import { safeName } from '../path.ts';
import { maskPointsOf } from '../png/paint.ts';
import { largestPng, readPng } from '../png/read.ts';
import { frameFinder } from '../task.ts';
import { SEMANTICS } from './write.ts';

const VOID = 255;
const MAX_SEMANTICS = 2 ** 20;

/**
 * DAVIS 1.0: the indexed PNGs under `Annotations`. Each value is an object, which becomes a track of masks; 255, "not
 * judged", is passed over. Labels come from `davis_semantics.json`; without it every object gets the task's label, if it
 * has only one.
 */
export async function importDavis(
  files: readonly ImportedFile[],
  { labels, task }: ImportContext,
): Promise<ImportedAnnotations> {
  const book = new LabelBook(labels);
  const frameOf = frameFinder(task);
  const [sequence, pictures] = chooseSequence(files, task.name);
  const labelOf = await readSemantics(files, sequence, book);
  const sightings: Sighting[] = [];
  let voidFrames = 0;
  for (const { file, stem } of pictures) {
    const frame = frameOf(stem);
    if (frame === undefined)
      throw new AnnotationError('frame', `${file.path}: the task has no frame of this name, nor one of its number.`);
    const bytes = await readBytes(file, largestPng(task.width, task.height));
    const { values } = readPng(bytes, task.width, task.height, file.path);
    for (const [value, points] of maskPointsOf(values, task.width)) {
      if (value === VOID) {
        voidFrames++;
        continue;
      }
      const label = labelOf(value, file.path);
      const shape = { type: 'mask' as const, frame, label_id: label.id, source: 'file', points, attributes: [] };
      sightings.push({ object: String(value), label, isKeyframe: true, shape });
    }
  }
  const { shapes, tracks, notes } = assemble(sightings, task);
  if (voidFrames > 0)
    notes.push(`Pixels of value 255, which DAVIS does not judge, were passed over on ${voidFrames} frames.`);
  return finishImport({ shapes, tracks }, book.labels, task, notes);
}

/** The PNGs of one sequence: the only one there is, or the one with the task's name. */
function chooseSequence(
  files: readonly ImportedFile[],
  taskName: string,
): [string, { file: ImportedFile; stem: string }[]] {
  const found = new Map<string, { file: ImportedFile; stem: string }[]>();
  for (const file of files) {
    const match = /(?:^|\/)Annotations\/(?:480p\/|Full-Resolution\/|unsupervised\/)?([^/]+)\/(.+)\.png$/i.exec(
      file.path,
    );
    if (!match) continue;
    const [, sequence, stem] = match as unknown as [string, string, string];
    found.set(sequence, [...(found.get(sequence) ?? []), { file, stem }]);
  }
  const names = [...found.keys()];
  const name = names.length === 1 ? names[0] : names.find((one) => one === taskName || one === safeName(taskName));
  if (name !== undefined) return [name, found.get(name)!];
  throw new AnnotationError(
    'file',
    names.length === 0
      ? 'There is no PNG under Annotations/<sequence>/, where DAVIS has its masks.'
      : `There are ${names.length} sequences (${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}), none of the task's name "${taskName}"; give one of them.`,
  );
}

async function readSemantics(
  files: readonly ImportedFile[],
  sequence: string,
  book: LabelBook,
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
  const entries = Object.entries((all.get(sequence) as Record<string, unknown> | undefined) ?? {});
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
    throw new AnnotationError('file', `${file.path}: labels of "${sequence}" must be text.`);
  return new Map(entries as [string, string][]);
}
