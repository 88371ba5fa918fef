import type { Box } from '@roto/geometry';
import { imagePoint } from '../../canvas/points.ts';
import type { Geometry } from '../../document/records.ts';
import { boundsOfFlat } from '../../outline/measure.ts';
import { type Chain, chainPoints, EMPTY_CHAIN, reduceChain } from '../chain/chain.ts';
import { finished } from '../finished.ts';
import type { Preview } from '../preview.ts';
import type { Step, Tool, ToolContext, ToolEvent } from '../tool.ts';
import { type BoxState, boxTool } from './box-tool.ts';

/** By two corners, or by the four extreme points of the object: top, left, bottom, right in any order. */
export type RectangleState =
  | { readonly by: 'two-points'; readonly box: BoxState }
  | { readonly by: 'extreme-points'; readonly chain: Chain };

const corners = boxTool({ id: 'rectangle', geometry: rectangleOf });

export const rectangleTool: Tool<RectangleState> = {
  id: 'rectangle',
  start: (context) =>
    context.options.rectangle === 'two-points'
      ? { by: 'two-points', box: corners.start(context) }
      : { by: 'extreme-points', chain: EMPTY_CHAIN },
  reduce(state, event, context) {
    const current =
      rectangleTool.isDrawing(state) || state.by === context.options.rectangle ? state : rectangleTool.start(context);
    if (current.by === 'extreme-points') return reduceExtreme(current.chain, event, context);
    const step = corners.reduce(current.box, event, context);
    return { ...step, state: { by: 'two-points', box: step.state } };
  },
  preview: (state, context) =>
    state.by === 'two-points' ? corners.preview(state.box, context) : previewExtreme(state.chain, context),
  hint: (state, context) =>
    state.by === 'two-points'
      ? corners.hint(state.box, context)
      : { key: 'rectangle.extreme', left: 4 - chainPoints(state.chain).length },
  path: (state) =>
    state.by === 'two-points' ? corners.path(state.box) : `rectangle.extreme.${chainPoints(state.chain).length}`,
  isDrawing: (state) =>
    state.by === 'two-points' ? corners.isDrawing(state.box) : chainPoints(state.chain).length > 0,
};

function rectangleOf(box: Box): Geometry {
  return { kind: 'rectangle', left: box.x0, top: box.y0, right: box.x1, bottom: box.y1, rotation: 0 };
}

function reduceExtreme(chain: Chain, event: ToolEvent, context: ToolContext): Step<RectangleState> {
  const calm = event.type === 'move' ? { ...event, pressed: false, keys: { ...event.keys, shift: false } } : event;
  const step = reduceChain(chain, calm, context, { closes: false, count: 4 });
  const idle: RectangleState = { by: 'extreme-points', chain: EMPTY_CHAIN };
  if (step.end === 'cancelled') return { state: idle, effects: [{ type: 'close' }] };
  const points = chainPoints(step.chain);
  const state: RectangleState = { by: 'extreme-points', chain: step.chain };
  if (!step.end) return { state, ...(step.ignored && { ignored: true }) };
  if (points.length === 0) return { state: idle, effects: [{ type: 'close' }] };
  if (points.length < 4) return { state, effects: [{ type: 'say', message: { key: 'too-few-points', least: 4 } }] };
  const result = finished(rectangleOf(boundsOfFlat(points.flat())), context.scene.size);
  if (result.problem) return { state: idle, effects: [{ type: 'say', message: result.problem }] };
  return {
    state: idle,
    commits: [{ step: 'created', changes: [{ kind: 'create', geometry: result.geometry }] }],
    effects: [{ type: 'close', again: context.options.stay }],
  };
}

function previewExtreme(chain: Chain, context: ToolContext): Preview {
  const { color } = context.options;
  const points = [...chainPoints(chain), ...(chain.pointer ? [chain.pointer.point] : [])];
  const marks = points.map((at) => ({ at, kind: 'point' as const, color }));
  if (points.length < 2) return { marks, ...(chain.pointer && { crosshair: chain.pointer.point }) };
  const box = boundsOfFlat(points.flat());
  const corner = imagePoint;
  const outline = [corner(box.x0, box.y0), corner(box.x1, box.y0), corner(box.x1, box.y1), corner(box.x0, box.y1)];
  return { marks, figures: [{ points: outline, closed: true, color, style: 'rubber', filled: true }] };
}
