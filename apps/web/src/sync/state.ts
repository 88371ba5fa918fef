import type { Run } from '../api/types.ts';
import type { ObjectRecord, Uid } from '../document/records.ts';

/** Where this person's changes are. `changes` counts steps that the server has not confirmed. */
export type SaveState =
  | { readonly phase: 'saved'; readonly at: Date | undefined }
  | { readonly phase: 'waiting'; readonly changes: number }
  | { readonly phase: 'saving'; readonly changes: number }
  /** No answer, or the server is starting: tried again by itself. `kept`: the changes are on this device. */
  | {
      readonly phase: 'offline';
      readonly changes: number;
      readonly retryAt: Date;
      readonly why: string;
      readonly kept: boolean;
    }
  /** The session ended. */
  | { readonly phase: 'signed-out'; readonly changes: number }
  /** The server refused all of it. */
  | { readonly phase: 'failed'; readonly changes: number; readonly why: string };

/** An object that both this person and somebody else changed; until it is decided it stays on this device. */
export type Conflict = {
  readonly uid: Uid;
  /** Undefined: this person removed it. */
  readonly mine: ObjectRecord | undefined;
  /** Undefined: somebody else removed it. */
  readonly theirs: ObjectRecord | undefined;
  /** Keyframes that both changed; of a shape none. */
  readonly frames: readonly number[];
  readonly by: string | undefined;
  readonly at: Date | undefined;
};
export type Decision = 'mine' | 'theirs' | 'both';

/** Why nothing can be changed here. */
export type ReadOnly = 'no-right' | 'done' | 'other-tab';

export type SessionState = {
  readonly save: SaveState;
  readonly conflicts: readonly Conflict[];
  /** Objects that the server does not take, with its words; everything else is saved. */
  readonly refused: ReadonlyMap<Uid, string>;
  readonly readOnly: ReadOnly | undefined;
  /** Whether changes survive a crash of the browser. */
  readonly journal: 'open' | 'none';
  /** Of this job, the newest first. */
  readonly runs: readonly Run[];
  /** Others who have the job open. */
  readonly people: readonly string[];
  /** Changes of an earlier visit that were found on this device and are being sent. */
  readonly restored: { readonly steps: number; readonly since: Date } | undefined;
};
