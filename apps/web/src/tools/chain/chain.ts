import { distance, type ImagePoint } from '../../canvas/points.ts';
import type { Uid } from '../../document/records.ts';
import type { Preview, PreviewFigure } from '../preview.ts';
import { type Snapped, snap } from '../snapping.ts';
import { amended, firstStep, redone, type Steps, undone, withStep } from '../steps.ts';
import { reach, type ToolContext, type ToolEvent } from '../tool.ts';
import { isNearTrace, startTracing, type Tracing, traced, tracedPoints } from './tracing.ts';

/**
 * Points set one after another: the common part of polygons, lines, cuts and contour edits.
 * Click = point; Shift and moving, or dragging, = a point every 15 CSS pixels; right click or Backspace = the last one back.
 */
export type Chain = {
  readonly steps: Steps<readonly ImagePoint[]>;
  readonly pointer: Snapped | undefined;
  /** The button is held since a point was set: moving draws. */
  readonly held: boolean;
  readonly tracing: Tracing | undefined;
};

export type ChainRules = {
  /** A click on the first point closes the figure. */
  readonly closes: boolean;
  /** Ends by itself at this number of points. */
  readonly count?: number | undefined;
  /** Points are not taken from these. */
  readonly except?: readonly Uid[];
  readonly traces?: boolean;
};

export type ChainStep = {
  readonly chain: Chain;
  readonly end?: 'closed' | 'finished' | 'cancelled';
  readonly ignored?: true;
};

/** CSS pixels between points of a freehand line. */
const SPACING = 15;
/** A second press nearer than this is the second half of a double click. CSS pixels. */
const SAME_PLACE = 3;

export const EMPTY_CHAIN: Chain = { steps: firstStep([]), pointer: undefined, held: false, tracing: undefined };

export function chainPoints(chain: Chain): readonly ImagePoint[] {
  return chain.steps.now;
}

export function reduceChain(chain: Chain, event: ToolEvent, context: ToolContext, rules: ChainRules): ChainStep {
  switch (event.type) {
    case 'down': {
      if (event.button === 'right') return back(chain);
      return press(chain, event.point, event, context, rules);
    }
    case 'move': {
      const pointer = snap(event.point, event.keys, context, rules.except);
      const tracing = chain.tracing && traced(chain.tracing, event.point);
      const next = { ...chain, pointer, tracing };
      if (tracing) return { chain: next };
      const drags = chain.held && event.pressed && event.travel > SAME_PLACE;
      const strolls = event.keys.shift && !event.pressed && chainPoints(chain).length > 0;
      return drags || strolls ? { chain: draw(next, event.trail, event, context, drags) } : { chain: next };
    }
    case 'up': {
      if (!chain.held) return { chain };
      const points = chainPoints(chain);
      const isBack = rules.closes && event.travel > SPACING && points.length >= 3 && isNear(points[0]!, event, context);
      const isFull = rules.count !== undefined && points.length >= rules.count;
      return { chain: { ...chain, held: false }, ...(isBack ? { end: 'closed' } : isFull ? { end: 'finished' } : {}) };
    }
    case 'double':
      return { chain, end: 'finished' };
    case 'finish':
      return { chain, end: 'finished' };
    case 'cancel':
      return chain.tracing ? { chain: { ...chain, tracing: undefined } } : { chain, end: 'cancelled' };
    case 'back':
      return back(chain);
    case 'undo': {
      if (chain.tracing) return { chain: { ...chain, tracing: undefined } };
      const steps = undone(chain.steps);
      return steps ? { chain: { ...chain, steps, held: false } } : { chain, ignored: true };
    }
    case 'redo': {
      const steps = redone(chain.steps);
      return steps ? { chain: { ...chain, steps } } : { chain, ignored: true };
    }
    case 'leave':
      return { chain: { ...chain, pointer: undefined } };
    default:
      return { chain, ignored: true };
  }
}

