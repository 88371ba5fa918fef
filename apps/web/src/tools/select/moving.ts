import { boundsOfItems, findItem, itemsOf, type SceneItem } from '../../canvas/scene.ts';
import type { Geometry, Uid } from '../../document/records.ts';
import { keptInside, translated } from '../../reshape/moving.ts';
import type { Effect } from '../effect.ts';
import type { Step, ToolContext, ToolEvent } from '../tool.ts';
import { IDLE, type Mode, type SelectState } from './state.ts';

type Pressed = Extract<Mode, { at: 'pressed' }>;
type Moving = Extract<Mode, { at: 'moving' }>;
/** CSS pixels that a press has to move before it moves an object. */
const START = 4;

/** The button is down on an object: a click selects, a movement moves. */
export function reducePressed(
  state: SelectState,
  mode: Pressed,
  event: ToolEvent,
  context: ToolContext,
): Step<SelectState> {
  switch (event.type) {
    case 'move': {
      if (event.travel < START || mode.toggles) return { state: { ...state, pointer: event.point } };
      const uids = context.selected.includes(mode.uid) ? context.selected : [mode.uid];
      const { movable, effects } = movableOf(uids, context);
      if (!context.selected.includes(mode.uid)) effects.push({ type: 'select', uids: [mode.uid] });
      if (movable.length === 0) return { state: { ...state, mode: IDLE }, effects };
      const moving: Moving = { at: 'moving', uids: movable, from: mode.from, to: event.point };
      return { state: { ...state, pointer: event.point, mode: moving }, effects };
    }
    case 'up': {
      const selected = mode.toggles
        ? context.selected.includes(mode.uid)
          ? context.selected.filter((uid) => uid !== mode.uid)
          : [...context.selected, mode.uid]
        : event.keys.alt
          ? withGroup(mode.uid, context)
          : [mode.uid];
      const isSame =
        selected.length === context.selected.length && selected.every((uid) => context.selected.includes(uid));
      return {
        state: { ...state, mode: IDLE, chosen: isSame ? state.chosen : undefined },
        effects: isSame ? [] : [{ type: 'select', uids: selected }],
      };
    }
    case 'cancel':
      return { state: { ...state, mode: IDLE } };
    default:
      return { state };
  }
}

/** All objects of the group; the object alone when it is in none. */
function withGroup(uid: Uid, context: ToolContext): readonly Uid[] {
  const group = findItem(context.scene, uid)?.group ?? 0;
  return group === 0 ? [uid] : context.scene.items.filter((item) => item.group === group).map((item) => item.uid);
}

export function reduceMoving(
  state: SelectState,
  mode: Moving,
  event: ToolEvent,
  context: ToolContext,
): Step<SelectState> {
  switch (event.type) {
    case 'move':
      return { state: { ...state, pointer: event.point, mode: { ...mode, to: event.point } } };
    case 'up': {
      const moved = movedGeometries({ ...mode, to: event.point }, context);
      const changes = [...moved].map(([uid, geometry]) => ({ kind: 'reshape' as const, uid, geometry }));
      return {
        state: { ...state, pointer: event.point, mode: IDLE },
        ...(changes.length > 0 && { commits: [{ step: 'points', changes }] }),
      };
    }
    case 'cancel':
    case 'undo':
      return { state: { ...state, mode: IDLE } };
    default:
      return { state };
  }
}

/** The objects where the pointer has taken them; those that are in the frame stay in it, all by the same way. */
export function movedGeometries(
  mode: Pick<Moving, 'uids' | 'from' | 'to'>,
  context: ToolContext,
): ReadonlyMap<Uid, Geometry> {
  return shifted(mode.uids, mode.to[0] - mode.from[0], mode.to[1] - mode.from[1], context);
}

export function shifted(
  uids: readonly Uid[],
  byX: number,
  byY: number,
  context: ToolContext,
): ReadonlyMap<Uid, Geometry> {
  const items = itemsOf(context.scene, uids);
  const bounds = boundsOfItems(items);
  if (!bounds) return new Map();
  const { size } = context.scene;
  // With a mask among them, all move by whole pixels.
  const whole = items.some(({ geometry }) => geometry.kind === 'mask');
  const [dx, dy] = keptInside(bounds, whole ? Math.round(byX) : byX, whole ? Math.round(byY) : byY, size);
  if (dx === 0 && dy === 0) return new Map();
  return new Map(items.map(({ uid, geometry }) => [uid, translated(geometry, dx, dy, size)]));
}

/** Those of the objects that may be moved; the others are named. */
export function movableOf(uids: readonly Uid[], context: ToolContext): { movable: readonly Uid[]; effects: Effect[] } {
  const items = itemsOf(context.scene, uids);
  const names = (those: readonly SceneItem[]): readonly string[] => those.map(({ name }) => name);
  const locked = items.filter((item) => item.locked);
  const pinned = items.filter((item) => item.pinned && !item.locked);
  const effects: Effect[] = [];
  if (locked.length > 0) effects.push({ type: 'say', message: { key: 'locked', names: names(locked) } });
  if (pinned.length > 0) effects.push({ type: 'say', message: { key: 'pinned', names: names(pinned) } });
  return { movable: items.filter((item) => !item.locked && !item.pinned).map(({ uid }) => uid), effects };
}
