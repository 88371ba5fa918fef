import { GeometryError } from './errors.ts';
import type { Mask } from './mask.ts';

/** Pixels set in either. Throws 'mask-mismatch' when the sizes differ, as all of this file. */
export function unionMasks(a: Mask, b: Mask): Mask {
  checkSameSize(a, b);
  return { width: a.width, height: a.height, data: a.data.map((v, i) => v | b.data[i]!) };
}

/** Pixels set in both. */
export function intersectMasks(a: Mask, b: Mask): Mask {
  checkSameSize(a, b);
  return { width: a.width, height: a.height, data: a.data.map((v, i) => v & b.data[i]!) };
}

/** Pixels set in `a` and not in `b`. */
export function subtractMasks(a: Mask, b: Mask): Mask {
  checkSameSize(a, b);
  return { width: a.width, height: a.height, data: a.data.map((v, i) => v & (b.data[i]! ^ 1)) };
}

/** Number of pixels set in both and in either, in one pass. */
export function overlap(a: Mask, b: Mask): { intersection: number; union: number } {
  checkSameSize(a, b);
  let intersection = 0;
  let union = 0;
  for (let i = 0; i < a.data.length; i++) {
    intersection += a.data[i]! & b.data[i]!;
    union += a.data[i]! | b.data[i]!;
  }
  return { intersection, union };
}

/** Intersection over union, 0…1; two empty masks agree fully: 1, as in the DAVIS toolkit. */
export function maskIou(a: Mask, b: Mask): number {
  const { intersection, union } = overlap(a, b);
  return union === 0 ? 1 : intersection / union;
}

/** Throws 'mask-mismatch' unless width and height agree. */
export function checkSameSize(a: Mask, b: Mask): void {
  if (a.width !== b.width || a.height !== b.height)
    throw new GeometryError(
      'mask-mismatch',
      `Masks of ${a.width} × ${a.height} and ${b.width} × ${b.height} pixels cannot be compared; resize one first.`,
    );
}
