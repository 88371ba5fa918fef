import type { FrameSet } from '@roto/annotations';
import type { BatchAnswer, BatchBody, KeyframesAnswer, KeyframesPatch, SavedObject } from '@roto/wire';
import { HttpError, notFound } from '../http/errors.ts';
import { type Conflict, conflictError } from './conflict.ts';
import { checkRange, loadNamed, loadNames, loadRows, refuseIds, removeNamed, write } from './edit.ts';
import { fieldError, type Name, readGiven } from './given.ts';
import { type BegunEdit, begin, type JobEdit } from './job-edit.ts';
import { readKeyframesEdit, saveKeyframesEdit } from './keyframes-edit.ts';
import type { ObjectRow } from './objects.ts';
import { countChange } from './rows.ts';
import { attributeIds } from './scope.ts';
import { insertGiven, type Written } from './uid.ts';

/**
 * Updates, changes of keyframes, removals and new objects in one transaction, in this order.
 * @throws HttpError 400 and 409 as the single writes do; then nothing is saved
 */
export async function saveBatch(edit: JobEdit, frames: FrameSet, body: BatchBody): Promise<BatchAnswer> {
  const read = (part: 'update' | 'create') => {
    const given = readGiven(body[part] ?? {}, edit.labels, frames, `${part}.`);
    checkRange(given, edit.job);
    return given;
  };
  const [update, create] = [read('update'), read('create')];
  refuseIds(create);
  const nameless = update.entries.find(({ id }) => id === undefined);
  if (nameless) throw fieldError(`${nameless.path}.id`, 'is missing; new objects stand under "create"');
  const removals: Name[] = (body.delete ?? []).map(({ id, revision }, i) => ({
    path: `delete[${i}]`,
    id,
    ...(revision === undefined ? {} : { revision }),
  }));
  const patches = body.keyframes ?? [];
  const patched = patches.map(({ object }, i): Name => ({ path: `keyframes[${i}]`, id: object }));
  refuseTwice([...update.entries, ...update.emptied, ...patched, ...removals]);

  const begun = await begin(edit);
  const updated = await write(begun, update, await loadNamed(begun, update), []);
  const rows = await loadNames(begun, patched);
  const saved: SavedObject[] = [];
  const conflicts: Conflict[] = [];
  for (const [i, { object, ...patch }] of patches.entries()) {
    const row = rows.get(object)!;
    const wanted = readKeyframesEdit(patch, row, { ...edit, frames, at: `keyframes[${i}].` });
    const outcome = await saveKeyframesEdit(begun, row, wanted);
    if ('path' in outcome) conflicts.push(outcome);
    else saved.push(brief(outcome));
  }
  if (conflicts.length > 0) throw await conflictError(edit.tx, edit.job.version, conflicts);
  await removeNamed(begun, removals);
  const made = await insertGiven(begun, create.entries);
  return {
    version: begun.writer.version,
    update: updated.map(brief),
    keyframes: saved,
    delete: removals.map(({ id }) => id!),
    create: made.map(brief),
  };
}

/** Changes keyframes of one track; the job need not be locked before. @throws HttpError 404 for an object that the job does not have */
export async function patchKeyframes(
  edit: JobEdit,
  frames: FrameSet,
  objectId: number,
  patch: KeyframesPatch,
): Promise<KeyframesAnswer> {
  const writer = { ...edit.author, version: await countChange(edit.tx, edit.job.id) };
  let begun: BegunEdit = { ...edit, writer };
  let row = (await loadRows(begun, [objectId])).get(objectId);
  if (!row) throw await missing(begun, objectId);
  const label = edit.labels.find(({ id }) => id === row!.labelId);
  if (row.attributeIds !== attributeIds(label)) {
    // Its label has other attributes by now: they are filled in first, as `begin` does for all objects.
    begun = await begin(edit);
    row = (await loadRows(begun, [objectId])).get(objectId)!;
  }
  const outcome = await saveKeyframesEdit(begun, row, readKeyframesEdit(patch, row, { ...edit, frames, at: '' }));
  if ('path' in outcome) throw await conflictError(edit.tx, edit.job.version, [outcome]);
  return { ...brief(outcome), version: begun.writer.version };
}

/** What to say of an object that is not there: that it was removed, or that there never was one. */
async function missing(edit: BegunEdit, id: number): Promise<HttpError> {
  try {
    await loadNames(edit, [{ path: 'object', id }]);
  } catch (error) {
    if (error instanceof HttpError && error.status === 409) return error;
  }
  return notFound(`Job ${edit.job.id} has no object ${id}.`);
}

function brief({ row, merged }: Pick<Written, 'row' | 'merged'> | { row: ObjectRow; merged: boolean }): SavedObject {
  return {
    id: row.id,
    kind: row.kind,
    revision: row.revision,
    ...(row.uid === null ? {} : { uid: row.uid }),
    ...(merged ? { merged } : {}),
  };
}

function refuseTwice(names: readonly Name[]): void {
  const seen = new Map<number, string>();
  for (const { id, path } of names) {
    if (id === undefined) continue;
    const first = seen.get(id);
    if (first) throw fieldError(path, `names object ${id}, as ${first} does; name each object once in a batch`);
    seen.set(id, path);
  }
}
