import { distance } from '../../canvas/points.ts';
import { findItem } from '../../canvas/scene.ts';
import type { MaskGeometry } from '../../document/records.ts';
import type { Answer, Effect } from '../effect.ts';
import { finished } from '../finished.ts';
import { boxOf } from '../select/boxing.ts';
import { redone, undone, withStep } from '../steps.ts';
import { type PointerInput, reach, type Step, type Tool, type ToolContext, type ToolEvent } from '../tool.ts';
import { previewSam } from './preview.ts';
import { boxOfMask, canBeTarget, combined, coversFrame, formOf } from './result.ts';
import { type Clicks, emptySam, hasClicks, NO_CLICKS, queryOf, type SamState } from './state.ts';

type Result = Step<SamState>;
/** CSS pixels: what moves less is a click. */
const CLICK = 4;

/** Clicks and boxes are sent to an interactor, which answers with a mask. */
export const samClickTool: Tool<SamState> = {
  id: 'sam-click',
  start: () => emptySam(0),
  reduce,
  preview: previewSam,
  hint(state, context) {
    const { blocked, startsWithBox } = context.options.interactor;
    const left = missing(state.steps.now, context);
    if (startsWithBox && !state.steps.now.box) return { key: 'sam.box-first' };
    if (!hasClicks(state)) return { key: 'sam.idle' };
    if (left > 0) return { key: 'sam.more-points', left };
    if (blocked && state.asked !== state.steps.now) return { key: 'sam.blocked' };
    return { key: state.isWaiting ? 'sam.waiting' : 'sam.ready' };
  },
  path(state) {
    if (state.drag) return `sam-click.dragging-${state.drag.kind}`;
    if (!hasClicks(state)) return 'sam-click.idle';
    return state.isWaiting ? 'sam-click.waiting' : 'sam-click.ready';
  },
  isDrawing: hasClicks,
};

function reduce(state: SamState, event: ToolEvent, context: ToolContext): Result {
  switch (event.type) {
    case 'down':
      return press(state, event, context);
    case 'move':
      if (!state.drag || !event.pressed) return { state };
      return { state: { ...state, drag: { ...state.drag, to: event.point } } };
    case 'up':
      return release(state, event, context);
    case 'answer':
      return event.request === state.request ? answered(state, event.answer, context) : { state };
    case 'undo':
    case 'back': {
      const steps = undone(state.steps);
      return steps ? asked({ ...state, steps, drag: undefined }, context) : { state, ignored: true };
    }
    case 'redo': {
      const steps = redone(state.steps);
      return steps ? asked({ ...state, steps }, context) : { state, ignored: true };
    }
    case 'refresh':
      return refreshed(state, context);
    case 'finish':
      return accept(state, context, false);
    case 'finish-and-continue':
      return accept(state, context, true);
    case 'cancel':
      return { state: emptySam(state.request + 1), effects: [{ type: 'close' }] };
    default:
      return { state, ignored: true };
  }
}

function press(state: SamState, event: PointerInput, context: ToolContext): Result {
  const near = reach(context, event.device) * 1.5;
  const index = state.steps.now.points.findIndex(({ at }) => distance(at, event.point) <= near);
  const drag =
    index >= 0
      ? ({ kind: 'point', index, from: event.point, to: event.point } as const)
      : ({ kind: 'box', from: event.point, to: event.point, isPositive: event.button === 'left' } as const);
  return { state: { ...withTarget(state, event, context), drag } };
}

/** The first click decides what the answer is for. */
function withTarget(state: SamState, event: PointerInput, context: ToolContext): SamState {
  if (hasClicks(state)) return state;
  const item = context.selected.length === 1 ? findItem(context.scene, context.selected[0]) : undefined;
  if (!canBeTarget(item)) return { ...state, target: undefined };
  const how = event.keys.shift ? 'add' : event.keys.alt ? 'subtract' : 'replace';
  return { ...state, target: { uid: item.uid, how } };
}

function release(state: SamState, event: PointerInput, context: ToolContext): Result {
  const { drag } = state;
  if (!drag) return { state };
  const idle = { ...state, drag: undefined };
  const { points, box } = state.steps.now;
  const isClick = event.travel < CLICK;
  if (drag.kind === 'point') {
    const next = isClick
      ? points.toSpliced(drag.index, 1)
      : points.map((click, i) => (i === drag.index ? { ...click, at: event.point } : click));
    return asked({ ...idle, steps: withStep(state.steps, { points: next, box }) }, context);
  }
  const { allowsBox, startsWithBox } = context.options.interactor;
  if (!isClick && drag.isPositive && (allowsBox || startsWithBox)) {
    const steps = withStep(state.steps, { points, box: boxOf(drag.from, event.point) });
    return asked({ ...idle, steps }, context);
  }
  if (startsWithBox && !box) return { state: idle };
  const next = [...points, { at: event.point, isPositive: drag.isPositive }];
  return asked({ ...idle, steps: withStep(state.steps, { points: next, box }) }, context);
}

