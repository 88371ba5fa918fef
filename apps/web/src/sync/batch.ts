import type { LabeledShape, LabeledTag, LabeledTrack } from '@roto/annotations';
import type { BatchAnswer, BatchBody } from '@roto/wire';
import { type Edit, uidOf } from '../document/edit.ts';
import { isEqual } from '../document/equal.ts';
import type { JobDocument, ObjectRecord, TrackRecord, Uid } from '../document/records.ts';
import type { Confirmed, StoreState } from '../document/store.ts';
import { isSameForServer, toWire, wireKeyframe } from '../document/wire.ts';

/** What is sent of one object, and what the document has of it if the server takes it. */
type Part = { readonly uid: Uid; readonly record: ObjectRecord | undefined };

/** One request: everything in it is saved, or nothing. */
export type Batch = {
  readonly body: BatchBody;
  /** In the order of the answer. */
  readonly update: readonly Part[];
  readonly keyframes: readonly Part[];
  readonly delete: readonly Part[];
  readonly create: readonly Part[];
  /** Objects of which the server need not know: they are as it has them, but for what only this page notes. */
  readonly local: readonly Part[];
};

/** Objects of one request at most, and about as many bytes. */
export const MOST_OBJECTS = 200;
const MOST_BYTES = 2 * 1024 * 1024;

type Objects = { tags: LabeledTag[]; shapes: LabeledShape[]; tracks: LabeledTrack[] };
const none = (): Objects => ({ tags: [], shapes: [], tracks: [] });

/** What the server does not have yet of these objects, as many as one request should hold. */
export function batchOf(
  { document, confirmed, identities }: StoreState,
  uids: Iterable<Uid>,
  most: number,
  /** Name of a new object on the server. */
  wireUid: (uid: Uid) => string,
): Batch {
  const update: Part[] = [];
  const keyframes: (Part & { readonly patch: NonNullable<BatchBody['keyframes']>[number] })[] = [];
  const removed: (Part & { readonly entry: NonNullable<BatchBody['delete']>[number] })[] = [];
  const create: Part[] = [];
  const local: Part[] = [];
  let [count, bytes] = [0, 0];
  for (const uid of uids) {
    if (count >= most || bytes >= MOST_BYTES) break;
    const record = document.objects.get(uid);
    const base = confirmed.objects.get(uid);
    const identity = identities.get(uid);
    if (!record && !base) {
      // Made and removed before anybody heard of it, or removed by somebody else.
      local.push({ uid, record });
      continue;
    }
    if (record && base && isSameForServer(record, base)) {
      local.push({ uid, record });
      continue;
    }
    count++;
    if (!record) removed.push({ uid, record, entry: { ...identity!, id: identity!.id } });
    else if (!base || !identity || record.kind !== base.kind) create.push({ uid, record });
    else {
      const patch = record.kind === 'track' && base.kind === 'track' ? keyframesPatch(record, base) : undefined;
      if (patch) keyframes.push({ uid, record, patch: { object: identity.id, revision: identity.revision, ...patch } });
      else update.push({ uid, record });
      bytes += patch ? JSON.stringify(patch).length : 0;
    }
    if (record && !keyframes.some((each) => each.uid === uid)) bytes += JSON.stringify(record).length;
  }
  // Answers come in this order.
  const inOrder = (parts: readonly Part[]) =>
    ['tag', 'shape', 'track'].flatMap((kind) => parts.filter(({ record }) => record?.kind === kind));
  const [updates, creates] = [inOrder(update), inOrder(create)];
  const body: BatchBody = {
    ...(updates.length > 0 ? { update: objectsOf(updates, (uid) => ({ ...identities.get(uid) })) } : {}),
    ...(keyframes.length > 0 ? { keyframes: keyframes.map(({ patch }) => patch) } : {}),
    ...(removed.length > 0 ? { delete: removed.map(({ entry }) => entry) } : {}),
    ...(creates.length > 0 ? { create: objectsOf(creates, (uid) => ({ uid: wireUid(uid) })) } : {}),
  };
  return { body, update: updates, keyframes, delete: removed, create: creates, local };
}

/** Whether there is anything to ask the server for. */
export function isEmptyBatch({ body }: Batch): boolean {
  return Object.keys(body).length === 0;
}

export function uidsOf(batch: Batch): readonly Uid[] {
  return [batch.update, batch.keyframes, batch.delete, batch.create, batch.local].flat().map(({ uid }) => uid);
}

