import type { ImagePoint } from '../../canvas/points.ts';
import type { Geometry, MaskGeometry, Uid } from '../../document/records.ts';
import type { InteractorQuery } from '../effect.ts';
import { firstStep, type Steps } from '../steps.ts';

export type Clicks = {
  readonly points: readonly Click[];
  readonly box: InteractorQuery['box'];
};
export type Click = { readonly at: ImagePoint; readonly isPositive: boolean };

export type SamState = {
  /** One click, box, removal or move of a point is one step. */
  readonly steps: Steps<Clicks>;
  /** A point, or a box, that is being dragged. */
  readonly drag:
    | { readonly kind: 'box'; readonly from: ImagePoint; readonly to: ImagePoint; readonly isPositive: boolean }
    | { readonly kind: 'point'; readonly index: number; readonly from: ImagePoint; readonly to: ImagePoint }
    | undefined;
  /** Number of the newest request; answers to older ones are dropped. */
  readonly request: number;
  readonly isWaiting: boolean;
  /** The clicks that the newest request was about. */
  readonly asked: Clicks | undefined;
  readonly mask: MaskGeometry | undefined;
  /** The answer as it will be stored, when that is not the mask. */
  readonly figure: Geometry | undefined;
  /** Least IoU that a polygon of the mask was asked for with. */
  readonly iou: number | undefined;
  readonly target: Target | undefined;
  /** The answer covers the frame, and that was said. */
  readonly warned: boolean;
};

/** What the answer is for: an object that gets another shape on this frame. */
export type Target = { readonly uid: Uid; readonly how: 'replace' | 'add' | 'subtract' };

export const NO_CLICKS: Clicks = { points: [], box: undefined };

export function emptySam(request: number): SamState {
  return {
    steps: firstStep(NO_CLICKS),
    drag: undefined,
    request,
    isWaiting: false,
    asked: undefined,
    mask: undefined,
    figure: undefined,
    iou: undefined,
    target: undefined,
    warned: false,
  };
}

export function hasClicks({ steps }: SamState): boolean {
  return steps.now.points.length > 0 || steps.now.box !== undefined;
}

export function queryOf({ points, box }: Clicks): InteractorQuery {
  return {
    positive: points.filter(({ isPositive }) => isPositive).map(({ at }) => at),
    negative: points.filter(({ isPositive }) => !isPositive).map(({ at }) => at),
    box,
  };
}
