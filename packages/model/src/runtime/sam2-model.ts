import type { Tensor } from 'onnxruntime-node';
import type {
  Decoded,
  DecodeInput,
  ImageFeatures,
  MemoryInput,
  MemoryTokens,
  Recall,
  Sam2Config,
  Sam2Model,
} from '../contract.ts';
import type { Precision } from '../graph/graph.ts';
import type { PartName } from '../sam2/graphs.ts';
import { type Architecture, gridSides } from '../sam2/variants.ts';
import { roundToBfloat16 } from './bfloat16.ts';
import { boolTensor, type Feeds, floats, floatTensor, intTensor, type Session } from './session.ts';

/** @internal Leads to types of ONNX Runtime, which declare what only browsers have. */
export type Parts = {
  /** Opens a graph on first use. */
  session(part: PartName): Promise<Session>;
  close(): Promise<void>;
};

/** The few weights that the host needs. */
export type HostWeights = {
  readonly noObjectPointer: Float32Array;
  /** no_mem_embed [D] */
  readonly noMemory: Float32Array;
  /** no_mask_embed [D] */
  readonly noMask: Float32Array;
};

/** A call that the model cannot serve: wrong sizes, features of another model, or a closed model. */
export class ModelInputError extends Error {
  readonly code = 'model-input';
  constructor(message: string) {
    super(message);
    this.name = 'ModelInputError';
  }
}

/** What the image encoder wrote, kept as tensors. */
class Features implements ImageFeatures {
  readonly owner: Sam2;
  readonly tensors: Feeds;
  /** f + no_mem_embed [N, D], made when a first click asks for it. */
  withoutMemory: Tensor | null = null;

  constructor(owner: Sam2, tensors: Feeds) {
    this.owner = owner;
    this.tensors = tensors;
  }

  get byteLength(): number {
    return Object.values(this.tensors).reduce((bytes, tensor) => bytes + tensor.size * 4, 0);
  }

  at(name: string): Tensor {
    return this.tensors[name]!;
  }
}

/** SAM 2 on ONNX Runtime sessions: `Sam2Model` of ../contract.ts. Calls run one after the other. */
export class Sam2 implements Sam2Model {
  readonly config: Sam2Config;
  /** Of the arithmetic, which is not always the one that was asked for. */
  readonly precision: Precision;
  readonly absentPointer: Float32Array;
  readonly #parts: Parts;
  readonly #host: HostWeights;
  readonly #tokens: number;
  #closed = false;

  /** @internal Models are opened by `openSam2`. */
  constructor(architecture: Architecture, precision: Precision, parts: Parts, host: HostWeights) {
    const { name, version, imageSize, hiddenDim, memoryDim, memorySlots, maxPointers } = architecture;
    const [lowSize, , gridSize] = gridSides(architecture);
    const memoryPresence = architecture.memoryPresence ?? null;
    const sizes = { imageSize, gridSize, lowSize, hiddenDim, memoryDim, memorySlots, maxPointers };
    this.config = { name, version, ...sizes, memoryPresence };
    this.precision = precision;
    this.absentPointer = host.noObjectPointer;
    this.#parts = parts;
    this.#host = host;
    this.#tokens = gridSize * gridSize;
  }

  async encodeImage(pixels: Float32Array, signal?: AbortSignal): Promise<ImageFeatures> {
    signal?.throwIfAborted();
    const { imageSize } = this.config;
    this.#expect('pixels', pixels, 3 * imageSize ** 2);
    const outputs = await this.#run('image-encoder', { pixels: floatTensor(pixels, [1, 3, imageSize, imageSize]) });
    signal?.throwIfAborted();
    return new Features(this, outputs);
  }

  async decode(image: ImageFeatures, input: DecodeInput): Promise<Decoded> {
    const features = this.#own(image);
    const source = await this.#source(features, input.features);
    const skips = { s0: features.at('s0'), s1: features.at('s1') };
    const plain = input.points.length === 0 && !input.mask && input.multimask;
    const outputs = plain
      ? await this.#run('track-decoder', { features: source, ...skips })
      : await this.#run('prompt-decoder', { features: source, ...skips, ...(await this.#prompts(input)) });
    return {
      low: floats(outputs.low!),
      iou: floats(outputs.iou!)[0]!,
      ious: floats(outputs.ious!),
      pointer: floats(outputs.pointer!),
      presence: floats(outputs.presence!)[0]!,
    };
  }

