import { findItem, itemsOf, type SceneItem } from '../../canvas/scene.ts';
import type { Uid } from '../../document/records.ts';
import { boundsOf, outlinesOf } from '../../outline/shape.ts';
import { mirrored } from '../../reshape/moving.ts';
import { hasRef } from '../../reshape/vertices.ts';
import { chainPoints, chainPreview } from '../chain/chain.ts';
import type { Hint } from '../hint.ts';
import type { Preview } from '../preview.ts';
import { NO_KEYS, type Step, type Tool, type ToolContext, type ToolEvent } from '../tool.ts';
import { boxOf, reduceBoxing } from './boxing.ts';
import { reduceChoosing, reduceContour } from './contour.ts';
import { handlesOf, isScalable, markOf, sameHandle } from './handles.ts';
import { reduceIdle, removeVertices } from './idle.ts';
import { movableOf, movedGeometries, reduceMoving, reducePressed, shifted } from './moving.ts';
import { nudgedPoints, reduceShaping } from './shaping.ts';
import { IDLE, onlySelected, type SelectState } from './state.ts';

/** Select, move and edit. On ground, a drag pans. */
export const selectTool = selection('select');
/** On ground, a drag draws a box around objects. */
export const boxSelectTool = selection('box-select');

function selection(id: 'select' | 'box-select'): Tool<SelectState> {
  return {
    id,
    start: () => ({
      mode: IDLE,
      pointer: undefined,
      keys: NO_KEYS,
      hot: undefined,
      chosen: undefined,
      boxHandles: false,
      cycle: 0,
    }),
    reduce: (state, event, context) => reduce(current(state, context), event, context, id === 'box-select'),
    preview,
    hint,
    path: (state) => `${id}.${state.mode.at === 'boxing' ? `boxing.${state.mode.of}` : state.mode.at}`,
    isDrawing: (state) => state.mode.at === 'contour' || state.mode.at === 'choosing',
  };
}

function reduce(state: SelectState, event: ToolEvent, context: ToolContext, boxes: boolean): Step<SelectState> {
  const { mode } = state;
  switch (mode.at) {
    case 'idle':
      return command(state, event, context) ?? reduceIdle(state, event, context, boxes);
    case 'pressed':
      return reducePressed(state, mode, event, context);
    case 'moving':
      return reduceMoving(state, mode, event, context);
    case 'ground':
      if (event.type !== 'up') return { state };
      return event.travel < 4 && context.selected.length > 0
        ? { state: { ...state, mode: IDLE, chosen: undefined }, effects: [{ type: 'select', uids: [] }] }
        : { state: { ...state, mode: IDLE } };
    case 'boxing':
      return reduceBoxing(state, mode, event, context);
    case 'shaping':
      return reduceShaping(state, mode, event, context);
    case 'contour':
      return reduceContour(state, mode, event, context);
    case 'choosing':
      return reduceChoosing(state, mode, event, context);
  }
}

/** Objects can go, and the selection can change, while the tool waits: what it remembered of them goes too. */
function current(state: SelectState, context: ToolContext): SelectState {
  const { mode, chosen } = state;
  const lost = 'uid' in mode && !findItem(context.scene, mode.uid);
  const other = chosen && (context.selected.length !== 1 || context.selected[0] !== chosen.uid);
  if (!lost && !other) return state;
  return { ...state, mode: lost ? IDLE : mode, chosen: other ? undefined : chosen };
}

/** Keys, with nothing being dragged. */
function command(state: SelectState, event: ToolEvent, context: ToolContext): Step<SelectState> | undefined {
  const item = onlySelected(context);
  switch (event.type) {
    case 'keys':
      return { state: { ...state, keys: event.keys } };
    case 'nudge':
      return nudge(state, event.dx, event.dy, context);
    case 'delete':
      return item && state.chosen ? removeVertices(state, item, state.chosen.refs) : undefined;
    case 'cancel':
      if (state.chosen || state.boxHandles) return { state: { ...state, chosen: undefined, boxHandles: false } };
      return undefined;
    case 'box-handles':
      if (!item || !isScalable(item.geometry)) return undefined;
      return { state: { ...state, boxHandles: !state.boxHandles, chosen: undefined, hot: undefined } };
    case 'mirror': {
      const { movable, effects } = movableOf(context.selected, context);
      const changes = itemsOf(context.scene, movable).map(({ uid, geometry }) => ({
        kind: 'reshape' as const,
        uid,
        geometry: mirrored(geometry, boundsOf(geometry), event.axis),
      }));
      return { state, effects, ...(changes.length > 0 && { commits: [{ step: 'mirrored', changes }] }) };
    }
    default:
      return undefined;
  }
}

