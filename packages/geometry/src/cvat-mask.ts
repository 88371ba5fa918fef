import { GeometryError } from './errors.ts';
import { createMask, MAX_PIXELS, type Mask, maskBounds } from './mask.ts';

/**
 * CVAT's `points` of a mask shape: run lengths of the content of the tight box, row by row, background first, then
 * [left, top, right, bottom] with right and bottom inclusive. An empty mask is [1, 0, 0, 0, 0], as CVAT's SDK writes it.
 */
export function maskToCvatPoints(mask: Mask): number[] {
  const bounds = maskBounds(mask);
  if (!bounds) return [1, 0, 0, 0, 0];
  const points: number[] = [];
  let value = 0;
  let run = 0;
  for (let y = bounds.y0; y < bounds.y1; y++)
    for (let x = bounds.x0; x < bounds.x1; x++) {
      if (mask.data[y * mask.width + x] !== value) {
        points.push(run);
        run = 0;
        value ^= 1;
      }
      run++;
    }
  points.push(run, bounds.x0, bounds.y0, bounds.x1 - 1, bounds.y1 - 1);
  return points;
}

/**
 * The mask of CVAT's points in a picture of width × height. The box need not be tight; what lies outside the picture
 * is cut off, as CVAT's own interface does on loading. Throws 'cvat-points', naming the position.
 */
export function maskFromCvatPoints(points: readonly number[], width: number, height: number): Mask {
  const mask = createMask(width, height);
  if (points.length < 5)
    throw bad(`have ${points.length} numbers, but at least 5 are needed: runs, then left, top, right, bottom`);
  const wrong = points.findIndex((value) => !Number.isInteger(value));
  if (wrong >= 0) throw bad(`hold ${points[wrong]} at position ${wrong}, which is not a whole number`);
  const runs = points.length - 4;
  const [left, top, right, bottom] = points.slice(runs) as [number, number, number, number];
  const boxWidth = right - left + 1;
  const boxHeight = bottom - top + 1;
  if (boxWidth < 1 || boxHeight < 1 || boxWidth * boxHeight > MAX_PIXELS)
    throw bad(`end in the box [${left}, ${top}, ${right}, ${bottom}], which is turned inside out or far too large`);
  let at = 0;
  for (let i = 0; i < runs; i++) {
    const run = points[i]!;
    if (run < 0) throw bad(`hold the negative run ${run} at position ${i}`);
    const end = at + run;
    if (end > boxWidth * boxHeight)
      throw bad(`run past the box at position ${i}: ${end} pixels, but the box has ${boxWidth * boxHeight}`);
    if (i % 2 === 1)
      for (let p = at; p < end; p++) {
        const x = left + (p % boxWidth);
        const y = top + Math.floor(p / boxWidth);
        if (x >= 0 && x < width && y >= 0 && y < height) mask.data[y * width + x] = 1;
      }
    at = end;
  }
  if (at !== boxWidth * boxHeight)
    throw bad(
      `hold ${at} pixels in ${runs} runs, but the box [${left}, ${top}, ${right}, ${bottom}] has ${boxWidth * boxHeight}`,
    );
  return mask;
}

function bad(what: string): GeometryError {
  return new GeometryError('cvat-points', `CVAT mask points ${what}.`);
}
