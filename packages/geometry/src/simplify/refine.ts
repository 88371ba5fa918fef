import { Edges, edgesMeet } from './edges.ts';
import { Heap } from './heap.ts';
import { type Outline, place, turn, unlink } from './outline.ts';
import { GRID, type Score } from './score.ts';

/** Each round costs about a millisecond for fifty vertices; the third seldom takes out more than one. */
const MAX_ROUNDS = 6;

/** Best found way to take a vertex out: where its neighbours go, and by how much the loss grows. */
type Removal = { cost: number; ax: number; ay: number; bx: number; by: number };

/**
 * The fine pass: takes out vertices while their neighbours move to make up for it, and moves all vertices to where the
 * loss is least, until nothing more fits the budget. Edges that run half inside, half outside of the mask miss about
 * a third of the area that edges between points of the outline miss, which is why the points may leave the outline.
 * `loss` is that of the outline as it comes; returns that of the outline as it goes.
 */
export function refine(outline: Outline, score: Score, loss: number): number {
  const { alive, next, previous, ring, size, x } = outline;
  const edges = new Edges(outline);
  const removals: (Removal | undefined)[] = new Array(x.length);
  const heap = new Heap(x.length);
  const stale = new Uint8Array(x.length);
  const seek = (v: number): void => {
    if (alive[v] === 0 || size[ring[v]!]! <= 3) return;
    const removal = bestRemoval(outline, score, v);
    removals[v] = removal;
    stale[v] = 0;
    heap.put(v, removal.cost);
  };
  const settle = (): number => {
    let saved = 0;
    for (let v = 0; v < x.length; v++) if (alive[v] === 1) saved += moveToBest(outline, edges, score, v);
    return saved;
  };

  for (let round = 0; round < MAX_ROUNDS; round++) {
    loss -= settle();
    loss -= settle();
    for (let v = 0; v < x.length; v++) seek(v);
    let taken = 0;
    while (loss + heap.lowest <= score.budget) {
      const v = heap.take();
      if (size[ring[v]!]! <= 3) continue;
      // A vertex near a change keeps its old cost until it comes up: most never do.
      if (stale[v] === 1) {
        seek(v);
        continue;
      }
      const applied = apply(outline, edges, score, v, removals[v]!, score.budget - loss);
      if (applied === undefined) continue;
      loss += applied;
      taken++;
      const a = previous[v]!;
      const b = next[v]!;
      seek(a);
      seek(b);
      for (const near of [previous[previous[a]!]!, previous[a]!, next[b]!, next[next[b]!]!]) {
        if (heap.has(near)) stale[near] = 1;
        else seek(near);
      }
    }
    if (taken === 0) return loss;
    while (heap.take() >= 0);
  }
  return loss;
}

/** The first step of a search, in pixels: small in small rings, where a large one would turn them inside out. */
function reach(outline: Outline, v: number): number {
  const { x, y, next, previous } = outline;
  const a = previous[v]!;
  const b = next[v]!;
  const span = Math.max(
    Math.abs(x[a]! - x[v]!),
    Math.abs(y[a]! - y[v]!),
    Math.abs(x[b]! - x[v]!),
    Math.abs(y[b]! - y[v]!),
  );
  return Math.min(4, Math.max(GRID, 2 ** Math.floor(Math.log2(span / 4))));
}

/** Eight directions in turn, each far from the one before. */
const DIRECTIONS = [
  [1, 0],
  [-1, 1],
  [0, -1],
  [1, 1],
  [-1, 0],
  [1, -1],
  [0, 1],
  [-1, -1],
] as const;
const MAX_MOVES = 12;

/**
 * The place at which the two edges from a and to b gain most: steps in eight directions, kept up while they help,
 * then steps a quarter as long (halving them takes twice the time and comes out the same).
 */
