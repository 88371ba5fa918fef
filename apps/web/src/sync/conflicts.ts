import type { AnnotationConflict } from '@roto/wire';
import { jobs } from '../api/server.ts';
import type { DocumentStore } from '../document/store.ts';
import { fromWire } from '../document/wire.ts';
import { type Batch, uidAt } from './batch.ts';
import type { Conflict } from './state.ts';

/** What each of the two has, for every object of a refusal. The store knows the server's state afterwards. */
export async function conflictsOf(
  { objects }: AnnotationConflict,
  batch: Batch,
  document: DocumentStore,
  job: number,
): Promise<readonly Conflict[]> {
  const named = objects.flatMap((each) => {
    const uid = uidAt(batch, each.path) ?? document.uidOf(each.id);
    return uid === undefined ? [] : [{ ...each, uid }];
  });
  const mine = new Map(named.map(({ uid }) => [uid, document.state.document.objects.get(uid)]));
  const present = named.filter(({ deleted }) => !deleted).map(({ id }) => id);
  const data = present.length > 0 ? await jobs.objects(job, present) : { version: 0, tags: [], shapes: [], tracks: [] };
  const theirs = fromWire(data, (id) => named.find((each) => each.id === id)?.uid ?? document.uidOf(id));
  const byUid = new Map(theirs.map((each) => [each.record.uid, each]));
  document.receive(
    named.map(({ uid }) => {
      const found = byUid.get(uid);
      return found ? { uid, record: found.record, identity: found.identity } : { uid, record: undefined };
    }),
  );
  return named.map(({ uid, frames = [], changed_by, changed_date }) => ({
    uid,
    mine: mine.get(uid),
    theirs: byUid.get(uid)?.record,
    frames,
    by: changed_by ?? undefined,
    at: changed_date === null ? undefined : new Date(changed_date),
  }));
}
