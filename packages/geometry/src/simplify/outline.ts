import { type MultiPolygon, type Point, type Ring, ringArea } from '../polygon.ts';

/** Rings whose vertices can be moved and taken out: parallel lists, each vertex linked to the next and the one before. */
export type Outline = {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** 1 while the vertex is in its ring. */
  readonly alive: Uint8Array;
  /** Ring of each vertex. */
  readonly ring: Int32Array;
  /** Living vertices of each ring. */
  readonly size: Int32Array;
  /** Twice the signed area of each ring; no change may turn its sign, that is, turn a ring inside out. */
  readonly area: Float64Array;
  /** First vertex and one past the last, by ring, in the order of `rings`. */
  readonly from: Int32Array;
};

/** Rings of a region in one order: each part's outer ring, then its holes. */
export function ringsOf(region: MultiPolygon): Ring[] {
  return region.flatMap((part) => [part.outer, ...part.holes]);
}

export function outlineOf(rings: readonly Ring[]): Outline {
  const total = rings.reduce((sum, ring) => sum + ring.length, 0);
  const outline = {
    x: new Float64Array(total),
    y: new Float64Array(total),
    next: new Int32Array(total),
    previous: new Int32Array(total),
    alive: new Uint8Array(total).fill(1),
    ring: new Int32Array(total),
    size: Int32Array.from(rings, (ring) => ring.length),
    area: Float64Array.from(rings, (ring) => 2 * ringArea(ring)),
    from: new Int32Array(rings.length + 1),
  };
  let at = 0;
  for (const [r, ring] of rings.entries()) {
    outline.from[r] = at;
    for (let i = 0; i < ring.length; i++) {
      outline.x[at + i] = ring[i]![0];
      outline.y[at + i] = ring[i]![1];
      outline.next[at + i] = at + ((i + 1) % ring.length);
      outline.previous[at + i] = at + ((i + ring.length - 1) % ring.length);
      outline.ring[at + i] = r;
    }
    at += ring.length;
  }
  outline.from[rings.length] = at;
  return outline;
}

/** The living vertices of ring `r`, in order. */
export function ringOf(outline: Outline, r: number): Ring {
  const ring: Point[] = [];
  for (let i = outline.from[r]!; i < outline.from[r + 1]!; i++)
    if (outline.alive[i] === 1) ring.push([outline.x[i]!, outline.y[i]!]);
  return ring;
}

/** Takes a vertex out of its ring. */
export function unlink(outline: Outline, v: number): void {
  const a = outline.previous[v]!;
  const b = outline.next[v]!;
  const { x, y } = outline;
  outline.area[outline.ring[v]!]! -= turn(x[a]!, y[a]!, x[v]!, y[v]!, x[b]!, y[b]!);
  outline.next[a] = b;
  outline.previous[b] = a;
  outline.alive[v] = 0;
  outline.size[outline.ring[v]!]!--;
}

/** Puts a vertex at another place. */
export function place(outline: Outline, v: number, x: number, y: number): void {
  const a = outline.previous[v]!;
  const b = outline.next[v]!;
  const ax = outline.x[a]!;
  const ay = outline.y[a]!;
  const bx = outline.x[b]!;
  const by = outline.y[b]!;
  outline.area[outline.ring[v]!]! += turn(ax, ay, x, y, bx, by) - turn(ax, ay, outline.x[v]!, outline.y[v]!, bx, by);
  outline.x[v] = x;
  outline.y[v] = y;
}

/** Twice the signed area of the triangle a, b, c; positive when it turns clockwise as seen. Exact on GRID. */
export function turn(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}
