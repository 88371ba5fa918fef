import { type Outline, turn } from './outline.ts';

/** Vertices by squares of 16 px, to ask quickly which lie in a triangle. */
export class Cells {
  readonly #outline: Outline;
  readonly #columns: number;
  readonly #head: Int32Array;
  readonly #after: Int32Array;

  constructor(outline: Outline) {
    this.#outline = outline;
    const { x, y } = outline;
    let right = 0;
    let bottom = 0;
    for (let v = 0; v < x.length; v++) {
      right = Math.max(right, x[v]!);
      bottom = Math.max(bottom, y[v]!);
    }
    this.#columns = (right >> 4) + 1;
    this.#head = new Int32Array(this.#columns * ((bottom >> 4) + 1)).fill(-1);
    this.#after = new Int32Array(x.length);
    for (let v = 0; v < x.length; v++) {
      if (outline.alive[v] === 0) continue;
      const cell = this.#cell(x[v]!, y[v]!);
      this.#after[v] = this.#head[cell]!;
      this.#head[cell] = v;
    }
  }

  #cell(x: number, y: number): number {
    return (y >> 4) * this.#columns + (x >> 4);
  }

  remove(v: number): void {
    const cell = this.#cell(this.#outline.x[v]!, this.#outline.y[v]!);
    if (this.#head[cell] === v) {
      this.#head[cell] = this.#after[v]!;
      return;
    }
    let at = this.#head[cell]!;
    while (this.#after[at] !== v) at = this.#after[at]!;
    this.#after[at] = this.#after[v]!;
  }

  /**
   * True when no vertex but those at the three corners lies in the closed triangle.
   * Two rings, or two stretches of one, may meet at a corner of pixels; they turn away from each other there.
   */
  isFree(a: number, v: number, b: number): boolean {
    const { x, y } = this.#outline;
    const ax = x[a]!;
    const ay = y[a]!;
    const vx = x[v]!;
    const vy = y[v]!;
    const bx = x[b]!;
    const by = y[b]!;
    const sign = Math.sign(turn(ax, ay, vx, vy, bx, by));
    if (sign === 0) return true;
    const left = Math.min(ax, vx, bx) >> 4;
    const right = Math.max(ax, vx, bx) >> 4;
    const top = Math.min(ay, vy, by) >> 4;
    const bottom = Math.max(ay, vy, by) >> 4;
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++)
        for (let w = this.#head[row * this.#columns + column]!; w >= 0; w = this.#after[w]!) {
          if (w === a || w === v || w === b) continue;
          const wx = x[w]!;
          const wy = y[w]!;
          if (
            (wx === vx && wy === vy) ||
            sign * turn(ax, ay, vx, vy, wx, wy) < 0 ||
            sign * turn(vx, vy, bx, by, wx, wy) < 0 ||
            sign * turn(bx, by, ax, ay, wx, wy) < 0
          )
            continue;
          return false;
        }
    return true;
  }
}
