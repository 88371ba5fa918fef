import { distance, type ImagePoint } from '../../canvas/points.ts';
import { findItem } from '../../canvas/scene.ts';
import type { Geometry, Uid } from '../../document/records.ts';
import { nearestVertex } from '../../outline/measure.ts';
import { clearChoice, replacements } from '../../outline/replace.ts';
import { contains } from '../../outline/shape.ts';
import { type VertexRef, verticesOf, withVertices } from '../../reshape/vertices.ts';
import { chainPoints, EMPTY_CHAIN, reduceChain } from '../chain/chain.ts';
import { finished } from '../finished.ts';
import { reach, type Step, type ToolContext, type ToolEvent } from '../tool.ts';
import { type Choosing, type ContourEdit, IDLE, type SelectState } from './state.ts';

export function startContour(uid: Uid, start: VertexRef, _context: ToolContext): ContourEdit {
  return { at: 'contour', uid, start, chain: EMPTY_CHAIN };
}

/** Points are set from a vertex on; a click on another vertex of the same contour, N or Enter ends it. */
export function reduceContour(
  state: SelectState,
  mode: ContourEdit,
  event: ToolEvent,
  context: ToolContext,
): Step<SelectState> {
  const item = findItem(context.scene, mode.uid);
  const outline = item && verticesOf(item.geometry)[mode.start.ring];
  if (!item || !outline) return { state: { ...state, mode: IDLE } };
  if (event.type === 'down' && event.button === 'left') {
    const vertex = nearestVertex([outline], event.point);
    const isOther = vertex && vertex.vertex !== mode.start.vertex && vertex.distance <= reach(context, event.device);
    if (isOther) return end(state, mode, item.geometry, vertex.vertex, context);
  }
  // The press that began the edit is still held: it draws only from the next press on.
  const step = reduceChain(mode.chain, event, context, { closes: false, traces: true, except: [mode.uid] });
  if (step.end === 'cancelled') return { state: { ...state, mode: IDLE } };
  if (step.ignored && event.type === 'undo') return { state: { ...state, mode: IDLE } };
  if (!step.end) return { state: { ...state, mode: { ...mode, chain: step.chain } } };
  const last = chainPoints(step.chain).at(-1);
  if (!last) return { state: { ...state, mode: IDLE } };
  if (isOpenEnd(item.geometry, mode.start, outline.length)) return extend(state, mode, item.geometry, context);
  return end(
    state,
    { ...mode, chain: step.chain },
    item.geometry,
    nearestOther(outline, last, mode.start.vertex),
    context,
  );
}

/** N or Enter never throws the points away: the contour is met again at its vertex nearest to the last point. */
function nearestOther(outline: readonly ImagePoint[], last: ImagePoint, start: number): number {
  let best = start === 0 ? 1 : 0;
  for (const [i, vertex] of outline.entries())
    if (i !== start && distance(vertex, last) < distance(outline[best]!, last)) best = i;
  return best;
}

function isOpenEnd(geometry: Geometry, { vertex }: VertexRef, length: number): boolean {
  return geometry.kind === 'polyline' && (vertex === 0 || vertex === length - 1);
}

/** A line goes on from its end. */
function extend(state: SelectState, mode: ContourEdit, geometry: Geometry, context: ToolContext): Step<SelectState> {
  const line = verticesOf(geometry)[0]!;
  const added = chainPoints(mode.chain);
  const next = mode.start.vertex === 0 ? [...added.toReversed(), ...line] : [...line, ...added];
  return commit(state, mode.uid, withVertices(geometry, [next]), context);
}

function end(
  state: SelectState,
  mode: ContourEdit,
  geometry: Geometry,
  vertex: number,
  context: ToolContext,
): Step<SelectState> {
  const rings = verticesOf(geometry);
  const ring = rings[mode.start.ring]!;
  const chain = chainPoints(mode.chain);
  if (geometry.kind === 'polyline') {
    const [from, to] = [Math.min(mode.start.vertex, vertex), Math.max(mode.start.vertex, vertex)];
    const between = mode.start.vertex < vertex ? chain : chain.toReversed();
    const next = [...ring.slice(0, from + 1), ...between, ...ring.slice(to)];
    return commit(state, mode.uid, withVertices(geometry, [next]), context);
  }
  const both = replacements(ring, mode.start.vertex, vertex, chain);
  const geometries = both.map(({ outline }) =>
    withVertices(
      geometry,
      rings.map((other, i) => (i === mode.start.ring ? outline : other)),
    ),
  ) as [Geometry, Geometry];
  const clear = clearChoice(both);
  if (clear !== undefined) return commit(state, mode.uid, geometries[clear], context);
  return { state: { ...state, mode: { at: 'choosing', uid: mode.uid, options: geometries, choice: 0 } } };
}

/** Both results are shown; the one under the pointer is taken by a click, N or Enter. */
export function reduceChoosing(
  state: SelectState,
  mode: Choosing,
  event: ToolEvent,
  context: ToolContext,
): Step<SelectState> {
  switch (event.type) {
    case 'move':
      return { state: { ...state, pointer: event.point, mode: { ...mode, choice: choiceAt(mode, event.point) } } };
    case 'down':
      if (event.button === 'right') return { state: { ...state, mode: IDLE } };
      return commit(state, mode.uid, mode.options[choiceAt(mode, event.point)], context);
    case 'finish':
      return commit(state, mode.uid, mode.options[mode.choice], context);
    case 'cancel':
    case 'undo':
    case 'back':
      return { state: { ...state, mode: IDLE } };
    default:
      return { state };
  }
}

function choiceAt({ options, choice }: Choosing, point: ImagePoint): 0 | 1 {
  const [first, second] = options.map((option) => contains(option, point));
  return first === second ? choice : first ? 0 : 1;
}

function commit(state: SelectState, uid: Uid, geometry: Geometry, context: ToolContext): Step<SelectState> {
  const result = finished(geometry, context.scene.size);
  const idle = { ...state, mode: IDLE };
  if (result.problem) return { state: idle, effects: [{ type: 'say', message: result.problem }] };
  return {
    state: idle,
    commits: [{ step: 'points', changes: [{ kind: 'reshape', uid, geometry: result.geometry }] }],
  };
}