function search(
  score: Score,
  ax: number,
  ay: number,
  x: number,
  y: number,
  bx: number,
  by: number,
  firstStep: number,
): { x: number; y: number; gain: number } {
  const { width, height, gain } = score;
  let best = gain(ax, ay, x, y) + gain(x, y, bx, by);
  let direction = 0;
  for (let step = firstStep; step >= GRID; step /= 4) {
    let moves = 0;
    for (let failed = 0; failed < DIRECTIONS.length && moves < MAX_MOVES; ) {
      const tryX = x + step * DIRECTIONS[direction]![0];
      const tryY = y + step * DIRECTIONS[direction]![1];
      if (tryX >= 0 && tryX <= width && tryY >= 0 && tryY <= height) {
        const gained = gain(ax, ay, tryX, tryY) + gain(tryX, tryY, bx, by);
        if (gained > best + 1e-6) {
          best = gained;
          x = tryX;
          y = tryY;
          failed = 0;
          moves++;
          continue;
        }
      }
      failed++;
      direction = (direction + 1) % DIRECTIONS.length;
    }
  }
  return { x, y, gain: best };
}

/** Moves a vertex to its best place, if no ring comes to cross another by it. Returns by how much the loss shrank. */
function moveToBest(outline: Outline, edges: Edges, score: Score, v: number): number {
  const { x, y, next, previous } = outline;
  const a = previous[v]!;
  const b = next[v]!;
  const ax = x[a]!;
  const ay = y[a]!;
  const bx = x[b]!;
  const by = y[b]!;
  const now = score.gain(ax, ay, x[v]!, y[v]!) + score.gain(x[v]!, y[v]!, bx, by);
  const found = search(score, ax, ay, x[v]!, y[v]!, bx, by, reach(outline, v));
  if (found.gain <= now) return 0;
  const vx = x[v]!;
  const vy = y[v]!;
  const area = outline.area[outline.ring[v]!]!;
  const newArea = area + turn(ax, ay, found.x, found.y, bx, by) - turn(ax, ay, vx, vy, bx, by);
  const replaced = [a, v];
  const fits =
    newArea * area > 0 &&
    edges.isVacant(found.x, found.y, [v]) &&
    !edgesMeet(ax, ay, found.x, found.y, found.x, found.y, bx, by) &&
    edges.isClear(ax, ay, found.x, found.y, replaced) &&
    edges.isClear(found.x, found.y, bx, by, replaced) &&
    edges.isEmpty(ax, ay, vx, vy, found.x, found.y, [a, v]) &&
    edges.isEmpty(bx, by, vx, vy, found.x, found.y, [b, v]);
  if (!fits) return 0;
  place(outline, v, found.x, found.y);
  edges.changed(v);
  return found.gain - now;
}

function bestRemoval(outline: Outline, score: Score, v: number): Removal {
  const { x, y, next, previous } = outline;
  const { gain } = score;
  const a = previous[v]!;
  const b = next[v]!;
  const before = previous[a]!;
  const after = next[b]!;
  let ax = x[a]!;
  let ay = y[a]!;
  let bx = x[b]!;
  let by = y[b]!;
  const now =
    gain(x[before]!, y[before]!, ax, ay) +
    gain(ax, ay, x[v]!, y[v]!) +
    gain(x[v]!, y[v]!, bx, by) +
    gain(bx, by, x[after]!, y[after]!);
  const step = Math.min(reach(outline, a), reach(outline, b));
  for (let pass = 0; pass < 2; pass++) {
    const firstStep = pass === 0 ? step : Math.min(step, 1);
    ({ x: ax, y: ay } = search(score, x[before]!, y[before]!, ax, ay, bx, by, firstStep));
    ({ x: bx, y: by } = search(score, ax, ay, bx, by, x[after]!, y[after]!, firstStep));
  }
  const then = gain(x[before]!, y[before]!, ax, ay) + gain(ax, ay, bx, by) + gain(bx, by, x[after]!, y[after]!);
  return { cost: now - then, ax, ay, bx, by };
}

/**
 * Takes a vertex out as planned; where rings would come to cross, with its neighbours left in place; where that does
 * not fit either, not at all. Returns by how much the loss grew.
 */
