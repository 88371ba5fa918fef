import { type ImagePoint, imagePoint } from '../../canvas/points.ts';
import { type Brush, sweep } from '../../masks/stroke.ts';
import { draftOf, type TiledMask } from '../../masks/tiled-mask.ts';
import { MAX_BRUSH, MIN_BRUSH } from '../options.ts';
import type { PointerInput, Step, ToolContext, ToolEvent } from '../tool.ts';
import { type BrushState, withMaskStep } from './state.ts';

/** Brush and eraser: a press makes a dab at once, a movement sweeps it along. */
export function reduceStroke(state: BrushState, event: ToolEvent, context: ToolContext): Step<BrushState> {
  switch (event.type) {
    case 'down': {
      if (event.button === 'right') return event.keys.alt ? { state: startSizing(state, event, context) } : { state };
      const value = context.options.brush.mode === 'eraser' || event.eraser ? 0 : 1;
      const from = event.keys.shift && state.lastEnd ? state.lastEnd : event.point;
      const mask = swept(state.steps.now, [from, event.point], value, event, context);
      return {
        state: { ...state, pointer: event.point, keys: event.keys, stroke: { last: event.point, mask, value } },
      };
    }
    case 'move': {
      const next = { ...state, pointer: event.point, keys: event.keys };
      if (state.sizing) return size(next, event, context);
      if (!state.stroke) return { state: next };
      const { last, mask, value } = state.stroke;
      const stroke = { last: event.point, mask: swept(mask, [last, ...event.trail], value, event, context), value };
      return { state: { ...next, stroke } };
    }
    case 'up': {
      if (state.sizing) return { state: { ...state, sizing: undefined } };
      if (!state.stroke) return { state };
      const { mask, last } = state.stroke;
      return { state: withMaskStep({ ...state, stroke: undefined, lastEnd: last, pointer: event.point }, mask) };
    }
    default:
      return { state, ignored: true };
  }
}

function swept(
  mask: TiledMask,
  way: readonly ImagePoint[],
  value: 0 | 1,
  { pressure, device }: PointerInput,
  context: ToolContext,
): TiledMask {
  const { form, size, pressure: byPressure } = context.options.brush;
  const scaled = byPressure && device === 'pen' ? Math.max(MIN_BRUSH, Math.round(size * 2 * pressure)) : size;
  const brush: Brush = { form, size: scaled };
  const draft = draftOf(mask);
  for (let i = 1; i < way.length; i++) sweep(draft, brush, way[i - 1]!, way[i]!, value);
  return draft.done();
}

function startSizing(state: BrushState, event: PointerInput, context: ToolContext): BrushState {
  return { ...state, pointer: event.point, sizing: { from: event.point, size: context.options.brush.size } };
}

/** To the right larger, to the left smaller: one CSS pixel is one pixel of the brush on the screen. */
function size(state: BrushState, event: PointerInput, context: ToolContext): Step<BrushState> {
  const { from, size: before } = state.sizing!;
  const wanted = Math.round(before + (event.point[0] - from[0]) * 2);
  const next = Math.min(MAX_BRUSH, Math.max(MIN_BRUSH, wanted));
  const pointer = imagePoint(from[0], from[1]);
  const same = next === context.options.brush.size;
  return { state: { ...state, pointer }, ...(!same && { effects: [{ type: 'brush-size', size: next }] }) };
}
