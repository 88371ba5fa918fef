import type { Mask } from '@roto/geometry';
import { resizeAntialiased } from './antialias.ts';

/** Logits of a pixel that a person put inside, or outside: sigmoid(±10) is 1, or 0, to four digits. */
const INSIDE = 10;

/** A mask at model size, [S × S] of 0 and 1: antialiased bilinear, then ≥ 0.5 (sam2-model 7.2 step 1). */
export function maskToModelSize(mask: Mask, size: number): Uint8Array {
  if (mask.width === size && mask.height === size) return mask.data;
  const resized = resizeAntialiased(new Float32Array(mask.data), mask.width, mask.height, size, size);
  const data = new Uint8Array(size * size);
  for (let i = 0; i < data.length; i++) data[i] = resized[i]! >= 0.5 ? 1 : 0;
  return data;
}

/** ±10 logits of a model-size mask, reduced to [L × L], L = S/4, antialiased (sam2-model 7.2 step 2). */
export function maskToLogits(modelMask: Uint8Array, size: number, lowSize: number): Float32Array {
  const logits = new Float32Array(modelMask.length);
  for (let i = 0; i < logits.length; i++) logits[i] = modelMask[i] ? INSIDE : -INSIDE;
  return resizeAntialiased(logits, size, size, lowSize, lowSize);
}
