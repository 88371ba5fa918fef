import { itemsAt } from '../../canvas/hit-test.ts';
import { rounded } from '../../canvas/points.ts';
import type { SceneItem } from '../../canvas/scene.ts';
import type { Uid } from '../../document/records.ts';
import { nearestEdge } from '../../outline/measure.ts';
import { boundsOf } from '../../outline/shape.ts';
import { turnOf } from '../../reshape/moving.ts';
import { hasRef, verticesOf, withInserted, withoutVertices } from '../../reshape/vertices.ts';
import type { Effect } from '../effect.ts';
import { reach, type Step, type ToolContext, type ToolEvent } from '../tool.ts';
import { startContour } from './contour.ts';
import { type Handle, handleAt, handlesOf, sameHandle } from './handles.ts';
import { IDLE, onlySelected, type SelectState } from './state.ts';

type Down = Extract<ToolEvent, { type: 'down' }>;
type Result = Step<SelectState>;

export function reduceIdle(state: SelectState, event: ToolEvent, context: ToolContext, boxes: boolean): Result {
  switch (event.type) {
    case 'move':
      return hover(state, event, context);
    case 'leave':
      return {
        state: { ...state, pointer: undefined, hot: undefined, cycle: 0 },
        ...(context.hovered && { effects: [{ type: 'hover', uid: undefined }] }),
      };
    case 'down':
      return event.button === 'right' ? menu(state, event, context) : press(state, event, context, boxes);
    case 'double':
      return double(state, event, context);
    case 'next-under-pointer':
      return nextUnderPointer(state, context);
    default:
      return { state, ignored: true };
  }
}

function hover(state: SelectState, event: Extract<ToolEvent, { type: 'move' }>, context: ToolContext): Result {
  const hot = hotAt(state, event, context);
  // X chose one of several: a pointer that rests does not take it back.
  const stays = state.cycle > 0 && event.travel === 0 && isClose(state, event, context);
  const next = { ...state, pointer: event.point, keys: event.keys, hot: sameHandle(hot, state.hot) ? state.hot : hot };
  if (stays) return { state: next };
  const uid = event.keys.ctrl && context.hovered ? context.hovered : topAt(event, context)?.uid;
  const calm = { ...next, cycle: 0 };
  return uid === context.hovered ? { state: calm } : { state: calm, effects: [{ type: 'hover', uid }] };
}

function isClose(state: SelectState, event: Extract<ToolEvent, { type: 'move' }>, context: ToolContext): boolean {
  if (!state.pointer) return false;
  const gap = Math.hypot(state.pointer[0] - event.point[0], state.pointer[1] - event.point[1]);
  return gap * context.scale < 1;
}

function topAt(event: { point: Down['point']; device: Down['device'] }, context: ToolContext): SceneItem | undefined {
  return itemsAt(context.scene.items, event.point, reach(context, event.device))[0];
}

function hotAt(state: SelectState, event: Pick<Down, 'point' | 'device'>, context: ToolContext): Handle | undefined {
  const item = onlySelected(context);
  if (!item) return undefined;
  return handleAt(handlesOf(item, context.scale, state.boxHandles), event.point, reach(context, event.device));
}

function press(state: SelectState, event: Down, context: ToolContext, boxes: boolean): Result {
  const active = onlySelected(context);
  const base = { ...state, pointer: event.point, keys: event.keys };
  if (active && !active.locked) {
    const handle = hotAt(state, event, context);
    if (handle) return pressHandle(base, handle, active, event, context);
    if (event.keys.shift && isWithin(active, event, context))
      return { state: { ...base, mode: { at: 'boxing', from: event.point, to: event.point, of: 'points' } } };
    const inserted = insert(base, active, event, context);
    if (inserted) return inserted;
  }
  const found =
    state.cycle > 0 ? context.scene.items.find(({ uid }) => uid === context.hovered) : topAt(event, context);
  if (found && !(event.keys.shift && !event.keys.ctrl))
    return { state: { ...base, mode: { at: 'pressed', uid: found.uid, from: event.point, toggles: event.keys.ctrl } } };
  if (event.keys.shift || boxes)
    return { state: { ...base, mode: { at: 'boxing', from: event.point, to: event.point, of: 'objects' } } };
  return { state: { ...base, mode: { at: 'ground' } }, effects: [{ type: 'pan' }] };
}

