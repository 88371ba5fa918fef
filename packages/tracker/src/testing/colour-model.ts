import type {
  Decoded,
  DecodeInput,
  ImageFeatures,
  MemoryInput,
  MemoryTokens,
  Recall,
  Sam2Config,
  Sam2Model,
} from '@roto/model';
import { toBfloat16, unpackBfloat16 } from '../bank/bfloat16.ts';

// A whole model in a page, for tests: it follows a region by its mean colour. It keeps every promise of the contract
// (shapes, gating by presence, rounding of memories) and depends on what it is told to remember, so a wrong recall
// changes its masks. Each memory and pointer also carries the blue of the frame's first pixel, by which a test can
// tell which frame it came from.

const CONFIG: Sam2Config = {
  name: 'colour-test',
  version: '2.1',
  imageSize: 64,
  gridSize: 4,
  lowSize: 16,
  hiddenDim: 8,
  memoryDim: 4,
  memorySlots: 7,
  maxPointers: 16,
  memoryPresence: null,
};

/** Blue of pixel (0, 0) in 0…255, as test clips set it: the frame index. */
type ColourFeatures = ImageFeatures & {
  /** [L² × 3] mean colour of each low-resolution cell, normalised units. */
  readonly cells: Float32Array;
  readonly tag: number;
};

export type ColourModel = Sam2Model & {
  /** Every call so far, in order. */
  readonly calls: readonly ColourCall[];
};

export type ColourCall =
  | { readonly kind: 'image'; readonly frame: number }
  | {
      readonly kind: 'decode';
      readonly frame: number;
      readonly features: DecodeInput['features']['kind'];
      readonly points: number;
      readonly mask: 'logits' | 'mask' | null;
      readonly multimask: boolean;
      readonly recall: readonly (readonly [frame: number, slot: number])[];
      readonly pointers: readonly (readonly [frame: number, position: number])[];
    }
  | { readonly kind: 'memory'; readonly frame: number; readonly binarize: boolean };

export type ColourModelOptions = {
  /** Hold every call back for a turn of the event loop, as a real session does. */
  readonly delay?: () => Promise<void>;
  /** Marks another checkpoint of the same shape. */
  readonly absent?: number;
};

export function createColourModel(options: ColourModelOptions = {}): ColourModel {
  const { imageSize: S, lowSize: L, gridSize: G, hiddenDim: D, memoryDim: M } = CONFIG;
  const absentPointer = new Float32Array(D).fill(options.absent ?? -1);
  const calls: ColourCall[] = [];
  const wait = options.delay ?? (() => Promise.resolve());

  return {
    config: CONFIG,
    absentPointer,
    calls,

    async encodeImage(pixels, signal) {
      await wait();
      signal?.throwIfAborted();
      const tag = Math.round((pixels[2 * S * S]! * 0.225 + 0.406) * 255);
      calls.push({ kind: 'image', frame: tag });
      const cells = new Float32Array(L * L * 3);
      const k = S / L;
      for (let c = 0; c < 3; c++)
        for (let y = 0; y < S; y++)
          for (let x = 0; x < S; x++) {
            const cell = (Math.floor(y / k) * L + Math.floor(x / k)) * 3 + c;
            cells[cell] = cells[cell]! + pixels[c * S * S + y * S + x]! / (k * k);
          }
      return { byteLength: cells.byteLength, cells, tag } satisfies ColourFeatures;
    },

    async decode(image, input) {
      await wait();
      const { cells, tag } = image as ColourFeatures;
      const recall = input.features.kind === 'memory' ? input.features.recall : { frames: [], pointers: [] };
      calls.push(describe(tag, input, recall));
      const target = wantedColour(cells, input, recall);
      const low = new Float32Array(L * L);
      for (let i = 0; i < low.length; i++) {
        const far = Math.hypot(...[0, 1, 2].map((c) => cells[i * 3 + c]! - target[c]!));
        const earlier = input.mask?.kind === 'logits' ? input.mask.data[i]! * 0.05 : 0;
        low[i] = 6 - 8 * far + earlier;
      }
      const presence = Math.max(...low) - 1;
      if (presence <= 0) low.fill(-1024);
      const iou = 1 / (1 + Math.exp(-presence));
      const pointer = presence > 0 ? Float32Array.of(...target, tag, 1, presence, 0, 0) : absentPointer;
      return { low, iou, ious: new Float32Array(4).fill(iou), pointer, presence } satisfies Decoded;
    },

    async encodeMemory(image: ImageFeatures, { low, binarize, presence }: MemoryInput): Promise<MemoryTokens> {
      await wait();
      const { cells, tag } = image as ColourFeatures;
      calls.push({ kind: 'memory', frame: tag, binarize });
      const sums = [0, 0, 0];
      let weight = 0;
      for (let i = 0; i < low.length; i++) {
        const inside = binarize ? Number(low[i]! > 0) : 1 / (1 + Math.exp(-low[i]!));
        weight += inside;
        for (let c = 0; c < 3; c++) sums[c]! += inside * cells[i * 3 + c]!;
      }
      const mean = presence > 0 && weight > 0 ? sums.map((sum) => sum / weight) : [0, 0, 0];
      const token = unpackBfloat16(Uint16Array.from([...mean, tag], toBfloat16));
      const tokens = new Float32Array(G * G * M);
      for (let n = 0; n < G * G; n++) tokens.set(token, n * M);
      return { tokens };
    },

    async close() {},
    async [Symbol.asyncDispose]() {},
  };
}

/** Prompted memories count most, recent ones by their slot, pointers by their nearness. */
function wantedColour(cells: Float32Array, input: DecodeInput, recall: Recall): number[] {
  const sums = [0, 0, 0];
  let total = 0;
  const add = (colour: ArrayLike<number>, weight: number) => {
    total += weight;
    for (let c = 0; c < 3; c++) sums[c]! += weight * colour[c]!;
  };
  for (const { tokens, slot } of recall.frames) add(tokens, slot === 6 ? 4 : 1 / (1 + slot));
  for (const { pointer, position } of recall.pointers) add(pointer, 0.1 / (1 + position));
  for (const { x, y, label } of input.points) {
    if (label === 0) continue;
    const cell = Math.min(15, Math.floor(y / 4)) * 16 + Math.min(15, Math.floor(x / 4));
    add(cells.subarray(cell * 3, cell * 3 + 3), 8);
  }
  if (input.mask?.kind === 'mask') {
    const { data } = input.mask;
    for (let i = 0; i < 256; i++) {
      const inside = data[((i >> 4) * 4 + 2) * 64 + (i & 15) * 4 + 2]!;
      if (inside) add(cells.subarray(i * 3, i * 3 + 3), 1);
    }
  }
  return total === 0 ? sums : sums.map((sum) => sum / total);
}

function describe(tag: number, input: DecodeInput, recall: Recall): ColourCall {
  return {
    kind: 'decode',
    frame: tag,
    features: input.features.kind,
    points: input.points.length,
    mask: input.mask?.kind ?? null,
    multimask: input.multimask,
    recall: recall.frames.map(({ tokens, slot }) => [tokens[3]!, slot] as const),
    pointers: recall.pointers.map(({ pointer, position }) => [pointer[3]!, position] as const),
  };
}
