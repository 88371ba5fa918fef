import { intersectMasks, rasterisePolygon, subtractMasks, traceMask } from '@roto/geometry';
import { itemsAt } from '../../canvas/hit-test.ts';
import { type ImagePoint, imagePoint } from '../../canvas/points.ts';
import { findItem, type SceneItem } from '../../canvas/scene.ts';
import type { Geometry, Uid } from '../../document/records.ts';
import { geometryOfMask, maskOfGeometry } from '../../masks/runs.ts';
import { type EdgePlace, nearestEdge } from '../../outline/measure.ts';
import { insideRing, type Outline, pointsOfRings, ringsOf } from '../../outline/rings.ts';
import { sliceRing } from '../../outline/slice.ts';
import { type Chain, chainPoints, chainPreview, EMPTY_CHAIN, reduceChain } from '../chain/chain.ts';
import type { Message } from '../hint.ts';
import type { Preview } from '../preview.ts';
import { amended } from '../steps.ts';
import { reach, type Step, type Tool, type ToolContext, type ToolEvent } from '../tool.ts';

export type SliceState = {
  readonly target: { readonly uid: Uid; readonly geometry: Geometry; readonly rings: readonly Outline[] } | undefined;
  /** The line; its first point is on the contour. */
  readonly chain: Chain;
  readonly start: EdgePlace | undefined;
};

/** How near to the contour a line has to begin and end. CSS pixels. */
const NEAR = 20;
const PICK: SliceState = { target: undefined, chain: EMPTY_CHAIN, start: undefined };

/** Cuts a polygon or mask in two along a line. */
export const sliceTool: Tool<SliceState> = {
  id: 'slice',
  start(context) {
    const item = context.selected.length === 1 ? findItem(context.scene, context.selected[0]) : undefined;
    return item && !problemWith(item) ? picked(item, context) : PICK;
  },
  reduce,
  preview,
  hint: (state) => ({ key: !state.target ? 'slice.pick' : state.start ? 'slice.cutting' : 'slice.start' }),
  path: (state) => (!state.target ? 'slice.pick' : state.start ? 'slice.cutting' : 'slice.start'),
  isDrawing: (state) => state.start !== undefined,
};

function reduce(state: SliceState, event: ToolEvent, context: ToolContext): Step<SliceState> {
  if (event.type === 'refresh') return { state: isCurrent(state, context) ? state : sliceTool.start(context) };
  if (!state.target) return pick(state, event, context);
  if (event.type === 'cancel') return { state: PICK, effects: [{ type: 'close' }] };
  if (event.type === 'down' && event.button === 'left') {
    const place = placeNear(state, event.point, context);
    if (!state.start) return begin(state, place, event, context);
    if (place && isFarFromStart(state, event.point, context)) return cut(state, state.chain, place, context);
  }
  if (!state.start) return event.type === 'move' ? { state } : { state, ignored: true };
  const step = reduceChain(state.chain, event, context, { closes: false, except: [state.target.uid] });
  const next = { ...state, chain: step.chain };
  if (chainPoints(step.chain).length === 0) return { state: { ...state, chain: EMPTY_CHAIN, start: undefined } };
  if (event.type === 'up' && event.travel > NEAR) {
    const place = placeNear(state, event.point, context);
    if (place) return cut(next, withoutEnd(next, context), place, context);
  }
  if (step.end === 'finished') {
    const last = chainPoints(step.chain).at(-1)!;
    const place = placeNear(state, last, context);
    const line = amended(step.chain.steps, chainPoints(step.chain).slice(0, -1));
    if (place && chainPoints(step.chain).length > 1) return cut(next, { ...step.chain, steps: line }, place, context);
    return { state: next, effects: [{ type: 'say', message: { key: 'slice-outside' } }] };
  }
  return { state: next, ...(step.ignored && { ignored: true }) };
}

function pick(state: SliceState, event: ToolEvent, context: ToolContext): Step<SliceState> {
  if (event.type === 'cancel' || event.type === 'finish') return { state, effects: [{ type: 'close' }] };
  if (event.type === 'move') {
    const uid = itemsAt(context.scene.items, event.point, reach(context, event.device))[0]?.uid;
    return uid === context.hovered ? { state } : { state, effects: [{ type: 'hover', uid }] };
  }
  if (event.type !== 'down' || event.button === 'right') return { state, ignored: true };
  const item = itemsAt(context.scene.items, event.point, reach(context, event.device))[0];
  if (!item) return { state };
  const problem = problemWith(item);
  if (problem) return { state, effects: [{ type: 'say', message: problem }] };
  return { state: picked(item, context) };
}

function problemWith(item: SceneItem): Message | undefined {
  if (item.locked) return { key: 'locked', names: [item.name] };
  if (item.kind === 'track') return { key: 'slice-track' };
  if (item.geometry.kind !== 'polygon' && item.geometry.kind !== 'mask') return { key: 'slice-kind' };
  return undefined;
}

