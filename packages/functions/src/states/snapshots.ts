import type { Log } from '../log.ts';
import { BadStateError, SnapshotHeader, sealState, stateReader } from './envelope.ts';
import type { StateStore } from './store.ts';

const readSnapshot = stateReader(SnapshotHeader);

/** Two are kept in turns: when the newest turns out damaged, the one before serves. */
const SLOTS = ['a', 'b'] as const;

export type RunIdentity = {
  readonly run: string;
  readonly digest: string;
  readonly objects: Readonly<Record<string, string>>;
};

export type Snapshot = { readonly frame: number; readonly bytes: Uint8Array };

export type Snapshots = {
  /** Those that fit the run and lie at or before `done` seen from `start`, the newest first. */
  usable(start: number, done: number): Promise<Snapshot[]>;
  /** False: another agent has written with a higher fence. */
  keep(frame: number, bytes: Uint8Array): Promise<boolean>;
  drop(): Promise<void>;
};

/**
 * Snapshots of one run. The state of a session follows from run, prompts, media and model alone, so whoever takes the run
 * over may go on from any of them, and comes to the same masks.
 */
export function runSnapshots(store: StateStore, identity: RunIdentity, fence: number, log: Log): Snapshots {
  const key = (slot: string): string => `run-${identity.run}-${slot}`;
  let next: 0 | 1 = 0;
  return {
    async usable(start, done) {
      const found: Snapshot[] = [];
      for (const [place, slot] of SLOTS.entries()) {
        try {
          const bytes = await store.read(key(slot));
          if (!bytes) continue;
          const { header, content } = readSnapshot(bytes);
          const far = (frame: number): number => Math.abs(frame - start);
          const ahead = Math.sign(header.frame - start) * Math.sign(done - start) >= 0;
          const same = header.run === identity.run && header.digest === identity.digest;
          const known = Object.entries(identity.objects).every(([id, digest]) => header.objects[id] === digest);
          if (!same || !known || !ahead || far(header.frame) > far(done)) continue;
          found.push({ frame: header.frame, bytes: content });
          // The older of the two is written over first.
          if (found.length === 1 || far(header.frame) > far(found[0]!.frame)) next = place === 0 ? 1 : 0;
        } catch (error) {
          if (!(error instanceof BadStateError)) throw error;
          log.warn(`A snapshot of run ${identity.run} cannot be used: ${error.message}.`);
        }
      }
      return found.sort((a, b) => Math.abs(b.frame - start) - Math.abs(a.frame - start));
    },
    async keep(frame, bytes) {
      const header: SnapshotHeader = { kind: 'snapshot', ...identity, frame };
      const slot = SLOTS[next]!;
      next = next === 0 ? 1 : 0;
      return store.write(key(slot), sealState(header, bytes), fence);
    },
    async drop() {
      for (const slot of SLOTS) await store.drop(key(slot));
    },
  };
}
