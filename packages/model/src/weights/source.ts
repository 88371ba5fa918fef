/** One checkpoint tensor, row-major float32. `data` may be a view into a larger buffer and must not be written to. */
export type WeightTensor = { readonly dims: readonly number[]; readonly data: Float32Array };

/**
 * A checkpoint, looked up by the ORIGINAL parameter names of facebookresearch/sam2 (`image_encoder.trunk.pos_embed`,
 * `memory_attention.layers.0.norm1.weight` …), whatever the file's own naming is. Shapes are the original ones too.
 */
export interface WeightSource {
  /**
   * Identity of the content, for instance a checksum of the file, equal in every process and on every machine.
   * Built graphs are cached under it, so a second start asks for `id` and for few tensors: reading should be lazy.
   */
  readonly id: string;
  /** For messages: the file or model id that the weights came from. */
  readonly origin: string;
  has(name: string): boolean;
  /** Throws a `WeightMissingError` when the checkpoint has no such tensor. */
  get(name: string): WeightTensor;
  names(): Iterable<string>;
}

export class WeightMissingError extends Error {
  readonly code = 'weight-missing';
  readonly tensor: string;
  readonly origin: string;
  constructor(tensor: string, origin: string) {
    super(
      `Weight "${tensor}" is missing from ${origin}. Is this a SAM 2 or 2.1 checkpoint, and complete? ` +
        `Image-only exports leave out the memory parts; use a facebook/sam2.1-hiera-* checkpoint.`,
    );
    this.name = 'WeightMissingError';
    this.tensor = tensor;
    this.origin = origin;
  }
}

export class WeightShapeError extends Error {
  readonly code = 'weight-shape';
  readonly tensor: string;
  readonly expected: readonly number[];
  readonly found: readonly number[];
  readonly origin: string;
  constructor(tensor: string, expected: readonly number[], found: readonly number[], origin: string) {
    super(
      `Weight "${tensor}" of ${origin} is [${found}], but the model needs [${expected}]. ` +
        `Does config.json belong to another model size than the weights?`,
    );
    this.name = 'WeightShapeError';
    this.tensor = tensor;
    this.expected = expected;
    this.found = found;
    this.origin = origin;
  }
}
