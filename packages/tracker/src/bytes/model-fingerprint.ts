import type { Sam2Model } from '@roto/model';
import { checksum } from './checksum.ts';

/**
 * Names a model well enough to refuse memories of another one: its shape, and a checksum of its absent pointer, which
 * is learned and so differs between checkpoints of one shape. The precision of the arithmetic is not part of it.
 */
export function modelFingerprint(model: Sam2Model): string {
  const { version, imageSize, gridSize, lowSize, hiddenDim, memoryDim, memorySlots, maxPointers } = model.config;
  const shape = [imageSize, gridSize, lowSize, hiddenDim, memoryDim, memorySlots, maxPointers].join('.');
  const { buffer, byteOffset, byteLength } = model.absentPointer;
  const weights = checksum(new Uint8Array(buffer, byteOffset, byteLength))
    .toString(16)
    .padStart(8, '0');
  return `sam${version}/${shape}/${weights}`;
}
