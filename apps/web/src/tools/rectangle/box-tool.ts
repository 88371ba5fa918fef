import type { Box } from '@roto/geometry';
import type { ImagePoint } from '../../canvas/points.ts';
import type { Geometry } from '../../document/records.ts';
import { cornersOf, outlinesOf } from '../../outline/shape.ts';
import { finished } from '../finished.ts';
import type { Preview } from '../preview.ts';
import { type Snapped, snap } from '../snapping.ts';
import { type Keys, NO_KEYS, type Step, type Tool, type ToolContext, type ToolEvent } from '../tool.ts';
import { draggedBox } from './dragged-box.ts';

/** Drawn between two corners: press, drag and release, or click and click again. */
export type BoxState = {
  readonly anchor: ImagePoint | undefined;
  readonly pointer: Snapped | undefined;
  readonly keys: Keys;
};

const IDLE: BoxState = { anchor: undefined, pointer: undefined, keys: NO_KEYS };
/** CSS pixels: a press that moves less is a click. */
const CLICK = 4;

type Kind = { readonly id: 'rectangle' | 'ellipse'; readonly geometry: (box: Box) => Geometry };

export function boxTool(kind: Kind): Tool<BoxState> {
  return {
    id: kind.id,
    start: () => IDLE,
    reduce: (state, event, context) => reduce(kind, state, event, context),
    preview: (state, context) => preview(kind, state, context),
    hint: (state) => ({ key: state.anchor ? `${kind.id}.drawing` : `${kind.id}.idle` }),
    path: (state) => `${kind.id}.${state.anchor ? 'drawing' : 'idle'}`,
    isDrawing: (state) => state.anchor !== undefined,
  };
}

function reduce(kind: Kind, state: BoxState, event: ToolEvent, context: ToolContext): Step<BoxState> {
  switch (event.type) {
    case 'down': {
      if (event.button === 'right') return { state: { ...IDLE, pointer: state.pointer } };
      const pointer = snap(event.point, event.keys, context);
      if (!state.anchor) return { state: { anchor: pointer.point, pointer, keys: event.keys } };
      return end(kind, { ...state, pointer, keys: event.keys }, context);
    }
    case 'move':
      return { state: { ...state, pointer: snap(event.point, event.keys, context), keys: event.keys } };
    case 'up':
      if (!state.anchor || event.travel < CLICK || event.button === 'right') return { state };
      return end(kind, { ...state, pointer: snap(event.point, event.keys, context), keys: event.keys }, context);
    case 'keys':
      return { state: { ...state, keys: event.keys } };
    case 'finish':
      return state.anchor && state.pointer ? end(kind, state, context) : { state, effects: [{ type: 'close' }] };
    case 'cancel':
      return { state: IDLE, effects: [{ type: 'close' }] };
    case 'undo':
    case 'back':
      return state.anchor ? { state: { ...IDLE, pointer: state.pointer } } : { state, ignored: true };
    case 'leave':
      return { state: state.anchor ? state : IDLE };
    default:
      return { state, ignored: true };
  }
}

function end(kind: Kind, state: BoxState, context: ToolContext): Step<BoxState> {
  const box = draggedBox(state.anchor!, state.pointer!.point, state.keys);
  const result = finished(kind.geometry(box), context.scene.size);
  if (result.problem) return { state: IDLE, effects: [{ type: 'say', message: result.problem }] };
  return {
    state: IDLE,
    commits: [{ step: 'created', changes: [{ kind: 'create', geometry: result.geometry }] }],
    effects: [{ type: 'close', again: context.options.stay }],
  };
}

function preview(kind: Kind, state: BoxState, context: ToolContext): Preview {
  if (!state.pointer) return {};
  const { color } = context.options;
  if (!state.anchor) return { crosshair: state.pointer.point };
  const geometry = kind.geometry(draggedBox(state.anchor, state.pointer.point, state.keys));
  const outline = { points: outlinesOf(geometry)[0]!, closed: true, color, style: 'figure' as const, filled: true };
  if (kind.id === 'rectangle') return { figures: [outline] };
  const frame = { points: cornersOf({ ...boxed(geometry) }), closed: true, color, style: 'guide' as const };
  return { figures: [outline, frame] };
}

function boxed(geometry: Geometry): Extract<Geometry, { kind: 'ellipse' }> {
  if (geometry.kind !== 'ellipse') throw new Error(`A guide box is drawn for ellipses, not for a ${geometry.kind}.`);
  return geometry;
}
