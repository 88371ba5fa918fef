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
    const ring = follow(pixels, done, stride, at, connectivity).map(
      ([x, y]): Point => [x + bounds.x0 - 1, y + bounds.y0 - 1],
    );
    const part = labels[at]! - 1;
    if (ringArea(ring) > 0) outers[part] = ring;
    else holes[part]!.push(ring);
  }
  return outers.map((outer, part) => ({ outer, holes: holes[part]! }));
}

/**
 * Walks along a ring with the set pixels on the right hand, from the top edge of pixel `start`, and notes the corners.
 * The corner (x, y) lies between the pixels (x − 1, y − 1) and (x, y).
 */
function follow(pixels: Uint8Array, done: Uint8Array, stride: number, start: number, connectivity: 4 | 8): Point[] {
  const ring: Point[] = [];
  let corner = start;
  let heading = 0; // 0 right, 1 down, 2 left, 3 up
  ring.push([corner % stride, Math.floor(corner / stride)]);
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
    if (corner === start && (heading + turn) % 4 === 0) return ring;
    if (turn !== 0) {
      ring.push([corner % stride, Math.floor(corner / stride)]);
      heading = (heading + turn) % 4;
    }
  }
}
