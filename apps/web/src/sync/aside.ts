import type { AnnotationConflict } from '@roto/wire';
import type { StoreApi } from 'zustand/vanilla';
import { type FrameNumber, newUid, type ObjectRecord, type Uid } from '../document/records.ts';
import type { DocumentStore } from '../document/store.ts';
import type { Batch } from './batch.ts';
import { conflictsOf, uidsIn } from './conflicts.ts';
import type { Reader } from './reader.ts';
import type { Decision, SessionState } from './state.ts';

/** Objects that are not sent: somebody else changed them too, or the server does not take them. All others are saved. */
export type Aside = {
  /** What the server said of a request; the objects are set aside at once, before it is known what others made of them. */
  conflict(conflict: AnnotationConflict, batch: Batch): void;
  refuse(uid: Uid, words: string): void;
  /** It is something else now, or shall be tried again. */
  forget(uid: Uid): void;
  decide(uid: Uid, decision: Decision): void;
};

export function createAside(
  document: DocumentStore,
  reader: Reader,
  state: StoreApi<SessionState>,
  setAside: (uids: ReadonlySet<Uid>) => void,
): Aside {
  /** Those of which the other side is being read. */
  const reading = new Set<Uid>();
  const tell = (): void => {
    const { conflicts, refused } = state.getState();
    setAside(new Set([...reading, ...conflicts.map(({ uid }) => uid), ...refused.keys()]));
  };
  return {
    conflict(conflict, batch) {
      const uids = uidsIn(conflict, batch, document);
      for (const uid of uids) reading.add(uid);
      tell();
      void conflictsOf(conflict, batch, document, reader)
        .then((found) => {
          const others = state.getState().conflicts.filter(({ uid }) => !uids.includes(uid));
          state.setState({ conflicts: [...others, ...found] });
        })
        // Without an answer they are sent again, and refused again.
        .catch(() => undefined)
        .finally(() => {
          for (const uid of uids) reading.delete(uid);
          tell();
        });
    },
    refuse(uid, words) {
      state.setState({ refused: new Map([...state.getState().refused, [uid, words]]) });
      tell();
    },
    forget(uid) {
      const { refused } = state.getState();
      if (!refused.has(uid)) return;
      state.setState({ refused: new Map([...refused].filter(([each]) => each !== uid)) });
      tell();
    },
    decide(uid, decision) {
      const { conflicts } = state.getState();
      const conflict = conflicts.find((each) => each.uid === uid);
      if (!conflict) return;
      state.setState({ conflicts: conflicts.filter((each) => each !== conflict) });
      tell();
      const mine = document.state.document.objects.get(uid) ?? conflict.mine;
      const isOver = decision === 'mine' && conflict.theirs !== undefined;
      // The server's state is known by now: what is pending is saved over it.
      if (isOver) return;
      document.discard(new Set([uid]));
      if (decision === 'theirs' || !mine) return;
      const object = { ...mine, uid: newUid() };
      document.commit({ name: 'Kept mine', frame: frameOf(object), edits: [{ kind: 'add', object }] });
    },
  };
}

function frameOf(record: ObjectRecord): FrameNumber {
  return record.kind === 'track' ? record.keyframes[0]!.frame : record.frame;
}