  async encodeMemory(image: ImageFeatures, input: MemoryInput): Promise<MemoryTokens> {
    const features = this.#own(image);
    const { lowSize } = this.config;
    this.#expect('low', input.low, lowSize ** 2);
    const outputs = await this.#run('memory-encoder', {
      projected: features.at('projected'),
      low: floatTensor(input.low, [lowSize, lowSize]),
      binarize: boolTensor(input.binarize),
      presence: floatTensor(Float32Array.of(input.presence), [1]),
    });
    return { tokens: roundToBfloat16(floats(outputs.memory!)) };
  }

  /** Memory attention alone: features that know the object, [N × D]. For comparisons; `decode` does it by itself. */
  async attend(image: ImageFeatures, recall: Recall): Promise<Float32Array> {
    return floats(await this.#attend(this.#own(image), recall));
  }

  /** The tensors of an encoded image by the names of the image encoder's outputs. For comparisons. */
  inspect(image: ImageFeatures): Readonly<Record<string, Float32Array>> {
    return Object.fromEntries(Object.entries(this.#own(image).tensors).map(([name, tensor]) => [name, floats(tensor)]));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#parts.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #source(features: Features, kind: DecodeInput['features']): Promise<Tensor> {
    switch (kind.kind) {
      case 'raw':
        return features.at('features');
      case 'memory':
        return this.#attend(features, kind.recall);
      case 'no-memory':
        features.withoutMemory ??= addRow(features.at('features'), this.#host.noMemory);
        return features.withoutMemory;
    }
  }

  async #attend(features: Features, { frames, pointers }: Recall): Promise<Tensor> {
    const { hiddenDim: D, memoryDim: M, memorySlots } = this.config;
    const N = this.#tokens;
    if (frames.length === 0) throw new ModelInputError('Memory attention needs at least one remembered frame.');
    const memory = new Float32Array(frames.length * N * M);
    for (const [i, frame] of frames.entries()) {
      this.#expect(`memory of frame ${i}`, frame.tokens, N * M);
      if (!(frame.slot >= 0 && frame.slot < memorySlots))
        throw new ModelInputError(`Memory slot ${frame.slot} is not within 0 to ${memorySlots - 1}.`);
      memory.set(frame.tokens, i * N * M);
    }
    const pointerRows = new Float32Array(pointers.length * D);
    for (const [i, { pointer }] of pointers.entries()) {
      this.#expect(`pointer ${i}`, pointer, D);
      pointerRows.set(pointer, i * D);
    }
    const tokens = frames.length * N + (pointers.length * D) / M;
    // Tokens of frames turn with their place in the grid; those of pointers read the last row, which does not turn.
    const positions = new BigInt64Array(tokens).fill(BigInt(N));
    for (let i = 0; i < frames.length * N; i++) positions[i] = BigInt(i % N);
    const outputs = await this.#run('memory-attention', {
      x: features.at('x'),
      q: features.at('q'),
      memory: floatTensor(memory, [frames.length, N, M]),
      slots: intTensor(
        frames.map((frame) => frame.slot),
        [frames.length],
      ),
      pointers: floatTensor(pointerRows, [pointers.length, D]),
      distances: floatTensor(
        Float32Array.from(pointers, (pointer) => pointer.position),
        [pointers.length],
      ),
      positions: intTensor(positions, [tokens]),
    });
    return outputs.conditioned!;
  }

  async #prompts({ points, mask, multimask }: DecodeInput): Promise<Feeds> {
    // As in the original: no point at all is replaced by one without place, and one such point is always appended.
    const places = new Float32Array((Math.max(points.length, 1) + 1) * 2);
    const labels = new Array<number>(places.length / 2).fill(-1);
    for (const [i, point] of points.entries()) {
      places.set([point.x, point.y], 2 * i);
      labels[i] = point.label;
    }
    return {
      points: floatTensor(places, [labels.length, 2]),
      labels: intTensor(labels, [labels.length]),
      multimask: boolTensor(multimask),
      dense: await this.#dense(mask),
    };
  }

  async #dense(mask: DecodeInput['mask']): Promise<Tensor> {
    const { imageSize, lowSize, hiddenDim } = this.config;
    switch (mask?.kind) {
      case undefined:
        return floatTensor(this.#host.noMask, [1, hiddenDim]);
      case 'logits': {
        this.#expect('mask logits', mask.data, lowSize ** 2);
        const logits = floatTensor(mask.data, [1, 1, lowSize, lowSize]);
        return (await this.#run('logits-prompt', { logits })).dense!;
      }
      case 'mask': {
        this.#expect('mask', mask.data, imageSize ** 2);
        const pixels = floatTensor(Float32Array.from(mask.data), [1, 1, imageSize, imageSize]);
        return (await this.#run('mask-prompt', { mask: pixels })).dense!;
      }
    }
  }

  async #run(part: PartName, feeds: Feeds): Promise<Feeds> {
    if (this.#closed) throw new ModelInputError(`The model "${this.config.name}" is closed.`);
    const session = await this.#parts.session(part);
    return session.run(feeds);
  }

  #own(image: ImageFeatures): Features {
    if (image instanceof Features && image.owner === this) return image;
    throw new ModelInputError(`These image features were not encoded by this model ("${this.config.name}").`);
  }

  #expect(what: string, data: { readonly length: number }, length: number): void {
    if (data.length !== length)
      throw new ModelInputError(
        `${what} has ${data.length} elements, but "${this.config.name}" (image size ${this.config.imageSize}) needs ${length}.`,
      );
  }
}

/** Adds one row to every row of a matrix. */
function addRow(matrix: Tensor, row: Float32Array): Tensor {
  const data = floats(matrix);
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += row.length)
    for (let c = 0; c < row.length; c++) result[i + c] = data[i + c]! + row[c]!;
  return floatTensor(result, matrix.dims);
}
