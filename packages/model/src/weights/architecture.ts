import type { Sam2Config } from '../contract.ts';

/**
 * Everything that fixes the shapes and the wiring of one SAM 2 (the parts of config.json that vary, see
 * sam2-model.md 1.1–1.3). What no checkpoint varies (patch embed 7×7/4, q-pool 2×2, MLP ratio of the trunk 4, four
 * mask tokens, one attention head in memory attention …) is not here: `readArchitecture` refuses other values.
 */
export type Sam2Architecture = Sam2Config & {
  readonly trunk: {
    /** Width of each of the four stages, fine to coarse: 96, 192, 384, 768. */
    readonly widths: readonly number[];
    readonly heads: readonly number[];
    /** Blocks of each stage; a q-pool block opens every stage but the first. */
    readonly blocks: readonly number[];
    /** Window side of each stage, in tokens. A stage's first block still uses the window of the stage before. */
    readonly windows: readonly number[];
    /** Indices over all blocks that attend without windows. */
    readonly globalBlocks: readonly number[];
    /** Rows and columns of the stored background position map: 7 × 7, base-plus 14 × 14. */
    readonly positionGrid: readonly [number, number];
  };
  readonly memoryAttention: { readonly layers: number; readonly mlpWidth: number };
  readonly memoryEncoder: { readonly fuserLayers: number; readonly fuserWidth: number };
  readonly maskDecoder: {
    readonly layers: number;
    readonly heads: number;
    readonly mlpWidth: number;
    /** Cross attention works at hiddenDim / this. */
    readonly attentionDownsample: number;
    readonly iouHeadWidth: number;
  };
};

export type PublishedSize = 'tiny' | 'small' | 'base-plus' | 'large';

/** What varies between the published sizes. Both versions share it. */
export const publishedTrunks = {
  tiny: trunk(96, 1, [1, 2, 7, 2], [8, 4, 14, 7], [5, 7, 9], 7),
  small: trunk(96, 1, [1, 2, 11, 2], [8, 4, 14, 7], [7, 10, 13], 7),
  'base-plus': trunk(112, 2, [2, 3, 16, 3], [8, 4, 14, 7], [12, 16, 20], 14),
  large: trunk(144, 2, [2, 6, 36, 4], [8, 4, 16, 8], [23, 33, 43], 7),
} as const satisfies Record<PublishedSize, Sam2Architecture['trunk']>;

function trunk(
  width: number,
  heads: number,
  blocks: readonly number[],
  windows: readonly number[],
  globalBlocks: readonly number[],
  grid: number,
): Sam2Architecture['trunk'] {
  const doubled = (first: number) => [first, 2 * first, 4 * first, 8 * first];
  return { widths: doubled(width), heads: doubled(heads), blocks, windows, globalBlocks, positionGrid: [grid, grid] };
}

/** The architecture of a published checkpoint, as facebookresearch/sam2 configures it. */
export function publishedArchitecture(size: PublishedSize, version: '2.0' | '2.1'): Sam2Architecture {
  return {
    name: `sam${version === '2.1' ? '2.1' : '2'}-hiera-${size}`,
    version,
    imageSize: 1024,
    gridSize: 64,
    lowSize: 256,
    hiddenDim: 256,
    memoryDim: 64,
    memorySlots: 7,
    maxPointers: 16,
    trunk: publishedTrunks[size],
    memoryAttention: { layers: 4, mlpWidth: 2048 },
    memoryEncoder: { fuserLayers: 2, fuserWidth: 1024 },
    maskDecoder: { layers: 2, heads: 8, mlpWidth: 2048, attentionDownsample: 2, iouHeadWidth: 256 },
  };
}

/** Blocks that halve the grid and double the width: the first of each stage but the first (1, 3, 10 for tiny). */
export function poolBlocks(blocks: readonly number[]): number[] {
  return blocks.slice(1).map((_, stage) => sum(blocks.slice(0, stage + 1)));
}

/** Stage (0…3) that a block's output belongs to. */
export function stageOfBlock(blocks: readonly number[], index: number): number {
  const stage = blocks.findIndex((_, s) => index < sum(blocks.slice(0, s + 1)));
  if (stage < 0) throw new RangeError(`Block ${index} is past the last of ${sum(blocks)} blocks.`);
  return stage;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