function pressHandle(state: SelectState, handle: Handle, item: SceneItem, event: Down, context: ToolContext): Result {
  const { uid, geometry } = item;
  const shaping = { at: 'shaping', uid, base: geometry, now: geometry, from: event.point } as const;
  if (handle.kind === 'rotate') return { state: { ...state, mode: { ...shaping, grip: { kind: 'rotate' } } } };
  if (handle.kind === 'resize')
    return { state: { ...state, mode: { ...shaping, grip: { kind: 'resize', handle: handle.handle } } } };
  if (event.keys.alt) return removeVertices(state, item, [handle.ref]);
  if (event.keys.shift && (geometry.kind === 'polygon' || geometry.kind === 'polyline'))
    return { state: { ...state, chosen: undefined, mode: startContour(uid, handle.ref, context) } };
  const chosen = state.chosen?.uid === uid ? state.chosen.refs : [];
  const together = hasRef(chosen, handle.ref);
  const grip = { kind: 'vertices', refs: together ? chosen : [handle.ref], inserted: false } as const;
  return { state: { ...state, chosen: together ? state.chosen : undefined, mode: { ...shaping, grip } } };
}

export function removeVertices(
  state: SelectState,
  { uid, geometry }: SceneItem,
  refs: Parameters<typeof withoutVertices>[1],
): Result {
  if (geometry.kind === 'skeleton') return { state, ignored: true };
  const next = withoutVertices(geometry, refs);
  const calm = { ...state, chosen: undefined, hot: undefined };
  if (next) return { state: calm, commits: [{ step: 'points', changes: [{ kind: 'reshape', uid, geometry: next }] }] };
  if (geometry.kind === 'points')
    return { state: calm, commits: [{ step: 'removed', changes: [{ kind: 'remove', uids: [uid] }] }] };
  return { state, effects: [{ type: 'say', message: { key: 'least-points' } }] };
}

/** A press on an edge of the active object makes a point there. */
function insert(state: SelectState, item: SceneItem, event: Down, context: ToolContext): Result | undefined {
  const { uid, geometry } = item;
  if (state.boxHandles || event.keys.ctrl || (geometry.kind !== 'polygon' && geometry.kind !== 'polyline'))
    return undefined;
  const place = nearestEdge(verticesOf(geometry), event.point, geometry.kind === 'polygon');
  if (!place || place.distance > reach(context, event.device)) return undefined;
  const { geometry: base, ref } = withInserted(geometry, { ...place, point: rounded(place.point) });
  const grip = { kind: 'vertices', refs: [ref], inserted: true } as const;
  return {
    state: { ...state, chosen: undefined, mode: { at: 'shaping', uid, base, now: base, from: event.point, grip } },
  };
}

function isWithin(item: SceneItem, event: Down, context: ToolContext): boolean {
  if (verticesOf(item.geometry).length === 0) return false;
  const box = boundsOf(item.geometry);
  const room = reach(context, event.device) * 3;
  const [x, y] = event.point;
  return x >= box.x0 - room && x <= box.x1 + room && y >= box.y0 - room && y <= box.y1 + room;
}

function menu(state: SelectState, event: Down, context: ToolContext): Result {
  const found = itemsAt(context.scene.items, event.point, reach(context, event.device)).map(({ uid }) => uid);
  const hovered = context.hovered !== undefined && found.includes(context.hovered) ? context.hovered : found[0];
  const others = found.filter((uid) => uid !== hovered);
  const effects: Effect[] = [];
  if (hovered && !context.selected.includes(hovered)) effects.push({ type: 'select', uids: [hovered] });
  return { state, effects: [...effects, { type: 'menu', uid: hovered, others }] };
}

function double(state: SelectState, event: Extract<ToolEvent, { type: 'double' }>, context: ToolContext): Result {
  const active = onlySelected(context);
  const handle = hotAt(state, event, context);
  if (handle?.kind === 'rotate' && active && 'rotation' in active.geometry) {
    const geometry = { ...active.geometry, rotation: turnOf(0) };
    return {
      state: { ...state, mode: IDLE },
      commits: [{ step: 'rotation', changes: [{ kind: 'reshape', uid: active.uid, geometry }] }],
    };
  }
  const found = topAt(event, context);
  if (!found) return { state, effects: [{ type: 'fit' }] };
  if (found.geometry.kind === 'mask' && event.keys.shift && !found.locked)
    return {
      state,
      effects: [
        { type: 'select', uids: [found.uid] },
        { type: 'open', tool: 'mask' },
      ],
    };
  return { state };
}

function nextUnderPointer(state: SelectState, context: ToolContext): Result {
  if (!state.pointer) return { state, ignored: true };
  const found: Uid[] = itemsAt(context.scene.items, state.pointer, reach(context, 'mouse')).map(({ uid }) => uid);
  if (found.length === 0) return { state };
  const at = context.hovered ? found.indexOf(context.hovered) : -1;
  const uid = found[(at + 1) % found.length]!;
  const wasSelected = context.selected.length === 1 && found.includes(context.selected[0]!);
  return {
    state: { ...state, cycle: state.cycle + 1, hot: undefined },
    effects: [{ type: 'hover', uid }, ...(wasSelected ? [{ type: 'select' as const, uids: [uid] }] : [])],
  };
}
