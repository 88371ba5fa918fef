import { type FrameSet, type Label, type LabeledData, type Problem, parseLabeledData } from '@roto/annotations';
import { OBJECT_UID } from '@roto/wire';
import { HttpError } from '../http/errors.ts';
import { type GivenObject, givenShape, givenTag, givenTrack } from './objects.ts';

/** What names an object in a request. `revision`: the one that the client had seen; without it, it does not ask. */
export type Name = {
  readonly path: string;
  readonly id?: number;
  readonly revision?: number;
  /** Name that the client gives to a new object. */
  readonly uid?: string;
};

export type GivenEntry = GivenObject & Name;

/** Annotations of a request, checked and in their normal form. */
export type Given = {
  readonly data: LabeledData;
  /** Tags, shapes, tracks, in the order of `data`. */
  readonly entries: readonly GivenEntry[];
  /** Tracks that were given without any keyframe, which is no track. */
  readonly emptied: readonly Name[];
};

/**
 * `at`: where the annotations stand in the request, such as `create.`.
 * @throws HttpError 400 that names the places of what is wrong
 */
export function readGiven(value: unknown, labels: readonly Label[], frames: FrameSet, at = ''): Given {
  const parsed = parseLabeledData(value, labels, frames);
  if (!parsed.ok) throw problemsError(parsed.problems, at);
  const data = parsed.value;
  const names = (['tags', 'shapes', 'tracks'] as const).flatMap((list) => namesOf(value, list, at));
  const uids = new Set<string>();
  for (const { name } of names) {
    if (name.uid === undefined) continue;
    if (uids.has(name.uid)) throw fieldError(`${name.path}.uid`, `is "${name.uid}", as that of an earlier object`);
    uids.add(name.uid);
  }
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
function namesOf(value: unknown, list: 'tags' | 'shapes' | 'tracks', at: string): { name: Name; isEmpty: boolean }[] {
  const raw = ((value as Record<string, unknown>)[list] ?? []) as Record<string, unknown>[];
  const seen = new Set<number>();
  return raw.map((object, i) => {
    const path = `${at}${list}[${i}]`;
    const id = wholeNumber(object.id, `${path}.id`);
    const revision = wholeNumber(object.revision, `${path}.revision`);
    const uid = uidOf(object.uid, `${path}.uid`);
    if (id !== undefined && seen.has(id)) throw fieldError(`${path}.id`, `is ${id}, as that of an earlier object`);
    if (id !== undefined) seen.add(id);
    const isEmpty = list === 'tracks' && ((object.shapes ?? []) as unknown[]).length === 0;
    return {
      name: {
        path,
        ...(id === undefined ? {} : { id }),
        ...(revision === undefined ? {} : { revision }),
        ...(uid === undefined ? {} : { uid }),
      },
      isEmpty,
    };
  });
}

const UID = new RegExp(OBJECT_UID);

function uidOf(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && UID.test(value)) return value;
  throw fieldError(path, 'must be 1 to 64 letters, digits, hyphens or underscores, or be left out');
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

export function problemsError(problems: readonly Problem[], at = ''): HttpError {
  const fields: Record<string, string[]> = {};
  for (const { path, message } of problems) {
    const place = path && at + path;
    const field = place || 'non_field_errors';
    fields[field] = [...(fields[field] ?? []), `${place || 'annotations'}: ${message}.`];
  }
  return new HttpError(400, fields);
}