function nudge(state: SelectState, dx: number, dy: number, context: ToolContext): Step<SelectState> | undefined {
  if (context.selected.length === 0) return undefined;
  const item = onlySelected(context);
  if (item && state.chosen) {
    const geometry = nudgedPoints(item.geometry, state.chosen.refs, dx, dy, context);
    const changes = [{ kind: 'reshape' as const, uid: item.uid, geometry }];
    return { state, commits: [{ step: 'points', changes, joins: 'nudge-points' }] };
  }
  const { movable, effects } = movableOf(context.selected, context);
  const changes = [...shifted(movable, dx, dy, context)].map(([uid, geometry]) => ({
    kind: 'reshape' as const,
    uid,
    geometry,
  }));
  return { state, effects, ...(changes.length > 0 && { commits: [{ step: 'points', changes, joins: 'nudge' }] }) };
}

function preview(state: SelectState, context: ToolContext): Preview {
  const { mode } = state;
  switch (mode.at) {
    case 'moving':
      return { overrides: movedGeometries(mode, context) };
    case 'boxing':
      return { selection: boxOf(mode.from, mode.to), ...withHandles(state, context) };
    case 'shaping':
      return { overrides: new Map([[mode.uid, mode.now]]), ...withHandles(state, context) };
    case 'contour': {
      const item = findItem(context.scene, mode.uid);
      const color = item?.color ?? context.options.color;
      const start = item && startPoint(item, mode.start);
      const drawn = chainPreview(mode.chain, color, false);
      const points = chainPoints(mode.chain);
      const first = points[0] ?? mode.chain.pointer?.point;
      const lead = start && first ? [{ points: [start, first], closed: false, color, style: 'rubber' as const }] : [];
      return { ...drawn, figures: [...lead, ...(drawn.figures ?? [])], ...withHandles(state, context) };
    }
    case 'choosing': {
      const geometry = mode.options[mode.choice];
      const color = findItem(context.scene, mode.uid)?.color ?? context.options.color;
      const other = outlinesOf(mode.options[mode.choice === 0 ? 1 : 0]);
      const figures = other.map((points) => ({ points, closed: true, color, style: 'choice' as const }));
      return { overrides: new Map([[mode.uid, geometry]]), figures };
    }
    default:
      return withHandles(state, context);
  }
}

function startPoint(item: SceneItem, { ring, vertex }: { ring: number; vertex: number }) {
  return outlinesOf(item.geometry)[ring]?.[vertex];
}

/** Handles of the selected object, as it looks now. */
function withHandles(state: SelectState, context: ToolContext): Preview {
  const item = onlySelected(context);
  if (!item) return {};
  const shown = state.mode.at === 'shaping' ? { ...item, geometry: state.mode.now } : item;
  const chosen = state.chosen?.refs ?? [];
  return {
    handles: handlesOf(shown, context.scale, state.boxHandles).map((handle) =>
      markOf(
        handle,
        sameHandle(handle, state.hot),
        handle.kind === 'vertex' && hasRef(chosen, handle.ref),
        shown.geometry,
      ),
    ),
  };
}

function hint(state: SelectState, context: ToolContext): Hint {
  const { mode, hot } = state;
  if (mode.at === 'contour') return { key: 'contour.placing' };
  if (mode.at === 'choosing') return { key: 'contour.choosing' };
  if (mode.at === 'boxing') return { key: 'select.boxing' };
  if (mode.at === 'moving') return { key: 'select.moving' };
  if (hot?.kind === 'vertex') return { key: 'select.vertex' };
  if (hot?.kind === 'resize') return { key: 'select.resize' };
  if (hot?.kind === 'rotate') return { key: 'select.rotate' };
  const over = findItem(context.scene, context.hovered as Uid | undefined);
  if (over?.locked) return { key: 'select.locked' };
  if (over?.pinned) return { key: 'select.pinned' };
  return { key: over ? 'select.over' : 'select.idle' };
}
