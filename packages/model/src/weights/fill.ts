import { WeightMissingError, type WeightSource, type WeightTensor } from './source.ts';

/**
 * Deterministic weights keyed by parameter name (sam2-model 12.2): every implementation can make the same checkpoint
 * without a file. The values are scaled so that faults show: attention is neither flat nor peaked, masks are not empty,
 * affine parameters are not trivial.
 */
export type FillOptions = {
  /** Bias of the object score: +1 the object is present, −1 it is absent. */
  readonly presence?: 1 | -1;
};

/** FNV-1a, 32 bits. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** u in (−1, 1), exact in float64. */
export function uniform(seed: number, index: number): number {
  let x = (seed + Math.imul(index, 0x9e3779b9)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  x ^= x >>> 16;
  return ((x >>> 8) + 0.5) / 2 ** 23 - 1;
}

/** `count` values scale·u + offset with the seed of `name`; also makes the reference frames (`golden.frame.0` …). */
export function fillValues(name: string, count: number, scale: number, offset = 0): Float32Array {
  const seed = fnv1a(name);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = offset + scale * uniform(seed, i);
  return values;
}

export function fillTensor(name: string, dims: readonly number[], options: FillOptions = {}): Float32Array {
  const { scale, offset } = range(name, dims, options.presence ?? 1);
  return fillValues(
    name,
    dims.reduce((a, b) => a * b, 1),
    scale,
    offset,
  );
}

function range(name: string, dims: readonly number[], presence: number): { scale: number; offset: number } {
  if (name.endsWith('positional_encoding_gaussian_matrix')) return { scale: 1.5, offset: 0 };
  if (name.endsWith('.gamma')) return { scale: 0.25, offset: 0.5 };
  if (dims.length === 1 && name.endsWith('.weight')) return { scale: 0.2, offset: 1 };
  if (name === 'sam_mask_decoder.pred_obj_score_head.layers.2.bias') return { scale: 0.1, offset: 4 * presence };
  if (name === 'maskmem_tpos_enc') return { scale: 2, offset: 0 };
  if (dims.length === 1 && name.endsWith('.bias')) return { scale: 0.1, offset: 0 };
  if (/(token|tokens|embed|point_embeddings\.\d+)\.weight$/.test(name) || !name.endsWith('.weight'))
    return { scale: 0.5, offset: 0 };
  const fanIn = /output_upscaling\.[03]\.weight$/.test(name) ? dims[0]! : dims.slice(1).reduce((a, b) => a * b, 1);
  return { scale: gain(name) * Math.sqrt(3 / fanIn), offset: 0 };
}

function gain(name: string): number {
  if (name.includes('cross_attn_image.k_proj')) return 0.6;
  if (name === 'memory_encoder.out_proj.weight') return 0.4;
  if (name === 'obj_ptr_tpos_proj.weight' || name.startsWith('obj_ptr_proj.layers.2')) return 5;
  if (/attn.*\.(q_proj|k_proj)\.weight$/.test(name) || name.endsWith('attn.qkv.weight')) return 1.4;
  if (/(output_hypernetworks_mlps\.\d+|iou_prediction_head)\.layers\.2\.weight$/.test(name)) return 3;
  return 1;
}

/** A checkpoint of these values for the given names and shapes. A tensor is computed when its data is read. */
export function fillWeights(shapes: ReadonlyMap<string, readonly number[]>, options: FillOptions = {}): WeightSource {
  const presence = options.presence ?? 1;
  const signature = [...shapes].map(([name, dims]) => `${name}:${dims}`).join('\n');
  return {
    id: `fill-${presence > 0 ? 'present' : 'absent'}-${shapes.size}-${fnv1a(signature).toString(16)}`,
    origin: 'the name-keyed fill',
    has: (name) => shapes.has(name),
    get(name): WeightTensor {
      const dims = shapes.get(name);
      if (!dims) throw new WeightMissingError(name, this.origin);
      return {
        dims,
        get data() {
          return fillTensor(name, dims, { presence });
        },
      };
    },
    names: () => shapes.keys(),
  };
}