function picked({ uid, geometry }: SceneItem, context: ToolContext): SliceState {
  return { ...PICK, target: { uid, geometry, rings: contoursOf(geometry, context) } };
}

function isCurrent({ target }: SliceState, context: ToolContext): boolean {
  return target === undefined || findItem(context.scene, target.uid)?.geometry === target.geometry;
}

/** Of a mask the outlines of its parts, along the borders of pixels. */
function contoursOf(geometry: Geometry, context: ToolContext): readonly Outline[] {
  if (geometry.kind === 'polygon') return ringsOf(geometry.points);
  if (geometry.kind !== 'mask') return [];
  const parts = traceMask(maskOfGeometry(geometry, context.scene.size));
  return parts.map(({ outer }) => outer.map(([x, y]) => imagePoint(x, y)));
}

function placeNear(state: SliceState, point: ImagePoint, context: ToolContext): EdgePlace | undefined {
  const { rings } = state.target!;
  // The holes of a polygon are no place to begin; of a mask every part has its own contour.
  const own = state.start ? rings.map((ring, i) => (i === state.start!.ring ? ring : [])) : rings;
  const outer = state.target!.geometry.kind === 'polygon' ? own.slice(0, 1) : own;
  const place = nearestEdge(outer, point);
  return place && place.distance * context.scale <= NEAR ? place : undefined;
}

/** A freehand line without its last points near the contour: the hand went on over the border. */
function withoutEnd(state: SliceState, context: ToolContext): Chain {
  let points = chainPoints(state.chain);
  while (points.length > 1 && placeNear(state, points.at(-1)!, context)) points = points.slice(0, -1);
  return { ...state.chain, steps: amended(state.chain.steps, points) };
}

function begin(
  state: SliceState,
  place: EdgePlace | undefined,
  event: Extract<ToolEvent, { type: 'down' }>,
  context: ToolContext,
): Step<SliceState> {
  if (!place) return { state, effects: [{ type: 'say', message: { key: 'slice-outside' } }] };
  const at = { ...event, point: place.point, keys: { ...event.keys, ctrl: true } };
  const { chain } = reduceChain(EMPTY_CHAIN, at, context, { closes: false });
  return { state: { ...state, start: place, chain } };
}

function isFarFromStart(state: SliceState, point: ImagePoint, context: ToolContext): boolean {
  const { start, chain } = state;
  const gap = Math.hypot(point[0] - start!.point[0], point[1] - start!.point[1]);
  return chainPoints(chain).length > 1 || gap * context.scale > NEAR / 2;
}

function cut(state: SliceState, chain: Chain, end: EdgePlace, context: ToolContext): Step<SliceState> {
  const { uid, geometry, rings } = state.target!;
  const between = chainPoints(chain).slice(1);
  const result = sliceRing(rings[end.ring]!, state.start!, end, between);
  if (result.problem) return { state, effects: [{ type: 'say', message: { key: result.problem } }] };
  const parts =
    geometry.kind === 'mask' ? maskParts(geometry, result.parts, context) : polygonParts(rings, result.parts);
  if (!parts) return { state, effects: [{ type: 'say', message: { key: 'slice-crosses' } }] };
  return {
    state: PICK,
    commits: [{ step: 'sliced', changes: [{ kind: 'divide', uid, parts }] }],
    effects: [{ type: 'close', again: context.options.stay }],
  };
}

/** Holes go with the part that they lie in; undefined when the cut runs through one. */
function polygonParts(rings: readonly Outline[], parts: readonly [Outline, Outline]): readonly Geometry[] | undefined {
  const holes = rings.slice(1);
  const isWhole = holes.every((hole) => parts.some((part) => hole.every((point) => insideRing(part, point))));
  if (!isWhole) return undefined;
  return parts.map((part) => ({
    kind: 'polygon',
    points: pointsOfRings([part, ...holes.filter((hole) => insideRing(part, hole[0]!))]),
  }));
}

/** Every pixel of the mask is in exactly one of both parts. */
function maskParts(
  geometry: Extract<Geometry, { kind: 'mask' }>,
  [first]: readonly [Outline, Outline],
  context: ToolContext,
): readonly Geometry[] | undefined {
  const { size } = context.scene;
  const mask = maskOfGeometry(geometry, size);
  const one = intersectMasks(mask, rasterisePolygon([{ outer: first, holes: [] }], size.width, size.height));
  const parts = [one, subtractMasks(mask, one)].map(geometryOfMask);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function preview(state: SliceState, context: ToolContext): Preview {
  if (!state.target) return {};
  const focus = [state.target.uid];
  if (!state.start) return { focus };
  return { ...chainPreview(state.chain, context.options.color, false), focus };
}
