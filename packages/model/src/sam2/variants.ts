/**
 * The shape of a SAM 2 model as data. The eight published checkpoints differ only in their Hiera backbone; everything
 * that smaller models of the same architecture may change is here as a number (sam2-model 1).
 */
export type HieraConfig = {
  /** Channels of the first stage; each further stage doubles them. */
  readonly width: number;
  /** Attention heads of the first stage; each further stage doubles them. */
  readonly heads: number;
  /** Blocks per stage. */
  readonly blocks: readonly [number, number, number, number];
  /** Side of the attention window per stage, in tokens. */
  readonly windows: readonly [number, number, number, number];
  /** Blocks (counted through) that attend over the whole image. */
  readonly globalAttention: readonly number[];
  /** Side of the background position grid, which is enlarged bicubically to the stage-1 grid. */
  readonly backgroundGrid: number;
};

export type Architecture = {
  readonly name: string;
  readonly version: '2.0' | '2.1';
  /** S: the square image side in pixels, a multiple of 32. */
  readonly imageSize: number;
  readonly hiera: HieraConfig;
  /** D */
  readonly hiddenDim: number;
  /** Width of a memory token; divides D. */
  readonly memoryDim: number;
  readonly memoryAttention: { readonly layers: number; readonly hidden: number };
  readonly decoder: {
    readonly layers: number;
    readonly heads: number;
    readonly hidden: number;
    readonly headHidden: number;
  };
  readonly fuser: { readonly layers: number; readonly hidden: number };
  readonly memorySlots: number;
  readonly maxPointers: number;
  /** Advice to the tracker, `memory_presence` in config.json; no graph depends on it. See `Sam2Config`. */
  readonly memoryPresence?: number;
};

const published = {
  imageSize: 1024,
  hiddenDim: 256,
  memoryDim: 64,
  memoryAttention: { layers: 4, hidden: 2048 },
  decoder: { layers: 2, heads: 8, hidden: 2048, headHidden: 256 },
  fuser: { layers: 2, hidden: 1024 },
  memorySlots: 7,
  maxPointers: 16,
} as const;

export const hiera = {
  tiny: {
    width: 96,
    heads: 1,
    blocks: [1, 2, 7, 2],
    windows: [8, 4, 14, 7],
    globalAttention: [5, 7, 9],
    backgroundGrid: 7,
  },
  small: {
    width: 96,
    heads: 1,
    blocks: [1, 2, 11, 2],
    windows: [8, 4, 14, 7],
    globalAttention: [7, 10, 13],
    backgroundGrid: 7,
  },
  'base-plus': {
    width: 112,
    heads: 2,
    blocks: [2, 3, 16, 3],
    windows: [8, 4, 14, 7],
    globalAttention: [12, 16, 20],
    backgroundGrid: 14,
  },
  large: {
    width: 144,
    heads: 2,
    blocks: [2, 6, 36, 4],
    windows: [8, 4, 16, 8],
    globalAttention: [23, 33, 43],
    backgroundGrid: 7,
  },
} as const satisfies Record<string, HieraConfig>;

export type PublishedSize = keyof typeof hiera;

/** One of the eight published configurations, named as on the Hub without the owner: `sam2.1-hiera-tiny`. */
export function publishedArchitecture(size: PublishedSize, version: '2.0' | '2.1' = '2.1'): Architecture {
  return { ...published, name: `sam2${version === '2.1' ? '.1' : ''}-hiera-${size}`, version, hiera: hiera[size] };
}

/** Sides of the token grids: stage 1 (S/4), 2, 3 (G = S/16), 4. */
export function gridSides({ imageSize }: Architecture): readonly [number, number, number, number] {
  return [imageSize / 4, imageSize / 8, imageSize / 16, imageSize / 32];
}

export class ArchitectureError extends Error {
  readonly code = 'model-config';
  constructor(name: string, reason: string) {
    super(`Model "${name}" cannot be built: ${reason}.`);
    this.name = 'ArchitectureError';
  }
}

/** Refuses sizes that the graphs cannot be built for. Returns its argument. */
export function checkedArchitecture(architecture: Architecture): Architecture {
  const { name, imageSize, hiddenDim, memoryDim, decoder, hiera } = architecture;
  const refuse = (reason: string): never => {
    throw new ArchitectureError(name, reason);
  };
  if (!Number.isInteger(imageSize / 32) || imageSize <= 0) refuse(`the image size ${imageSize} is no multiple of 32`);
  if (hiera.width % hiera.heads !== 0) refuse(`${hiera.heads} heads do not divide the width ${hiera.width}`);
  hiera.windows.forEach((window, stage) => {
    if (stage < 3 && window % 2 !== 0) refuse(`the window ${window} of stage ${stage + 1} is odd and cannot be pooled`);
  });
  if (hiddenDim % 16 !== 0) refuse(`the hidden width ${hiddenDim} is no multiple of 16`);
  if (hiddenDim % memoryDim !== 0)
    refuse(`the memory width ${memoryDim} does not divide the hidden width ${hiddenDim}`);
  if (memoryDim % 4 !== 0) refuse(`the memory width ${memoryDim} is no multiple of 4`);
  if ((hiddenDim / 2) % decoder.heads !== 0)
    refuse(`${decoder.heads} decoder heads do not divide half of the hidden width ${hiddenDim}`);
  return architecture;
}