/** Sends the clicks as they are now, unless the tool is blocked or the function needs more of them. */
function asked(state: SamState, context: ToolContext): Result {
  const clicks = state.steps.now;
  const changed = { ...state, warned: false };
  if (!hasClicks(state))
    return {
      state: {
        ...changed,
        request: state.request + 1,
        isWaiting: false,
        asked: NO_CLICKS,
        mask: undefined,
        figure: undefined,
      },
    };
  if (context.options.interactor.blocked || missing(clicks, context) > 0) return { state: changed };
  const request = state.request + 1;
  return {
    state: { ...changed, request, isWaiting: true, asked: clicks },
    effects: [{ type: 'interact', request, query: queryOf(clicks) }],
  };
}

/** The block was taken away, or the form of the answer changed. */
function refreshed(state: SamState, context: ToolContext): Result {
  const { blocked } = context.options.interactor;
  if (!blocked && hasClicks(state) && state.asked !== state.steps.now && missing(state.steps.now, context) === 0)
    return asked(state, context);
  return state.mask && !state.isWaiting ? formed(state, state.mask, context) : { state };
}

/** The answer in the form in which it will be stored; a polygon is made in a worker. */
function formed(state: SamState, mask: MaskGeometry, context: ToolContext): Result {
  const form = formOf(state, context);
  if (form === 'rectangle') return { state: { ...state, figure: boxOfMask(mask) } };
  if (form === 'mask') return { state: { ...state, figure: undefined, iou: undefined } };
  const { iou } = context.options.interactor;
  if (state.iou === iou) return { state };
  return {
    state: { ...state, iou },
    effects: [{ type: 'simplify', request: state.request, mask, iou }],
  };
}

function missing({ points, box }: Clicks, context: ToolContext): number {
  const { minPositive, minNegative } = context.options.interactor;
  const positive = points.filter(({ isPositive }) => isPositive).length;
  const negative = points.length - positive;
  // A box says as much as the first point.
  const least = box ? 0 : minPositive;
  return Math.max(0, least - positive) + Math.max(0, minNegative - negative);
}

function answered(state: SamState, answer: Answer, context: ToolContext): Result {
  const rested = { ...state, isWaiting: false };
  switch (answer.type) {
    case 'failed':
      return { state: rested, effects: [{ type: 'say', message: { key: 'sam-failed', reason: answer.reason } }] };
    case 'geometry':
      return { state: { ...rested, figure: answer.geometry } };
    case 'mask': {
      const whole = answer.mask && combined(answer.mask, state.target, context);
      const shown = { ...rested, mask: whole, figure: undefined, iou: undefined };
      if (!whole) return { state: shown, effects: [{ type: 'say', message: { key: 'sam-nothing' } }] };
      const effects: Effect[] = coversFrame(whole, context.scene.size)
        ? [{ type: 'say', message: { key: 'sam-whole-frame' } }]
        : [];
      const next = formed(shown, whole, context);
      return { ...next, effects: [...effects, ...(next.effects ?? [])] };
    }
  }
}

function accept(state: SamState, context: ToolContext, continues: boolean): Result {
  if (!hasClicks(state)) return { state, effects: [{ type: 'close' }] };
  const { mask, target } = state;
  if (!mask || state.isWaiting) return { state, effects: [{ type: 'say', message: { key: 'sam-nothing' } }] };
  if (coversFrame(mask, context.scene.size) && !state.warned)
    return { state: { ...state, warned: true }, effects: [{ type: 'say', message: { key: 'sam-whole-frame' } }] };
  const form = formOf(state, context);
  // The polygon is still being made: the mask waits for it.
  if (form !== 'mask' && !state.figure) return { state };
  const result = finished(state.figure ?? mask, context.scene.size);
  if (result.problem) return { state, effects: [{ type: 'say', message: result.problem }] };
  const { geometry } = result;
  return {
    state: emptySam(state.request + 1),
    commits: [
      target
        ? { step: 'points', changes: [{ kind: 'reshape', uid: target.uid, geometry }] }
        : { step: 'created', changes: [{ kind: 'create', geometry }] },
    ],
    effects: continues ? [{ type: 'select', uids: [] }] : [{ type: 'close', again: context.options.stay }],
  };
}
