import type { MultiPolygon, Point, Ring } from './polygon.ts';
import { edgesMeet } from './simplify/edges.ts';

/** Pairs of vertices that are tried for a ring before the next ring is. */
const MOST_TRIES = 200;

type Node = { x: number; y: number; next: Node; previous: Node };
type Link = { readonly distance: number; readonly from: Node; readonly to: Node };

/**
 * One ring for a region with holes and several parts, joined by bridges of `width` pixels at most: where the rings of the
 * region touch neither themselves nor one another (`simplifyMask` makes them so), the ring touches itself nowhere and is
 * a valid polygon. Pixels whose centres lie in a bridge change: at a sixty-fourth about one on sixty of its length.
 * `joinRings` makes bridges without width, which change no pixel, but which readers that ask for validity refuse.
 */
export function joinRingsNarrowly(region: MultiPolygon, width = 1 / 64): Ring {
  const rings = region.flatMap((part) => [part.outer, ...part.holes]).map(linked);
  const [joined, ...left] = rings;
  if (!joined) return [];
  const best = left.map((ring): Link => nearest(joined, ring));
  while (left.length > 0) {
    const order = best.map((link, r) => ({ link, r })).sort((a, b) => a.link.distance - b.link.distance);
    const all = [joined, ...left];
    const bridge = (link: Link, r: number, isStrict: boolean): { link: Link; r: number; ends: Ends } | undefined => {
      if (isStrict && (meetsCentre(link, width) || isCrowded(link.from) || isCrowded(link.to))) return undefined;
      const ends = endsOf(link, all, width / 2);
      return ends && { link, r, ends };
    };
    // A bridge over the centre of a pixel would change it, and one beside another is still narrower: others come first.
    const found =
      firstOf(order, ({ link, r }) => bridge(link, r, true)) ??
      firstOf(order, ({ r }) => firstOf(linksOf(joined, left[r]!), (link) => bridge(link, r, true))) ??
      firstOf(order, ({ link, r }) => bridge(link, r, false)) ??
      firstOf(order, ({ r }) => firstOf(linksOf(joined, left[r]!), (link) => bridge(link, r, false)));
    // No vertex of any ring is seen from the joined ones: what is left out is what cannot be joined.
    if (!found) break;
    const added = nodesOf(left[found.r]!);
    const more = join(found.link, found.ends);
    left.splice(found.r, 1);
    best.splice(found.r, 1);
    for (const [r, ring] of left.entries())
      for (const node of [...added, ...more]) {
        const link = nearestTo(node, ring);
        if (link.distance < best[r]!.distance) best[r] = link;
      }
  }
  return nodesOf(joined).map(({ x, y }): Point => [x, y]);
}

function linked(ring: Ring): Node {
  const nodes = ring.map(([x, y]) => ({ x, y }) as Node);
  for (const [i, node] of nodes.entries()) {
    node.next = nodes[(i + 1) % nodes.length]!;
    node.previous = nodes[(i + nodes.length - 1) % nodes.length]!;
  }
  return nodes[0]!;
}

function nodesOf(first: Node): Node[] {
  const nodes = [first];
  for (let node = first.next; node !== first; node = node.next) nodes.push(node);
  return nodes;
}

function nearest(joined: Node, ring: Node): Link {
  return nodesOf(joined)
    .map((node) => nearestTo(node, ring))
    .reduce((best, link) => (link.distance < best.distance ? link : best));
}

function nearestTo(from: Node, ring: Node): Link {
  let best: Link = { distance: squared(from, ring), from, to: ring };
  for (let to = ring.next; to !== ring; to = to.next) {
    const distance = squared(from, to);
    if (distance < best.distance) best = { distance, from, to };
  }
  return best;
}

function linksOf(joined: Node, ring: Node): Link[] {
  const others = nodesOf(ring);
  return nodesOf(joined)
    .flatMap((from) => others.map((to) => ({ distance: squared(from, to), from, to })))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST_TRIES);
}

/** The four corners of a bridge: before and after `from`, after and before `to`. */
type Ends = readonly [before: Point, after: Point, toAfter: Point, toBefore: Point];

