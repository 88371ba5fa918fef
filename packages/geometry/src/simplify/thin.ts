import { Cells } from './cells.ts';
import { Heap } from './heap.ts';
import { type Outline, turn, unlink } from './outline.ts';
import type { Score } from './score.ts';

/**
 * The coarse pass: takes out the vertex that costs least, again and again, without moving any, until the loss would
 * pass `limit`. No ring starts to cross itself or another: a vertex goes only when the triangle that it spans with its
 * neighbours holds no other vertex. Returns the loss.
 */
export function thin(outline: Outline, score: Score, limit: number): number {
  const { x, y, next, previous, alive, ring, size } = outline;
  const count = x.length;
  const cost = new Float64Array(count);
  const heap = new Heap(count);
  const cells = new Cells(outline);

  const rank = (v: number): void => {
    const a = previous[v]!;
    const b = next[v]!;
    const now = score.gain(x[a]!, y[a]!, x[v]!, y[v]!) + score.gain(x[v]!, y[v]!, x[b]!, y[b]!);
    cost[v] = now - score.gain(x[a]!, y[a]!, x[b]!, y[b]!);
    // Whole pixels tie often, and a gain in pixels can hide a bad corner: the triangle's area has its say too.
    const area = Math.abs(turn(x[a]!, y[a]!, x[v]!, y[v]!, x[b]!, y[b]!)) / 2;
    heap.put(v, Math.max(cost[v]!, 0) + 0.3 * area);
  };

  let loss = score.area;
  for (let v = 0; v < count; v++) {
    if (alive[v] === 0) continue;
    loss -= score.gain(x[v]!, y[v]!, x[next[v]!]!, y[next[v]!]!);
    rank(v);
  }
  for (let v = heap.take(); v >= 0; v = heap.take()) {
    const a = previous[v]!;
    const b = next[v]!;
    // What is left out of the heap comes back when a neighbour goes.
    if (size[ring[v]!]! <= 3 || loss + cost[v]! > limit || !cells.isFree(a, v, b)) continue;
    loss += cost[v]!;
    unlink(outline, v);
    cells.remove(v);
    if (alive[a] === 1) rank(a);
    if (alive[b] === 1) rank(b);
  }
  return loss;
}
