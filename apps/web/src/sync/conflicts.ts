import type { AnnotationConflict } from '@roto/wire';
import type { Uid } from '../document/records.ts';
import type { DocumentStore } from '../document/store.ts';
import { type Batch, uidAt } from './batch.ts';
import type { Reader } from './reader.ts';
import type { Conflict } from './state.ts';

/** Objects that a refusal is about. */
export function uidsIn({ objects }: AnnotationConflict, batch: Batch, document: DocumentStore): readonly Uid[] {
  return objects.flatMap(({ path, id }) => uidAt(batch, path) ?? document.uidOf(id) ?? []);
}

/** What each of the two has, for every object of a refusal. The document knows the server's state afterwards. */
export async function conflictsOf(
  { objects }: AnnotationConflict,
  batch: Batch,
  document: DocumentStore,
  reader: Reader,
): Promise<readonly Conflict[]> {
  const named = objects.flatMap((each) => {
    const uid = uidAt(batch, each.path) ?? document.uidOf(each.id);
    return uid === undefined ? [] : [{ ...each, uid }];
  });
  const mine = new Map(named.map(({ uid }) => [uid, document.state.document.objects.get(uid)]));
  await reader.some(named.map(({ id }) => id));
  return named.map(({ uid, frames = [], changed_by, changed_date }) => ({
    uid,
    mine: mine.get(uid),
    theirs: document.state.confirmed.objects.get(uid),
    frames,
    by: changed_by ?? undefined,
    at: changed_date === null ? undefined : new Date(changed_date),
  }));
}
