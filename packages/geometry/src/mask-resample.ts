import type { Box } from './box.ts';
import { createMask, type Mask } from './mask.ts';

/** The part of a mask inside a box. Edges are rounded outwards to whole pixels, then clipped to the mask. */
export function cropMask(mask: Mask, box: Box): Mask {
  const x0 = Math.max(0, Math.floor(box.x0));
  const y0 = Math.max(0, Math.floor(box.y0));
  const x1 = Math.max(x0, Math.min(mask.width, Math.ceil(box.x1)));
  const y1 = Math.max(y0, Math.min(mask.height, Math.ceil(box.y1)));
  const out = createMask(x1 - x0, y1 - y0);
  for (let y = y0; y < y1; y++)
    out.data.set(mask.data.subarray(y * mask.width + x0, y * mask.width + x1), (y - y0) * out.width);
  return out;
}

/**
 * Nearest neighbour by pixel centres: target pixel x reads source pixel floor((x + 0.5) · source / target).
 * That is Pillow's NEAREST and torch's 'nearest-exact'; OpenCV's INTER_NEAREST leaves out the half and so shifts.
 */
export function resizeMask(mask: Mask, width: number, height: number): Mask {
  const out = createMask(width, height);
  if (mask.width === 0 || mask.height === 0) return out;
  const columns = sourceIndex(width, mask.width);
  const rows = sourceIndex(height, mask.height);
  for (let y = 0; y < height; y++) {
    const from = rows[y]! * mask.width;
    for (let x = 0; x < width; x++) out.data[y * width + x] = mask.data[from + columns[x]!]!;
  }
  return out;
}

function sourceIndex(target: number, source: number): Uint32Array {
  // (2x + 1) · source / (2 · target) in whole numbers: a product of floats could fall on the wrong side of a tie.
  return Uint32Array.from({ length: target }, (_, x) =>
    Math.min(source - 1, Math.floor(((2 * x + 1) * source) / (2 * target))),
  );
}
