import { type FrameSet, type Label, type LabeledData, type Problem, parseLabeledData } from '@roto/annotations';
import { HttpError } from '../http/errors.ts';
import { type GivenObject, givenShape, givenTag, givenTrack } from './objects.ts';

/** What names an object in a request. `revision`: the one that the client had seen; without it, it does not ask. */
export type Name = { readonly path: string; readonly id?: number; readonly revision?: number };

export type GivenEntry = GivenObject & Name;

/** Annotations of a request, checked and in their normal form. */
export type Given = {
  readonly data: LabeledData;
  /** Tags, shapes, tracks, in the order of `data`. */
  readonly entries: readonly GivenEntry[];
  /** Tracks that were given without any keyframe, which is no track. */
  readonly emptied: readonly Name[];
};

/** @throws HttpError 400 that names the places of what is wrong */
export function readGiven(value: unknown, labels: readonly Label[], frames: FrameSet): Given {
  const parsed = parseLabeledData(value, labels, frames);
  if (!parsed.ok) throw problemsError(parsed.problems);
  const data = parsed.value;
  const names = [...namesOf(value, 'tags'), ...namesOf(value, 'shapes'), ...namesOf(value, 'tracks')];
  const kept = names.filter(({ isEmpty }) => !isEmpty);
  return {
    data,
    entries: objectsOf(data, labels).map((object, i) => ({ ...object, ...kept[i]!.name })),
    emptied: names.filter(({ isEmpty }) => isEmpty).map(({ name }) => name),
  };
}

/** Tags, shapes, tracks of annotations in their normal form, as they are written. */
export function objectsOf(data: LabeledData, labels: readonly Label[]): GivenObject[] {
  const labelOf = new Map(labels.map((label) => [label.id, label]));
  return [
    ...data.tags.map((tag) => givenTag(tag, labelOf.get(tag.label_id))),
    ...data.shapes.map((shape) => givenShape(shape, labelOf.get(shape.label_id))),
    ...data.tracks.map((track) => givenTrack(track, labelOf.get(track.label_id))),
  ];
}

/** Ids and revisions of a list that has been checked; both may be null for none. */
function namesOf(value: unknown, list: 'tags' | 'shapes' | 'tracks'): { name: Name; isEmpty: boolean }[] {
  const raw = ((value as Record<string, unknown>)[list] ?? []) as Record<string, unknown>[];
  const seen = new Set<number>();
  return raw.map((object, i) => {
    const path = `${list}[${i}]`;
    const id = wholeNumber(object.id, `${path}.id`);
    const revision = wholeNumber(object.revision, `${path}.revision`);
    if (id !== undefined && seen.has(id)) throw fieldError(`${path}.id`, `is ${id}, as that of an earlier object`);
    if (id !== undefined) seen.add(id);
    const isEmpty = list === 'tracks' && ((object.shapes ?? []) as unknown[]).length === 0;
    return {
      name: { path, ...(id === undefined ? {} : { id }), ...(revision === undefined ? {} : { revision }) },
      isEmpty,
    };
  });
}

function wholeNumber(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw fieldError(path, 'must be a whole number, or be left out');
}

/** Body of a 400: place → what is wrong there. */
export function fieldError(path: string, message: string): HttpError {
  return new HttpError(400, { [path]: [`${path}: ${message}.`] });
}

export function problemsError(problems: readonly Problem[]): HttpError {
  const fields: Record<string, string[]> = {};
  for (const { path, message } of problems) {
    const field = path || 'non_field_errors';
    fields[field] = [...(fields[field] ?? []), `${path || 'annotations'}: ${message}.`];
  }
  return new HttpError(400, fields);
}