/** The corners, if there are some with which neither side of the bridge meets an edge. */
function endsOf({ from, to }: Link, rings: readonly Node[], reach: number): Ends | undefined {
  // Beside a sharp corner that is come to from its side, only one of the two edges is free: the vertex itself is the other end.
  for (const [before, after] of cornersOf(from, reach))
    for (const [toBefore, toAfter] of cornersOf(to, reach)) {
      const ends: Ends = [before, after, toAfter, toBefore];
      if (isFree({ from, to }, ends, rings)) return ends;
    }
  return undefined;
}

function cornersOf(node: Node, reach: number): (readonly [before: Point, after: Point])[] {
  const before = along(node, node.previous, reach);
  const after = along(node, node.next, reach);
  const at: Point = [node.x, node.y];
  return [
    [before, after],
    [at, after],
    [before, at],
  ];
}

function isFree({ from, to }: { from: Node; to: Node }, ends: Ends, rings: readonly Node[]): boolean {
  const [before, after, toAfter, toBefore] = ends;
  const meets = (p: Point, q: Point, a: Point, b: Point): boolean => edgesMeet(...p, ...q, ...a, ...b);
  if (meets(before, toAfter, toBefore, after)) return false;
  const sides = [
    [before, toAfter],
    [toBefore, after],
  ] as const;
  for (const [p, q] of sides) {
    const left = Math.min(p[0], q[0]);
    const right = Math.max(p[0], q[0]);
    const top = Math.min(p[1], q[1]);
    const bottom = Math.max(p[1], q[1]);
    for (const ring of rings) {
      let node = ring;
      do {
        const { x, y, next } = node;
        const isApart =
          (x < left && next.x < left) ||
          (x > right && next.x > right) ||
          (y < top && next.y < top) ||
          (y > bottom && next.y > bottom);
        if (!isApart) {
          // Edges at the two vertices end where the bridge begins.
          const a: Point = node === from ? after : node === to ? toAfter : [x, y];
          const b: Point = next === from ? before : next === to ? toBefore : [next.x, next.y];
          if (meets(p, q, a, b)) return false;
        }
        node = next;
      } while (node !== ring);
    }
  }
  return true;
}

/** The point on the edge that is `reach` pixels from its first vertex; less on a short edge. */
function along(node: Node, other: Node, reach: number): Point {
  const length = Math.hypot(other.x - node.x, other.y - node.y);
  const share = Math.min(reach / length, 0.25);
  return [node.x + share * (other.x - node.x), node.y + share * (other.y - node.y)];
}

/** Joins two rings; returns the two vertices that are new. */
function join({ from, to }: Link, [before, after, toAfter, toBefore]: Ends): Node[] {
  const behind = { x: after[0], y: after[1], next: from.next } as Node;
  const ahead = { x: toBefore[0], y: toBefore[1], previous: to.previous } as Node;
  from.next.previous = behind;
  to.previous.next = ahead;
  [from.x, from.y] = before;
  [to.x, to.y] = toAfter;
  from.next = to;
  to.previous = from;
  ahead.next = behind;
  behind.previous = ahead;
  return [behind, ahead];
}

/** Whether another bridge ends here: the region's own edges are a quarter of a pixel or longer. */
function isCrowded({ x, y, next, previous }: Node): boolean {
  return Math.hypot(next.x - x, next.y - y) < 0.2 || Math.hypot(previous.x - x, previous.y - y) < 0.2;
}

/** Whether a bridge of this width may hold the centre of a pixel. */
function meetsCentre({ from, to }: Link, width: number): boolean {
  const isNear = (value: number): boolean => Math.abs(value - 0.5 - Math.round(value - 0.5)) < 2 * width;
  const [ax, ay, bx, by] = [from.x, from.y, to.x, to.y];
  if (Math.abs(by - ay) < width) return isNear(ay) && Math.floor(ax + 0.5) !== Math.floor(bx + 0.5);
  const first = Math.ceil(Math.min(ay, by) - 0.5);
  for (let row = first; row + 0.5 <= Math.max(ay, by); row++)
    if (isNear(ax + ((row + 0.5 - ay) / (by - ay)) * (bx - ax))) return true;
  return false;
}

function firstOf<T, R>(list: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const found = find(item);
    if (found) return found;
  }
  return undefined;
}

function squared(a: Node, b: Node): number {
  return (a.x - b.x) ** 2 + (a.y - b.y) ** 2;
}
