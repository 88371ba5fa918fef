import type { ImagePoint } from '../../canvas/points.ts';
import { findItem } from '../../canvas/scene.ts';
import type { Uid } from '../../document/records.ts';
import { maskOfGeometry } from '../../masks/runs.ts';
import { emptyTiledMask, ownBytes, type TiledMask, tiledMaskOf } from '../../masks/tiled-mask.ts';
import { type Chain, EMPTY_CHAIN } from '../chain/chain.ts';
import { firstStep, type Steps, withStep } from '../steps.ts';
import { type Keys, NO_KEYS, type ToolContext } from '../tool.ts';

export type BrushState = {
  /** The mask that is edited; undefined while a new one is drawn. */
  readonly target: Uid | undefined;
  /** One stroke, polygon or click is one step. */
  readonly steps: Steps<TiledMask>;
  /** A stroke in progress: where it is, and the mask that it has made so far. */
  readonly stroke: { readonly last: ImagePoint; readonly mask: TiledMask; readonly value: 0 | 1 } | undefined;
  /** End of the last stroke: with Shift the next one begins there. */
  readonly lastEnd: ImagePoint | undefined;
  /** The polygon that is to be added or taken away. */
  readonly chain: Chain;
  /** The size is being dragged. */
  readonly sizing: { readonly from: ImagePoint; readonly size: number } | undefined;
  readonly pointer: ImagePoint | undefined;
  readonly keys: Keys;
  readonly isShown: boolean;
  /** Masks that the finish would empty were named once. */
  readonly warned: boolean;
};

const STEPS_KEPT = 200;
const BYTES_KEPT = 32e6;

/** With one mask selected that one is edited, else a new one is drawn. */
export function startBrush(context: ToolContext): BrushState {
  const { scene, selected } = context;
  const item = selected.length === 1 ? findItem(scene, selected[0]) : undefined;
  const mask = item && !item.locked && item.geometry.kind === 'mask' ? item.geometry : undefined;
  const tiles = mask
    ? tiledMaskOf(maskOfGeometry(mask, scene.size))
    : emptyTiledMask(scene.size.width, scene.size.height);
  return withMask(emptyBrush(tiles), mask && item ? item.uid : undefined);
}

export function emptyBrush(tiles: TiledMask): BrushState {
  return {
    target: undefined,
    steps: firstStep(tiles),
    stroke: undefined,
    lastEnd: undefined,
    chain: EMPTY_CHAIN,
    sizing: undefined,
    pointer: undefined,
    keys: NO_KEYS,
    isShown: true,
    warned: false,
  };
}

function withMask(state: BrushState, target: Uid | undefined): BrushState {
  return { ...state, target };
}

/** The mask as it is seen now. */
export function shownMask(state: BrushState): TiledMask {
  return state.stroke?.mask ?? state.steps.now;
}

/** A step more; the oldest ones go when they take too much. */
export function withMaskStep(state: BrushState, mask: TiledMask): BrushState {
  if (mask === state.steps.now) return state;
  const steps = withStep(state.steps, mask);
  return { ...state, steps: { ...steps, past: kept(steps.past, mask) }, warned: false };
}

function kept(past: readonly TiledMask[], now: TiledMask): readonly TiledMask[] {
  let bytes = 0;
  let newer = now;
  let first = past.length;
  while (first > 0 && past.length - first < STEPS_KEPT) {
    bytes += ownBytes(newer, past[first - 1]!);
    if (bytes > BYTES_KEPT) break;
    newer = past[--first]!;
  }
  return past.slice(first);
}
