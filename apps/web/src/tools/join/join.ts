import { rasterisePolygon, unionMasks } from '@roto/geometry';
import { itemsOf, type SceneItem } from '../../canvas/scene.ts';
import type { Geometry, Uid } from '../../document/records.ts';
import { geometryOfMask, maskOfGeometry } from '../../masks/runs.ts';
import { unionOf } from '../../outline/combine.ts';
import { pointsOfRings, ringsOf } from '../../outline/rings.ts';
import type { Effect } from '../effect.ts';
import type { Message } from '../hint.ts';
import { hoverStep, itemUnder, toggled } from '../picking.ts';
import type { Step, Tool, ToolContext, ToolEvent } from '../tool.ts';

export type JoinState = { readonly picked: readonly Uid[] };

/** Polygons and masks of one label become one object: those that touch one polygon, others one mask. */
export const joinTool: Tool<JoinState> = {
  id: 'join',
  start: (context) => ({
    picked: itemsOf(context.scene, context.selected)
      .filter(isJoinable)
      .map(({ uid }) => uid),
  }),
  reduce,
  preview: (state) => (state.picked.length > 0 ? { focus: state.picked } : {}),
  hint: (state) => ({ key: 'join.pick', count: state.picked.length }),
  path: (state) => `join.${state.picked.length}`,
  isDrawing: (state) => state.picked.length > 0,
};

function isJoinable({ geometry, kind, locked }: SceneItem): boolean {
  return kind === 'shape' && !locked && (geometry.kind === 'polygon' || geometry.kind === 'mask');
}

function reduce(state: JoinState, event: ToolEvent, context: ToolContext): Step<JoinState> {
  switch (event.type) {
    case 'move':
      return hoverStep(state, itemUnder(event, context)?.uid, context);
    case 'down': {
      const item = itemUnder(event, context);
      if (!item || event.button === 'right') return { state };
      const problem = problemWith(item, state, context);
      if (problem) return { state, effects: [{ type: 'say', message: problem }] };
      return { state: { picked: toggled(state.picked, item.uid) } };
    }
    case 'undo':
    case 'back':
      return state.picked.length > 0 ? { state: { picked: state.picked.slice(0, -1) } } : { state, ignored: true };
    case 'finish':
      return finish(state, context);
    case 'cancel':
      return { state: { picked: [] }, effects: [{ type: 'close' }] };
    default:
      return { state, ignored: true };
  }
}

function problemWith(item: SceneItem, state: JoinState, context: ToolContext): Message | undefined {
  if (item.locked) return { key: 'locked', names: [item.name] };
  if (!isJoinable(item)) return { key: 'join-kind' };
  const [first] = itemsOf(context.scene, state.picked);
  return first && first.label !== item.label ? { key: 'join-label' } : undefined;
}

function finish(state: JoinState, context: ToolContext): Step<JoinState> {
  const items = state.picked.flatMap((uid) => itemsOf(context.scene, [uid]));
  if (items.length === 0) return { state, effects: [{ type: 'close' }] };
  if (items.length < 2) return { state, effects: [{ type: 'say', message: { key: 'join-few' } }] };
  const united = polygonOf(items) ?? maskOf(items, context);
  if (!united) return { state, effects: [{ type: 'say', message: { key: 'empty-mask' } }] };
  const isApart = united.kind === 'mask' && items.every(({ geometry }) => geometry.kind === 'polygon');
  const effects: Effect[] = isApart ? [{ type: 'say', message: { key: 'join-apart' } }] : [];
  return {
    state: { picked: [] },
    commits: [{ step: 'joined', changes: [{ kind: 'unite', uids: state.picked, geometry: united }] }],
    effects: [...effects, { type: 'close' }],
  };
}

/** One polygon of polygons that touch; undefined when masks are among them, or parts stay apart. */
function polygonOf(items: readonly SceneItem[]): Geometry | undefined {
  const regions = items.map(({ geometry }) => (geometry.kind === 'polygon' ? ringsOf(geometry.points) : undefined));
  if (!regions.every((region) => region !== undefined)) return undefined;
  const parts = unionOf(regions);
  return parts.length === 1 ? { kind: 'polygon', points: pointsOfRings(parts[0]!) } : undefined;
}

function maskOf(items: readonly SceneItem[], context: ToolContext): Geometry | undefined {
  const { size } = context.scene;
  const masks = items.map(({ geometry }) => {
    if (geometry.kind === 'mask') return maskOfGeometry(geometry, size);
    const [outer = [], ...holes] = geometry.kind === 'polygon' ? ringsOf(geometry.points) : [];
    return rasterisePolygon([{ outer, holes }], size.width, size.height);
  });
  return geometryOfMask(masks.reduce(unionMasks));
}
