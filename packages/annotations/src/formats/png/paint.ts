import { type Box, type Mask, maskBounds } from '@roto/geometry';

/** A mask and the value of its pixels. */
export type Layer = { readonly value: number; readonly zOrder: number; readonly mask: Mask };

/**
 * One value for each pixel, 0 where no mask is: formats of this kind can hold one object on a pixel only. A higher
 * z-order lies on top, among equals the smaller mask (what is small is more often in front, and would vanish under
 * the large one), then the lower value.
 */
export function paint<T extends Uint8Array | Uint16Array>(values: T, layers: readonly Layer[]): T {
  const ordered = layers
    .map((layer) => ({ ...layer, ...boundsAndArea(layer.mask) }))
    .sort((a, b) => a.zOrder - b.zOrder || b.area - a.area || b.value - a.value);
  for (const { value, mask, bounds } of ordered)
    for (let y = bounds.y0; y < bounds.y1; y++)
      for (let i = y * mask.width + bounds.x0; i < y * mask.width + bounds.x1; i++)
        if (mask.data[i] === 1) values[i] = value;
  return values;
}

function boundsAndArea(mask: Mask): { bounds: Box; area: number } {
  const bounds = maskBounds(mask) ?? { x0: 0, y0: 0, x1: 0, y1: 0 };
  let area = 0;
  for (let y = bounds.y0; y < bounds.y1; y++)
    for (let i = y * mask.width + bounds.x0; i < y * mask.width + bounds.x1; i++) area += mask.data[i]!;
  return { bounds, area };
}

/** CVAT's points of the mask of every value but 0. */
export function maskPointsOf(values: ArrayLike<number>, width: number): Map<number, number[]> {
  const boxes = new Map<number, { left: number; top: number; right: number; bottom: number }>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === 0) continue;
    const x = i % width;
    const y = (i - x) / width;
    const box = boxes.get(value);
    if (!box) boxes.set(value, { left: x, top: y, right: x, bottom: y });
    else {
      if (x < box.left) box.left = x;
      if (x > box.right) box.right = x;
      box.bottom = y;
    }
  }
  const points = new Map<number, number[]>();
  for (const [value, { left, top, right, bottom }] of boxes) {
    const runs: number[] = [];
    let isSet = false;
    let run = 0;
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        if ((values[y * width + x] === value) !== isSet) {
          runs.push(run);
          run = 0;
          isSet = !isSet;
        }
        run++;
      }
    points.set(value, [...runs, run, left, top, right, bottom]);
  }
  return points;
}