function press(
  chain: Chain,
  at: ImagePoint,
  event: Extract<ToolEvent, { type: 'down' }>,
  context: ToolContext,
  rules: ChainRules,
): ChainStep {
  const points = chainPoints(chain);
  if (rules.closes && points.length >= 3 && isNear(points[0]!, event, context)) return { chain, end: 'closed' };
  const pointer = snap(at, event.keys, context, rules.except);
  if (chain.tracing) {
    const tracing = traced(chain.tracing, at);
    if (isNearTrace(tracing, at, reach(context, event.device) * 2)) {
      const steps = withStep(chain.steps, withoutTwins([...points, ...tracedPoints(tracing)]));
      return { chain: { ...chain, steps, pointer, tracing: undefined, held: false } };
    }
    return { chain: { ...chain, tracing: undefined, pointer } };
  }
  if (rules.traces && context.options.snapToContour && !event.keys.ctrl) {
    const tracing = startTracing(at, reach(context, event.device) * 2, context);
    if (tracing) return { chain: { ...chain, tracing, pointer } };
  }
  const last = points.at(-1);
  if (last && distance(last, pointer.point) * context.scale < SAME_PLACE) return { chain: { ...chain, pointer } };
  return { chain: { ...chain, steps: withStep(chain.steps, [...points, pointer.point]), pointer, held: true } };
}

/** Adds points along the way of the pointer; all points of one drag are one step. */
function draw(
  chain: Chain,
  trail: readonly ImagePoint[],
  event: Extract<ToolEvent, { type: 'move' }>,
  context: ToolContext,
  drags: boolean,
): Chain {
  let { steps } = chain;
  for (const place of trail) {
    const last = steps.now.at(-1)!;
    if (distance(last, place) * context.scale < SPACING) continue;
    const next = [...steps.now, snap(place, event.keys, context).point];
    steps = drags ? amended(steps, next) : withStep(steps, next);
  }
  return steps === chain.steps ? chain : { ...chain, steps };
}

function back(chain: Chain): ChainStep {
  if (chain.tracing) return { chain: { ...chain, tracing: undefined } };
  const points = chainPoints(chain);
  if (points.length === 0) return { chain, ignored: true };
  // One point was set last: taking it back can be redone. Of a freehand line only its last point goes.
  const before = chain.steps.past.at(-1);
  const steps =
    before?.length === points.length - 1 ? undone(chain.steps)! : withStep(chain.steps, points.slice(0, -1));
  return { chain: { ...chain, steps, held: false } };
}

function isNear(first: ImagePoint, event: Extract<ToolEvent, { type: 'down' | 'up' }>, context: ToolContext): boolean {
  return distance(first, event.point) <= reach(context, event.device) * 1.5;
}

function withoutTwins(points: readonly ImagePoint[]): readonly ImagePoint[] {
  return points.filter((p, i) => i === 0 || p[0] !== points[i - 1]![0] || p[1] !== points[i - 1]![1]);
}

/** The chain with its rubber edge to the pointer. */
export function chainPreview(chain: Chain, color: string, closes: boolean): Preview {
  const points = chainPoints(chain);
  const figures: PreviewFigure[] = [];
  const followed = chain.tracing ? tracedPoints(chain.tracing) : [];
  const pointer = chain.tracing ? [] : chain.pointer ? [chain.pointer.point] : [];
  const ahead = [...followed, ...pointer];
  if (closes && points.length + ahead.length >= 3)
    figures.push({ points: [...points, ...ahead], closed: true, color, style: 'rubber', filled: true });
  else if (ahead.length > 0 && points.length > 0)
    figures.push({ points: [points.at(-1)!, ...ahead], closed: false, color, style: 'rubber' });
  if (points.length > 0) figures.push({ points, closed: false, color, style: 'figure', dots: true });
  if (followed.length > 1) figures.push({ points: followed, closed: false, color, style: 'guide' });
  const marks = chain.pointer?.to ? [{ at: chain.pointer.point, kind: 'snap' as const }] : [];
  return { figures, marks };
}
