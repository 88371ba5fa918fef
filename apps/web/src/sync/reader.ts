import { jobs } from '../api/server.ts';
import type { Uid } from '../document/records.ts';
import type { Confirmed, DocumentStore } from '../document/store.ts';
import { fromWire } from '../document/wire.ts';

/** Reads a job's objects, and gives the document what is newer than what it has. */
export type Reader = {
  /** The whole job. Returns its version. @throws ApiError, NoAnswer */
  whole(): Promise<{ readonly changes: readonly Confirmed[]; readonly version: number }>;
  /** Some objects; those that are gone are taken away. @throws ApiError, NoAnswer */
  some(ids: readonly number[]): Promise<void>;
  /** Notes that a save made these objects what they are. What was read before it says nothing of them. */
  saved(uids: readonly Uid[], version: number): void;
};

export function createReader(job: number, document: DocumentStore): Reader {
  const savedAt = new Map<Uid, number>();
  const received = (data: Parameters<typeof fromWire>[0]): readonly Confirmed[] =>
    fromWire(data, (id) => document.uidOf(id)).map(({ record, identity }) => ({ uid: record.uid, record, identity }));
  return {
    async whole() {
      const data = await jobs.annotations(job);
      return { changes: received(data), version: data.version };
    },
    async some(ids) {
      if (ids.length === 0) return;
      const data = await jobs.objects(job, ids);
      const changes = received(data);
      const found = new Set(changes.flatMap((change) => (change.record ? (change.identity?.id ?? []) : [])));
      const gone = ids.flatMap((id): Confirmed[] => {
        const uid = document.uidOf(id);
        return found.has(id) || uid === undefined ? [] : [{ uid, record: undefined }];
      });
      document.receive([...changes, ...gone].filter(({ uid }) => (savedAt.get(uid) ?? 0) <= data.version));
    },
    saved(uids, version) {
      for (const uid of uids) savedAt.set(uid, version);
    },
  };
}
