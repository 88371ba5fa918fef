import { findItem } from '../../canvas/scene.ts';
import type { Geometry, Uid } from '../../document/records.ts';
import { crossesItself, segmentsCross } from '../../outline/measure.ts';
import { insideRing, type Outline, pointsOfRings, ringsOf } from '../../outline/rings.ts';
import { type Chain, chainPoints, chainPreview, EMPTY_CHAIN, reduceChain } from '../chain/chain.ts';
import { finished } from '../finished.ts';
import type { Preview } from '../preview.ts';
import type { Step, Tool, ToolContext, ToolEvent } from '../tool.ts';

export type PolygonState = {
  readonly chain: Chain;
  /** The figure becomes a hole of this polygon. */
  readonly hole: Uid | undefined;
};

export const polygonTool: Tool<PolygonState> = {
  id: 'polygon',
  start: () => ({ chain: EMPTY_CHAIN, hole: undefined }),
  reduce,
  preview,
  hint(state) {
    const points = chainPoints(state.chain).length;
    if (state.chain.tracing) return { key: 'polygon.tracing' };
    if (state.hole && points < 3) return { key: 'polygon.hole' };
    if (points === 0) return { key: 'polygon.idle' };
    return points < 3 ? { key: 'polygon.placing', points } : { key: 'polygon.closing' };
  },
  path(state) {
    if (state.chain.tracing) return 'polygon.tracing';
    if (chainPoints(state.chain).length === 0) return 'polygon.idle';
    return state.hole ? 'polygon.hole' : 'polygon.placing';
  },
  isDrawing: (state) => chainPoints(state.chain).length > 0,
};

function reduce(state: PolygonState, event: ToolEvent, context: ToolContext): Step<PolygonState> {
  const isFirst = event.type === 'down' && event.button === 'left' && chainPoints(state.chain).length === 0;
  const hole = isFirst && event.keys.alt ? selectedPolygon(context) : isFirst ? undefined : state.hole;
  const step = reduceChain(state.chain, event, context, {
    closes: true,
    traces: true,
    count: context.options.pointCount,
  });
  const next = { chain: step.chain, hole };
  if (step.end === 'cancelled') return { state: polygonTool.start(context), effects: [{ type: 'close' }] };
  if (step.end) return close(next, context);
  return { state: next, ...(step.ignored && { ignored: true }) };
}

function close(state: PolygonState, context: ToolContext): Step<PolygonState> {
  const points = chainPoints(state.chain);
  if (points.length === 0) return { state: polygonTool.start(context), effects: [{ type: 'close' }] };
  if (points.length < 3) return { state, effects: [{ type: 'say', message: { key: 'too-few-points', least: 3 } }] };
  const target = findItem(context.scene, state.hole);
  if (target?.geometry.kind === 'polygon') {
    const rings = ringsOf(target.geometry.points);
    if (!fitsInside(points, rings)) return { state, effects: [{ type: 'say', message: { key: 'hole-outside' } }] };
    const geometry: Geometry = { kind: 'polygon', points: pointsOfRings([...rings, points]) };
    return done({ step: 'points', changes: [{ kind: 'reshape', uid: target.uid, geometry }] }, context);
  }
  const result = finished({ kind: 'polygon', points: points.flat() }, context.scene.size);
  if (result.problem) return { state, effects: [{ type: 'say', message: result.problem }] };
  return done({ step: 'created', changes: [{ kind: 'create', geometry: result.geometry }] }, context);
}

function done(commit: NonNullable<Step<PolygonState>['commits']>[number], context: ToolContext): Step<PolygonState> {
  return {
    state: polygonTool.start(context),
    commits: [commit],
    effects: [{ type: 'close', again: context.options.stay }],
  };
}

/** A hole has to lie in the polygon, touching none of its rings: rings that cross would turn inside out. */
function fitsInside(hole: Outline, rings: readonly Outline[]): boolean {
  const inside = hole.every((point) => rings.filter((ring) => insideRing(ring, point)).length % 2 === 1);
  return inside && !rings.some((ring) => crosses(hole, ring));
}

function crosses(a: Outline, b: Outline): boolean {
  return a.some((p, i) => {
    const q = a[(i + 1) % a.length]!;
    return b.some((r, j) => segmentsCross(p, q, r, b[(j + 1) % b.length]!));
  });
}

function selectedPolygon(context: ToolContext): Uid | undefined {
  if (context.selected.length !== 1) return undefined;
  const item = findItem(context.scene, context.selected[0]);
  return item?.geometry.kind === 'polygon' && !item.locked ? item.uid : undefined;
}

function preview(state: PolygonState, context: ToolContext): Preview {
  const points = chainPoints(state.chain);
  const drawn = chainPreview(state.chain, context.options.color, true);
  const at = state.chain.pointer?.point ?? points.at(-1);
  if (points.length < 4 || !at || !crossesItself(points, true)) return drawn;
  return { ...drawn, note: { at, message: { key: 'crosses-itself' } } };
}
