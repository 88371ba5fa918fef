import type { Box } from '@roto/geometry';
import type { ImagePoint } from '../../canvas/points.ts';
import { boxInside } from '../../canvas/scene.ts';
import { boundsOf } from '../../outline/shape.ts';
import type { Step, ToolContext, ToolEvent } from '../tool.ts';
import { pointsIn } from './shaping.ts';
import { IDLE, type Mode, onlySelected, type SelectState } from './state.ts';

type Boxing = Extract<Mode, { at: 'boxing' }>;

/** A box is drawn around objects, or around points of the active one. Ctrl adds to what is selected. */
export function reduceBoxing(
  state: SelectState,
  mode: Boxing,
  event: ToolEvent,
  context: ToolContext,
): Step<SelectState> {
  switch (event.type) {
    case 'move':
      return { state: { ...state, pointer: event.point, mode: { ...mode, to: event.point } } };
    case 'up':
      return mode.of === 'points'
        ? choosePoints(state, mode, context)
        : chooseObjects(state, mode, event.keys.ctrl, context);
    case 'cancel':
      return { state: { ...state, mode: IDLE } };
    default:
      return { state };
  }
}

function chooseObjects(state: SelectState, mode: Boxing, adds: boolean, context: ToolContext): Step<SelectState> {
  const box = boxOf(mode.from, mode.to);
  const inside = context.scene.items.filter(({ geometry }) => boxInside(boundsOf(geometry), box)).map(({ uid }) => uid);
  const uids = adds ? [...new Set([...context.selected, ...inside])] : inside;
  return { state: { ...state, mode: IDLE, chosen: undefined }, effects: [{ type: 'select', uids }] };
}

function choosePoints(state: SelectState, mode: Boxing, context: ToolContext): Step<SelectState> {
  const item = onlySelected(context);
  const refs = item ? pointsIn(item.geometry, mode.from, mode.to) : [];
  const chosen = item && refs.length > 0 ? { uid: item.uid, refs } : undefined;
  return { state: { ...state, mode: IDLE, chosen } };
}

export function boxOf(a: ImagePoint, b: ImagePoint): Box {
  return {
    x0: Math.min(a[0], b[0]),
    y0: Math.min(a[1], b[1]),
    x1: Math.max(a[0], b[0]),
    y1: Math.max(a[1], b[1]),
  };
}
