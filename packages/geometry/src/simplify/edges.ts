import { type Outline, turn } from './outline.ts';

const RUN = 32;

/**
 * Says whether an edge would meet others, and whether a stretch swept by a moving edge is empty. Looks at boxes around runs of 32 vertices of a ring first; the boxes grow
 * with every move and never shrink, which is right whatever happens and tight enough.
 */
export class Edges {
  readonly #outline: Outline;
  readonly #left: Float64Array;
  readonly #right: Float64Array;
  readonly #top: Float64Array;
  readonly #bottom: Float64Array;

  constructor(outline: Outline) {
    this.#outline = outline;
    const runs = Math.ceil(outline.x.length / RUN);
    this.#left = new Float64Array(runs).fill(Number.POSITIVE_INFINITY);
    this.#top = new Float64Array(runs).fill(Number.POSITIVE_INFINITY);
    this.#right = new Float64Array(runs).fill(Number.NEGATIVE_INFINITY);
    this.#bottom = new Float64Array(runs).fill(Number.NEGATIVE_INFINITY);
    for (let v = 0; v < outline.x.length; v++) if (outline.alive[v] === 1) this.changed(v);
  }

  /** To be called after vertex `v` moved or got another neighbour. */
  changed(v: number): void {
    const { x, y, next, previous } = this.#outline;
    this.#include(v, x[v]!, y[v]!);
    this.#include(v, x[next[v]!]!, y[next[v]!]!);
    this.#include(previous[v]!, x[v]!, y[v]!);
  }

  #include(v: number, x: number, y: number): void {
    const run = Math.floor(v / RUN);
    this.#left[run] = Math.min(this.#left[run]!, x);
    this.#right[run] = Math.max(this.#right[run]!, x);
    this.#top[run] = Math.min(this.#top[run]!, y);
    this.#bottom[run] = Math.max(this.#bottom[run]!, y);
  }

  /**
   * True when the edge p → q meets no living edge, but for ends that both share. Edges are named by their first
   * vertex; those in `replaced` are about to go and do not count.
   */
  isClear(px: number, py: number, qx: number, qy: number, replaced: readonly number[]): boolean {
    const { x, y, next, alive } = this.#outline;
    const left = Math.min(px, qx);
    const right = Math.max(px, qx);
    const top = Math.min(py, qy);
    const bottom = Math.max(py, qy);
    for (let run = 0; run < this.#left.length; run++) {
      if (this.#left[run]! > right || this.#right[run]! < left) continue;
      if (this.#top[run]! > bottom || this.#bottom[run]! < top) continue;
      const end = Math.min(x.length, (run + 1) * RUN);
      for (let i = run * RUN; i < end; i++) {
        if (alive[i] === 0) continue;
        const ax = x[i]!;
        const ay = y[i]!;
        const j = next[i]!;
        const bx = x[j]!;
        const by = y[j]!;
        if ((ax < left && bx < left) || (ax > right && bx > right)) continue;
        if ((ay < top && by < top) || (ay > bottom && by > bottom)) continue;
        if (replaced.includes(i)) continue;
        if (edgesMeet(px, py, qx, qy, ax, ay, bx, by)) return false;
      }
    }
    return true;
  }

  /** True when no living vertex but those of `except` is at this place, where a ring would come to touch another. */
  isVacant(px: number, py: number, except: readonly number[]): boolean {
    const { x, y, alive } = this.#outline;
    for (let run = 0; run < this.#left.length; run++) {
      if (this.#left[run]! > px || this.#right[run]! < px || this.#top[run]! > py || this.#bottom[run]! < py) continue;
      const end = Math.min(x.length, (run + 1) * RUN);
      for (let i = run * RUN; i < end; i++)
        if (x[i] === px && y[i] === py && alive[i] === 1 && !except.includes(i)) return false;
    }
    return true;
  }

  /** True when no living vertex but those of `except` lies in the closed triangle; a point at a corner does not count. */
  isEmpty(ax: number, ay: number, bx: number, by: number, cx: number, cy: number, except: readonly number[]): boolean {
    const sign = Math.sign(turn(ax, ay, bx, by, cx, cy));
    if (sign === 0) return true;
    const { x, y, alive } = this.#outline;
    const left = Math.min(ax, bx, cx);
    const right = Math.max(ax, bx, cx);
    const top = Math.min(ay, by, cy);
    const bottom = Math.max(ay, by, cy);
    for (let run = 0; run < this.#left.length; run++) {
      if (this.#left[run]! > right || this.#right[run]! < left) continue;
      if (this.#top[run]! > bottom || this.#bottom[run]! < top) continue;
      const end = Math.min(x.length, (run + 1) * RUN);
      for (let i = run * RUN; i < end; i++) {
        const px = x[i]!;
        const py = y[i]!;
        if (alive[i] === 0 || px < left || px > right || py < top || py > bottom || except.includes(i)) continue;
        if ((px === ax && py === ay) || (px === bx && py === by) || (px === cx && py === cy)) continue;
        if (
          sign * turn(ax, ay, bx, by, px, py) >= 0 &&
          sign * turn(bx, by, cx, cy, px, py) >= 0 &&
          sign * turn(cx, cy, ax, ay, px, py) >= 0
        )
          return false;
      }
    }
    return true;
  }
}

/**
 * True when two edges have a point in common other than an end that both share; edges that share an end and lie on
 * one another count as meeting. Exact on GRID.
 */
export function edgesMeet(
  px: number,
  py: number,
  qx: number,
  qy: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
): boolean {
  if (px === ax && py === ay) return isFold(px, py, qx, qy, bx, by);
  if (px === bx && py === by) return isFold(px, py, qx, qy, ax, ay);
  if (qx === ax && qy === ay) return isFold(qx, qy, px, py, bx, by);
  if (qx === bx && qy === by) return isFold(qx, qy, px, py, ax, ay);
  const a = Math.sign(turn(px, py, qx, qy, ax, ay));
  const b = Math.sign(turn(px, py, qx, qy, bx, by));
  const p = Math.sign(turn(ax, ay, bx, by, px, py));
  const q = Math.sign(turn(ax, ay, bx, by, qx, qy));
  if (a * b < 0 && p * q < 0) return true;
  return (
    (a === 0 && isBetween(px, py, qx, qy, ax, ay)) ||
    (b === 0 && isBetween(px, py, qx, qy, bx, by)) ||
    (p === 0 && isBetween(ax, ay, bx, by, px, py)) ||
    (q === 0 && isBetween(ax, ay, bx, by, qx, qy))
  );
}

/** Do o → s and o → t point the same way? */
function isFold(ox: number, oy: number, sx: number, sy: number, tx: number, ty: number): boolean {
  return turn(ox, oy, sx, sy, tx, ty) === 0 && (sx - ox) * (tx - ox) + (sy - oy) * (ty - oy) > 0;
}

/** For a point on the line of an edge: is it on the edge? */
function isBetween(ax: number, ay: number, bx: number, by: number, x: number, y: number): boolean {
  return Math.min(ax, bx) <= x && x <= Math.max(ax, bx) && Math.min(ay, by) <= y && y <= Math.max(ay, by);
}
