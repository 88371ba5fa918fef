import { connectedComponents } from './components.ts';
import { type Mask, maskBounds } from './mask.ts';
import { type MultiPolygon, type Point, type Ring, ringArea } from './polygon.ts';

/**
 * The exact outline of a mask along pixel edges: vertices are whole numbers, one at every corner.
 * Outer rings run clockwise as seen, holes the other way. `rasterisePolygon` gives the same mask back.
 *
 * Connectivity says what happens where two pixels meet at a corner only. 4 (default): they are two parts, and no ring
 * crosses itself. 8: they are one part, whose ring passes that corner twice.
 * Parts come in the order of their first pixels, row by row.
 */
export function traceMask(mask: Mask, connectivity: 4 | 8 = 4): MultiPolygon {
  return trace(mask, connectivity, 0);
}

/**
 * The same with connectivity 8, but where two pixels meet at a corner only, the ring's two ways past that corner are a
 * quarter of a pixel to either side of it: no two vertices are in one place, no ring touches itself or another, and so
 * the region is valid in the sense of the OGC (shapely, PostGIS). It still rasterises to the same mask.
 */
export function traceMaskApart(mask: Mask): MultiPolygon {
  return trace(mask, 8, 0.25);
}

function trace(mask: Mask, connectivity: 4 | 8, apart: number): MultiPolygon {
  const bounds = maskBounds(mask);
  if (!bounds) return [];
  // A border of zeros saves every look at the picture's edge.
  const stride = bounds.x1 - bounds.x0 + 2;
  const rows = bounds.y1 - bounds.y0 + 2;
  const pixels = new Uint8Array(stride * rows);
  for (let y = bounds.y0; y < bounds.y1; y++)
    pixels.set(
      mask.data.subarray(y * mask.width + bounds.x0, y * mask.width + bounds.x1),
      (y - bounds.y0 + 1) * stride + 1,
    );
  const { labels, components } = connectedComponents({ width: stride, height: rows, data: pixels }, connectivity);
  const outers: Ring[] = components.map(() => []);
  const holes: Ring[][] = components.map(() => []);
  // Every ring has an edge along the top of a set pixel; one mark per such edge shows which rings are done.
  const done = new Uint8Array(pixels.length);
  for (let at = stride; at < pixels.length; at++) {
    if (pixels[at] === 0 || pixels[at - stride] === 1 || done[at] === 1) continue;
    const ring = follow(pixels, done, stride, at, connectivity, apart).map(
      ([x, y]): Point => [x + bounds.x0 - 1, y + bounds.y0 - 1],
    );
    const part = labels[at]! - 1;
    if (ringArea(ring) > 0) outers[part] = ring;
    else holes[part]!.push(ring);
  }
  return outers.map((outer, part) => ({ outer, holes: holes[part]! }));
}

/** By heading. */
const BEHIND_LEFT = [
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
] as const;

/**
 * Walks along a ring with the set pixels on the right hand, from the top edge of pixel `start`, and notes the corners.
 * The corner (x, y) lies between the pixels (x − 1, y − 1) and (x, y).
 */
function follow(
  pixels: Uint8Array,
  done: Uint8Array,
  stride: number,
  start: number,
  connectivity: 4 | 8,
  apart: number,
): Point[] {
  const ring: Point[] = [];
  let corner = start;
  let heading = 0; // 0 right, 1 down, 2 left, 3 up
  const step = [1, stride, -1, -stride];
  // From a corner and a heading: the pixel ahead on the right hand and on the left hand, as offsets.
  const aheadRight = [0, -1, -1 - stride, -stride];
  const aheadLeft = [-stride, 0, -1, -1 - stride];
  for (;;) {
    if (heading === 0) done[corner] = 1;
    corner += step[heading]!;
    const right = pixels[corner + aheadRight[heading]!]!;
    const left = pixels[corner + aheadLeft[heading]!]!;
    let turn = 0;
    if (right === 0 && (left === 0 || connectivity === 4)) turn = 1;
    else if (left === 1) turn = 3;
    if (turn !== 0) {
      // Where set pixels meet at the corner only, it is left on the side of the unset pixel that is passed, behind on the left.
      const shift = right === 0 && left === 1 ? apart : 0;
      const [dx, dy] = BEHIND_LEFT[heading]!;
      ring.push([(corner % stride) + shift * dx, Math.floor(corner / stride) + shift * dy]);
      heading = (heading + turn) % 4;
    }
    // The start is a corner, and the last that is come to.
    if (corner === start && heading === 0) return [ring.at(-1)!, ...ring.slice(0, -1)];
  }
}
