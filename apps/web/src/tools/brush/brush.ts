import { rasterisePolygon } from '@roto/geometry';
import { withHoleFilledAt, withHolesFilled, withoutSpecks } from '../../masks/regions.ts';
import { changedTiles, draftOf, maskOfTiles, type TiledMask, tiledMaskOf } from '../../masks/tiled-mask.ts';
import type { Outline } from '../../outline/rings.ts';
import { type Chain, chainPoints, chainPreview, EMPTY_CHAIN, reduceChain } from '../chain/chain.ts';
import type { BrushMode } from '../options.ts';
import type { Preview } from '../preview.ts';
import { redone, undone } from '../steps.ts';
import type { Step, Tool, ToolContext, ToolEvent } from '../tool.ts';
import { finishMask } from './finish.ts';
import { type BrushState, shownMask, startBrush, withMaskStep } from './state.ts';
import { reduceStroke } from './strokes.ts';

/** Masks: brush, eraser, polygons added and taken away, enclosed areas filled. */
export const brushTool: Tool<BrushState> = {
  id: 'mask',
  start: startBrush,
  reduce,
  preview,
  hint: (_, context) => ({ key: `mask.${context.options.brush.mode}` }),
  path(state) {
    if (state.stroke) return 'mask.stroke';
    if (state.sizing) return 'mask.sizing';
    if (chainPoints(state.chain).length > 0) return 'mask.polygon';
    return isTouched(state) ? 'mask.drawn' : 'mask.idle';
  },
  isDrawing: (state) => isTouched(state) || chainPoints(state.chain).length > 0,
};

function reduce(state: BrushState, event: ToolEvent, context: ToolContext): Step<BrushState> {
  const { mode } = context.options.brush;
  switch (event.type) {
    case 'cancel':
      return cancel(state, context);
    case 'undo':
      return undo(state, event, context);
    case 'redo': {
      const steps = redone(state.steps);
      return steps ? { state: { ...state, steps } } : { state, ignored: true };
    }
    case 'finish-and-continue':
      return finishMask(state, context, true);
    case 'finish':
      if (isPolygon(mode) && chainPoints(state.chain).length > 0) break;
      return finishMask(state, context, false);
    case 'remove-specks':
      return changed(state, (mask) => withoutSpecks(mask, event.pixels));
    case 'fill-holes':
      return changed(state, (mask) => withHolesFilled(mask, event.pixels));
    case 'toggle-mask':
      return { state: { ...state, isShown: !state.isShown } };
    case 'keys':
      return { state: { ...state, keys: event.keys } };
    case 'leave':
      return { state: { ...state, pointer: undefined, chain: { ...state.chain, pointer: undefined } } };
    case 'refresh':
      return { state: brushTool.isDrawing(state) ? state : startBrush(context) };
  }
  if (state.sizing || (event.type === 'down' && event.button === 'right' && event.keys.alt))
    return reduceStroke(state, event, context);
  if (isPolygon(mode)) return polygon(state, event, context, mode === 'polygon-plus' ? 1 : 0);
  if (mode === 'fill') return fill(state, event);
  return reduceStroke(state, event, context);
}

function isPolygon(mode: BrushMode): boolean {
  return mode === 'polygon-plus' || mode === 'polygon-minus';
}

function isTouched(state: BrushState): boolean {
  return state.steps.past.length > 0 || state.stroke !== undefined;
}

function cancel(state: BrushState, context: ToolContext): Step<BrushState> {
  if (chainPoints(state.chain).length > 0) return { state: { ...state, chain: EMPTY_CHAIN } };
  return { state: startBrush({ ...context, selected: [] }), effects: [{ type: 'close' }] };
}

/** First the points of a polygon, then the strokes; then undo belongs to the job. */
function undo(state: BrushState, event: ToolEvent, context: ToolContext): Step<BrushState> {
  if (state.stroke) return { state: { ...state, stroke: undefined } };
  if (chainPoints(state.chain).length > 0) {
    const { chain } = reduceChain(state.chain, event, context, { closes: true });
    return { state: { ...state, chain } };
  }
  const steps = undone(state.steps);
  return steps ? { state: { ...state, steps, warned: false } } : { state, ignored: true };
}

function polygon(state: BrushState, event: ToolEvent, context: ToolContext, value: 0 | 1): Step<BrushState> {
  const step = reduceChain(state.chain, event, context, { closes: true, traces: true });
  const pointer = 'point' in event ? event.point : state.pointer;
  if (!step.end) return { state: { ...state, chain: step.chain, pointer }, ...(step.ignored && { ignored: true }) };
  const points = chainPoints(step.chain);
  if (points.length < 3) return { state, effects: [{ type: 'say', message: { key: 'too-few-points', least: 3 } }] };
  const mask = withPolygon(state.steps.now, points, value);
  return { state: withMaskStep({ ...state, chain: EMPTY_CHAIN as Chain, pointer }, mask) };
}

/** By the rule of @roto/geometry: a pixel is inside when its centre is. */
function withPolygon(tiled: TiledMask, outline: Outline, value: 0 | 1): TiledMask {
  const { width, height } = tiled;
  const filled = rasterisePolygon([{ outer: outline, holes: [] }], width, height);
  const draft = draftOf(tiled);
  for (let y = 0; y < height; y++) {
    const row = filled.data.subarray(y * width, (y + 1) * width);
    for (let from = row.indexOf(1); from >= 0; ) {
      const gap = row.indexOf(0, from);
      const to = gap < 0 ? width : gap;
      draft.fill(y, from, to, value);
      from = gap < 0 ? -1 : row.indexOf(1, to);
    }
  }
  return draft.done();
}

function fill(state: BrushState, event: ToolEvent): Step<BrushState> {
  if (event.type === 'move') return { state: { ...state, pointer: event.point } };
  if (event.type !== 'down' || event.button === 'right') return { state, ignored: true };
  const [x, y] = event.point;
  return changed(state, (mask) => withHoleFilledAt(mask, Math.floor(x), Math.floor(y)));
}

function changed(
  state: BrushState,
  change: (mask: ReturnType<typeof maskOfTiles>) => ReturnType<typeof maskOfTiles>,
): Step<BrushState> {
  const before = maskOfTiles(state.steps.now);
  const after = change(before);
  if (after === before) return { state };
  return { state: withMaskStep(state, sharing(state.steps.now, tiledMaskOf(after))) };
}

/** `after` with the tiles of `before` wherever they are equal, so that only what changed is kept and painted again. */
function sharing(before: TiledMask, after: TiledMask): TiledMask {
  const tiles = after.tiles.slice();
  for (const i of changedTiles(before, after)) {
    const [a, b] = [before.tiles[i], after.tiles[i]];
    if (a && b && a.every((value, at) => value === b[at])) tiles[i] = a;
  }
  return { ...after, tiles };
}

function preview(state: BrushState, context: ToolContext): Preview {
  const { brush, color } = context.options;
  const shown = state.isShown
    ? { mask: { tiles: shownMask(state), color: colorOf(state, context), box: brush.showBox } }
    : {};
  const hidden = state.target ? { hidden: [state.target] } : {};
  if (isPolygon(brush.mode)) return { ...shown, ...hidden, ...chainPreview(state.chain, color, true) };
  if (!state.pointer || brush.mode === 'fill') return { ...shown, ...hidden };
  const ring = { at: state.pointer, size: brush.size, form: brush.form, erases: brush.mode === 'eraser' };
  return { ...shown, ...hidden, brush: ring };
}

function colorOf(state: BrushState, context: ToolContext): string {
  return context.scene.items.find(({ uid }) => uid === state.target)?.color ?? context.options.color;
}
