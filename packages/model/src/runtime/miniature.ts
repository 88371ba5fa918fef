import type { Architecture } from '../sam2/variants.ts';

/** A SAM 2.1 small enough to build and run in a test within a tenth of a second. */
export const miniature: Architecture = {
  name: 'miniature',
  version: '2.1',
  imageSize: 64,
  hiera: { width: 16, heads: 1, blocks: [1, 2, 2, 1], windows: [8, 4, 6, 3], globalAttention: [3], backgroundGrid: 7 },
  hiddenDim: 32,
  memoryDim: 16,
  memoryAttention: { layers: 2, hidden: 48 },
  decoder: { layers: 2, heads: 4, hidden: 48, headHidden: 32 },
  fuser: { layers: 2, hidden: 48 },
  memorySlots: 7,
  maxPointers: 16,
};