/** What the server has after its answer. */
export function confirmedBy(batch: Batch, answer: BatchAnswer | undefined, before: StoreState): readonly Confirmed[] {
  const saved = (parts: readonly Part[], results: BatchAnswer['update'] = []) =>
    parts.map(({ uid, record }, i): Confirmed => {
      const { id, revision } = results[i]!;
      return { uid, record: record!, identity: { id, revision } };
    });
  return [
    ...saved(batch.update, answer?.update),
    ...saved(batch.keyframes, answer?.keyframes),
    ...saved(batch.create, answer?.create),
    ...batch.delete.map(({ uid }): Confirmed => ({ uid, record: undefined })),
    ...batch.local.map(
      ({ uid, record }): Confirmed =>
        record ? { uid, record, identity: before.identities.get(uid) } : { uid, record: undefined },
    ),
  ];
}

/** Objects in the answer with which the server joined changes of others. */
export function mergedIn(batch: Batch, answer: BatchAnswer): readonly Uid[] {
  const merged = (parts: readonly Part[], results: BatchAnswer['update']) =>
    parts.flatMap(({ uid }, i) => (results[i]?.merged ? [uid] : []));
  return [...merged(batch.update, answer.update), ...merged(batch.keyframes, answer.keyframes)];
}

/** The object that a place in the request is about, such as `update.tracks[0]` or `create.shapes[2].points`. */
export function uidAt(batch: Batch, path: string): Uid | undefined {
  const found = /^(update|create|keyframes|delete)(?:\.(tags|shapes|tracks))?\[(\d+)\]/.exec(path);
  if (!found) return undefined;
  const [, part, kind, index] = found as unknown as [
    string,
    'update' | 'create' | 'keyframes' | 'delete',
    string | undefined,
    string,
  ];
  const parts = kind ? batch[part].filter(({ record }) => `${record?.kind}s` === kind) : batch[part];
  return parts[Number(index)]?.uid;
}

/** The object that the server's sentence begins with: `create.shapes[0].points: have 3 numbers …`. */
export function uidsNamed(words: string, batch: Batch): { uid: Uid; words: string }[] {
  const path = /(?:update|create|keyframes|delete)(?:\.\w+)?\[\d+\]/.exec(words)?.[0];
  const uid = path === undefined ? undefined : uidAt(batch, path);
  return uid === undefined ? [] : [{ uid, words }];
}

/** Ids that the server has for frames that were removed or restored by pending steps. */
export function deletedFramesOf({ deletedFrames }: JobDocument): readonly number[] {
  return [...deletedFrames].sort((a, b) => a - b);
}

function objectsOf(parts: readonly Part[], said: (uid: Uid) => object): Objects {
  const objects = none();
  for (const { uid, record } of parts) {
    const wire = toWire([{ record: record! }]);
    objects.tags.push(...wire.tags.map((each) => ({ ...said(uid), ...each })));
    objects.shapes.push(...wire.shapes.map((each) => ({ ...said(uid), ...each })));
    objects.tracks.push(...wire.tracks.map((each) => ({ ...said(uid), ...each })));
  }
  return objects;
}

/** The keyframes that differ; undefined when more than keyframes differs. */
function keyframesPatch(record: TrackRecord, base: TrackRecord): { set: unknown[]; remove: number[] } | undefined {
  const heads = [record, base].map(({ label, group, source, attributes, elements }) => ({
    label,
    group,
    source,
    attributes,
    elements,
  }));
  if (!isEqual(heads[0], heads[1])) return undefined;
  const before = new Map(base.keyframes.map((keyframe) => [keyframe.frame, keyframe]));
  const set = record.keyframes.filter((keyframe) => {
    const other = before.get(keyframe.frame);
    before.delete(keyframe.frame);
    return other !== keyframe && !(other && isEqual(wireKeyframe(other), wireKeyframe(keyframe)));
  });
  return { set: set.map(wireKeyframe), remove: [...before.keys()] };
}

/** Objects that an edit makes. */
export function addedIn(edit: Edit): readonly Uid[] {
  return edit.kind === 'add' ? [edit.object.uid] : [];
}

/** Of edits of these objects nothing stays pending. */
export function keepAllBut(uids: readonly Uid[]): (edit: Edit) => boolean {
  const done = new Set(uids);
  return (edit) => {
    const uid = uidOf(edit);
    return uid === undefined ? edit.kind === 'set-deleted' : !done.has(uid);
  };
}