function apply(
  outline: Outline,
  edges: Edges,
  score: Score,
  v: number,
  removal: Removal,
  left: number,
): number | undefined {
  const { x, y, next, previous } = outline;
  const a = previous[v]!;
  const b = next[v]!;
  if (fits(outline, edges, v, removal)) {
    place(outline, a, removal.ax, removal.ay);
    place(outline, b, removal.bx, removal.by);
    unlink(outline, v);
    edges.changed(a);
    edges.changed(b);
    return removal.cost;
  }
  const inPlace = { cost: 0, ax: x[a]!, ay: y[a]!, bx: x[b]!, by: y[b]! };
  inPlace.cost =
    score.gain(inPlace.ax, inPlace.ay, x[v]!, y[v]!) +
    score.gain(x[v]!, y[v]!, inPlace.bx, inPlace.by) -
    score.gain(inPlace.ax, inPlace.ay, inPlace.bx, inPlace.by);
  if (inPlace.cost > left || !fits(outline, edges, v, inPlace)) return undefined;
  unlink(outline, v);
  edges.changed(a);
  return inPlace.cost;
}

/**
 * Can `v` go, and its neighbours a and b with it to their new places? The ring must keep its side, the three new edges
 * meet nothing, and what they sweep on their way hold no vertex: a small ring there would come to lie on the wrong side.
 */
function fits(outline: Outline, edges: Edges, v: number, { ax, ay, bx, by }: Removal): boolean {
  const { x, y, next, previous } = outline;
  const a = previous[v]!;
  const b = next[v]!;
  const before = previous[a]!;
  const after = next[b]!;
  const oldAx = x[a]!;
  const oldAy = y[a]!;
  const vx = x[v]!;
  const vy = y[v]!;
  const oldBx = x[b]!;
  const oldBy = y[b]!;
  const beforeX = x[before]!;
  const beforeY = y[before]!;
  const afterX = x[after]!;
  const afterY = y[after]!;
  if (ax === bx && ay === by) return false;
  // Shoelace terms of the chain before … after, relative to `before`, as it is and as it would be.
  const area = outline.area[outline.ring[v]!]!;
  const chain =
    turn(beforeX, beforeY, oldAx, oldAy, vx, vy) +
    turn(beforeX, beforeY, vx, vy, oldBx, oldBy) +
    turn(beforeX, beforeY, oldBx, oldBy, afterX, afterY);
  const newChain = turn(beforeX, beforeY, ax, ay, bx, by) + turn(beforeX, beforeY, bx, by, afterX, afterY);
  if ((area - chain + newChain) * area <= 0) return false;
  if (before !== after && edgesMeet(beforeX, beforeY, ax, ay, bx, by, afterX, afterY)) return false;
  const replaced = [before, a, v, b];
  const chainVertices = [before, a, v, b, after];
  return (
    edges.isVacant(ax, ay, [a, v, b]) &&
    edges.isVacant(bx, by, [a, v, b]) &&
    !edgesMeet(beforeX, beforeY, ax, ay, ax, ay, bx, by) &&
    !edgesMeet(ax, ay, bx, by, bx, by, afterX, afterY) &&
    edges.isClear(beforeX, beforeY, ax, ay, replaced) &&
    edges.isClear(ax, ay, bx, by, replaced) &&
    edges.isClear(bx, by, afterX, afterY, replaced) &&
    edges.isEmpty(beforeX, beforeY, oldAx, oldAy, ax, ay, chainVertices) &&
    edges.isEmpty(oldAx, oldAy, ax, ay, vx, vy, chainVertices) &&
    edges.isEmpty(vx, vy, oldBx, oldBy, bx, by, chainVertices) &&
    edges.isEmpty(oldBx, oldBy, bx, by, afterX, afterY, chainVertices) &&
    edges.isEmpty(ax, ay, vx, vy, bx, by, chainVertices)
  );
}
