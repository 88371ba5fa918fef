// Multiply-adds of SAM 2's parts, from shapes. 'official' counts the products that the published architecture writes
// down; 'ours' those that remain after the exact identities that our graphs use (values after the softmax, folded
// projections, layer-0 self-attention once per frame). A share of the machine's peak is computed from 'ours'.
import type { Architecture } from '@roto/model';
import type { Part } from './reference-process.ts';

export type Operations = Readonly<Record<Part, number>>;

/** Of one frame (encoder) and of one object on it (the rest), F remembered frames and P pointers, no prompt. */
export function officialOperations(a: Architecture, F: number, P: number): Operations {
  const { hiddenDim: D, memoryDim: M, memoryAttention } = a;
  const N = (a.imageSize / 16) ** 2;
  const T = F * N + (P * D) / M;
  const self = 4 * N * D * D + 2 * N * N * D;
  const cross = 2 * N * D * D + 2 * T * M * D + 2 * N * T * D;
  const forward = 2 * N * D * memoryAttention.hidden;
  return {
    encoder: trunk(a, false) + neck(a, false),
    attention: memoryAttention.layers * (self + cross + forward),
    decoder: decoder(a),
    memoryEncoder: memoryEncoder(a) + N * D * D,
  };
}

export function ourOperations(a: Architecture, F: number, P: number): Operations {
  const { hiddenDim: D, memoryDim: M, memoryAttention } = a;
  const N = (a.imageSize / 16) ** 2;
  const T = F * N + (P * D) / M;
  const self = 3 * N * D * D + 2 * N * N * D; // q, k, and values folded with the output projection
  const queries = N * D * D;
  const read = T * M * D + N * T * D + N * T * M + N * M * D; // keys, scores, 64-wide values, folded projection
  const forward = 2 * N * D * memoryAttention.hidden;
  const { layers } = memoryAttention;
  return {
    // With layer 0's self-attention and queries, and the projection that the memory encoder starts from.
    encoder: trunk(a, true) + neck(a, true) + self + queries + N * D * D,
    attention: layers * (read + forward) + (layers - 1) * (self + queries),
    decoder: decoder(a),
    memoryEncoder: memoryEncoder(a),
  };
}

/** Hiera. `bare`: qkv and proj are not computed for padding. */
function trunk({ hiera, imageSize }: Architecture, bare: boolean): number {
  const { width, blocks, windows, globalAttention } = hiera;
  let side = imageSize / 4;
  let total = side ** 2 * 49 * 3 * width; // 7 × 7 patches
  let block = 0;
  let from = width;
  for (const [stage, count] of blocks.entries())
    for (let k = 0; k < count; k++, block++) {
      const pooled = stage > 0 && k === 0;
      const to = width * 2 ** stage;
      const window = windows[pooled ? stage - 1 : stage]!;
      const padded = globalAttention.includes(block) ? side : Math.ceil(side / window) * window;
      const keys = globalAttention.includes(block) ? side ** 2 : window ** 2;
      const out = pooled ? side / 2 : side;
      const queries = pooled ? (padded / 2) ** 2 : padded ** 2;
      total += (bare ? side : padded) ** 2 * from * 3 * to;
      total += 2 * queries * keys * to;
      total += (bare ? out ** 2 : queries) * to ** 2;
      total += 8 * out ** 2 * to ** 2;
      if (pooled) total += side ** 2 * from * to;
      [side, from] = [out, to];
    }
  return total;
}

/** Laterals, conv_s0, conv_s1. `folded`: each skip level is one product to its final width. */
function neck({ hiera, imageSize, hiddenDim: D }: Architecture, folded: boolean): number {
  const places = (stage: number) => (imageSize / 2 ** (stage + 2)) ** 2;
  const lateral = (stage: number, to: number) => places(stage) * hiera.width * 2 ** stage * to;
  const coarse = lateral(3, D) + lateral(2, D);
  if (folded) return coarse + lateral(1, D / 4) + lateral(0, D / 8);
  return coarse + lateral(1, D) + lateral(0, D) + places(1) * D * (D / 4) + places(0) * D * (D / 8);
}

/** Two-way transformer, upscaling, one mask, with 8 tokens; the heads' few products are left out. */
function decoder({ hiddenDim: D, imageSize, decoder: { layers } }: Architecture): number {
  const N = (imageSize / 16) ** 2;
  const tokens = 8;
  const half = D / 2;
  const tokenToImage = 2 * N * D * half + 2 * tokens * D * half + 2 * tokens * N * half;
  const imageToToken = 2 * N * D * half + 2 * tokens * D * half + 2 * tokens * N * half;
  const upscaling = N * D * (D / 4) * 4 + 4 * N * (D / 4) * (D / 8) * 4;
  return layers * (tokenToImage + imageToToken) + tokenToImage + upscaling + 16 * N * (D / 8);
}

/** Without the projection of the image feature. */
function memoryEncoder({ hiddenDim: D, memoryDim: M, imageSize: S, fuser }: Architecture): number {
  const N = (S / 16) ** 2;
  const widths = [1, 4, 16, 64, 256];
  const masks = [1, 2, 3, 4].reduce((sum, k) => sum + (S / 2 ** k) ** 2 * 9 * widths[k - 1]! * widths[k]!, 0);
  return masks + N * 256 * D + fuser.layers * N * D * (2 * fuser.hidden + 49) + N * D * M;
}
