import type { FrameNumber, Geometry, Uid } from '../document/records.ts';

/**
 * What a tool wants to be done to the objects of the frame, in terms of what is seen there. How a shape or a track is
 * written (keyframes, labels, attributes, layers) is known to `canvas/commit.ts` alone.
 */
export type Change =
  | { readonly kind: 'create'; readonly geometry: Geometry }
  | { readonly kind: 'reshape'; readonly uid: Uid; readonly geometry: Geometry }
  | { readonly kind: 'remove'; readonly uids: readonly Uid[] }
  /** The object becomes several, with all of its attributes. */
  | { readonly kind: 'divide'; readonly uid: Uid; readonly parts: readonly Geometry[] }
  /** The objects become one, with the attributes of the first. */
  | { readonly kind: 'unite'; readonly uids: readonly Uid[]; readonly geometry: Geometry }
  /** Shapes and tracks of several frames become one track. */
  | { readonly kind: 'merge'; readonly members: readonly MergeMember[]; readonly endsOutside: boolean }
  /** The track ends before this frame, a second one begins there. */
  | { readonly kind: 'split'; readonly uid: Uid; readonly frame: FrameNumber }
  | { readonly kind: 'group'; readonly uids: readonly Uid[] }
  | { readonly kind: 'ungroup'; readonly uids: readonly Uid[] };

export type MergeMember = { readonly uid: Uid; readonly frame: FrameNumber; readonly geometry: Geometry };

/** Names of steps are CVAT's where it has them; the list of undo shows them. */
export type StepName =
  | 'created'
  | 'points'
  | 'rotation'
  | 'removed'
  | 'sliced'
  | 'joined'
  | 'merged'
  | 'split'
  | 'group'
  | 'ungroup'
  | 'mask'
  | 'mirrored';

/** One step of undo. */
export type Commit = {
  readonly step: StepName;
  readonly changes: readonly Change[];
  /** Steps with the same key that follow each other within a second become one. */
  readonly joins?: string;
};
