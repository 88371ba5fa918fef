/**
 * Three-way merge of the keyframes of one track: what is stored, what one writer wants, and what others changed since
 * that writer read. Keyframes are compared, never looked into, so they may be in any form: lines of text on the server,
 * objects in the browser.
 */
export type KeyframeMerge<Stored, Given> = {
  /** As it is now, by frame. */
  readonly stored: ReadonlyMap<number, Stored>;
  /** What the writer wants: a keyframe, or none (null). Frames that are not named stay as they are. */
  readonly wanted: ReadonlyMap<number, Given | null>;
  /**
   * Frames that others touched since the writer read, with what was there when it was read; null: no keyframe; undefined:
   * not known. Without it the writer has the last word.
   */
  readonly since?: ReadonlyMap<number, Stored | null | undefined>;
  readonly isSame: (stored: Stored, given: Given) => boolean;
};

export type MergedKeyframes<Given> = {
  /** What is to be written so that the wish comes true; others' changes on frames that the writer left alone are kept. */
  readonly changes: ReadonlyMap<number, Given | null>;
  /** Frames that both changed, each in another way, in rising order: nothing may be written before somebody decides. */
  readonly conflicts: readonly number[];
};

export function mergeKeyframes<Stored, Given>(merge: KeyframeMerge<Stored, Given>): MergedKeyframes<Given> {
  const { stored, wanted, since, isSame } = merge;
  const changes = new Map<number, Given | null>();
  const conflicts: number[] = [];
  const equal = (there: Stored | null, given: Given | null): boolean =>
    there === null || given === null ? there === null && given === null : isSame(there, given);
  for (const [frame, given] of wanted) {
    if (equal(stored.get(frame) ?? null, given)) continue;
    if (!since?.has(frame)) {
      changes.set(frame, given);
      continue;
    }
    // The writer sends back what they had read: the change is the others' alone.
    const base = since.get(frame);
    if (base === undefined || !equal(base, given)) conflicts.push(frame);
  }
  return { changes, conflicts: conflicts.sort((a, b) => a - b) };
}

/** The wish of a writer who sends the whole track: what is stored and not given shall go. */
export function wholeTrack<Stored, Given>(
  stored: ReadonlyMap<number, Stored>,
  given: ReadonlyMap<number, Given>,
): Map<number, Given | null> {
  const wanted = new Map<number, Given | null>(given);
  for (const frame of stored.keys()) if (!given.has(frame)) wanted.set(frame, null);
  return wanted;
}
