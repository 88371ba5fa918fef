import type { ImagePoint } from '../../canvas/points.ts';
import { findItem, type SceneItem } from '../../canvas/scene.ts';
import type { Geometry, Uid } from '../../document/records.ts';
import type { ResizeHandle } from '../../reshape/resizing.ts';
import type { VertexRef } from '../../reshape/vertices.ts';
import type { Chain } from '../chain/chain.ts';
import type { Keys, ToolContext } from '../tool.ts';
import type { Handle } from './handles.ts';

export type SelectState = {
  readonly mode: Mode;
  readonly pointer: ImagePoint | undefined;
  readonly keys: Keys;
  /** Handle under the pointer. */
  readonly hot: Handle | undefined;
  /** Points of the selected object that were chosen with a box; they are moved, nudged and deleted together. */
  readonly chosen: { readonly uid: Uid; readonly refs: readonly VertexRef[] } | undefined;
  /** Handles to scale and turn a figure of points. */
  readonly boxHandles: boolean;
  /** How often X was pressed at this place of the pointer. */
  readonly cycle: number;
};

/** Each state and what it needs; its file says what happens in it. */
export type Mode =
  | { readonly at: 'idle' }
  | { readonly at: 'pressed'; readonly uid: Uid; readonly from: ImagePoint; readonly toggles: boolean }
  | { readonly at: 'moving'; readonly uids: readonly Uid[]; readonly from: ImagePoint; readonly to: ImagePoint }
  | { readonly at: 'ground' }
  | { readonly at: 'boxing'; readonly from: ImagePoint; readonly to: ImagePoint; readonly of: 'objects' | 'points' }
  | Shaping
  | ContourEdit
  | Choosing;

/** A handle is dragged. */
export type Shaping = {
  readonly at: 'shaping';
  readonly uid: Uid;
  readonly grip: Grip;
  /** As it was when the handle was taken, with the inserted point if there is one. */
  readonly base: Geometry;
  readonly now: Geometry;
  readonly from: ImagePoint;
};

export type Grip =
  | { readonly kind: 'vertices'; readonly refs: readonly VertexRef[]; readonly inserted: boolean }
  | { readonly kind: 'resize'; readonly handle: ResizeHandle }
  | { readonly kind: 'rotate' };

/** Part of a contour is drawn anew, from one of its points to another. */
export type ContourEdit = {
  readonly at: 'contour';
  readonly uid: Uid;
  readonly start: VertexRef;
  readonly chain: Chain;
};

/** Length and area do not agree on which part goes: the person chooses. */
export type Choosing = {
  readonly at: 'choosing';
  readonly uid: Uid;
  readonly options: readonly [Geometry, Geometry];
  readonly choice: 0 | 1;
};

export const IDLE: Mode = { at: 'idle' };

/** The one selected object; undefined with none or several. */
export function onlySelected(context: ToolContext): SceneItem | undefined {
  return context.selected.length === 1 ? findItem(context.scene, context.selected[0]) : undefined;
}
