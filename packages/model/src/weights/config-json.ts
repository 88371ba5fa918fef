import type { Architecture } from '../sam2/variants.ts';
import { WeightFileError } from './errors.ts';
import { FileRanges } from './file-ranges.ts';
import { checkedJson } from './json.ts';

/** What no model comes near: a picture of this size takes 200 MB, and each block is a part of the graph. */
const MAX_IMAGE_SIZE = 4096;
const MAX_BLOCKS = 256;
const MAX_COUNT = 65536;

/** Bytes; that of a model has a few thousand. */
export const MAX_CONFIG = 2 ** 20;

/**
 * Reads the config.json of a transformers `sam2_video` checkpoint. Keys that vary become the architecture; a missing one
 * has the published default (tiny's). Keys that our graphs build in are compared with the one value that they know, so
 * a model that would run wrongly is refused here by the key's name. The version comes from the weights, since flags and
 * weights of a repository have been seen to disagree (sam2-model.md 8.3).
 */
export function readConfigJson(path: string, name: string, version: '2.0' | '2.1'): Architecture {
  const refuse = (reason: string): never => {
    throw new WeightFileError('weight-config', path, `${reason}.`);
  };
  const file = new FileRanges(path);
  if (file.size > MAX_CONFIG) refuse(`it has ${file.size} bytes, a config.json of a model has a few thousand`);
  const json = new Keys(checkedJson(file.bytes(0, file.size), 16, refuse), '', refuse);
  const type = json.value('model_type');
  if (type !== 'sam2_video')
    refuse(
      `its model_type is ${JSON.stringify(type)}, "sam2_video" was expected. The older facebook/sam2-hiera-*-hf ` +
        'repositories and image-only exports cannot track; use facebook/sam2.1-hiera-tiny, -small, -base-plus or -large',
    );

  const vision = json.at('vision_config');
  const trunk = vision.at('backbone_config');
  const decoder = json.at('mask_decoder_config');
  const prompt = json.at('prompt_encoder_config');
  const widths = trunk.counts('embed_dim_per_stage', [96, 192, 384, 768]);
  const heads = trunk.counts('num_attention_heads_per_stage', [1, 2, 4, 8]);
  if (!doubles(widths)) refuse(`embed_dim_per_stage [${widths}] does not double from stage to stage`);
  if (!doubles(heads)) refuse(`num_attention_heads_per_stage [${heads}] does not double from stage to stage`);
  const [rows, columns] = trunk.counts('window_positional_embedding_background_size', [7, 7]);
  if (rows !== columns) refuse('window_positional_embedding_background_size is not square');

  const imageSize = json.count('image_size', 1024, MAX_IMAGE_SIZE);
  const hiddenDim = vision.count('fpn_hidden_size', 256);
  for (const [keys, key] of [
    [json, 'memory_attention_hidden_size'],
    [json, 'memory_encoder_hidden_size'],
    [json, 'memory_fuser_embed_dim'],
    [json, 'mask_downsampler_embed_dim'],
    [decoder, 'hidden_size'],
    [prompt, 'hidden_size'],
  ] as const)
    keys.fixed(key, hiddenDim);
  for (const [keys, key, only] of [
    [prompt, 'image_size', imageSize],
    [prompt, 'patch_size', 16],
    [prompt, 'mask_input_channels', 16],
    [prompt, 'num_point_embeddings', 4],
    [trunk, 'num_query_pool_stages', 3],
    [trunk, 'query_stride', [2, 2]],
    [trunk, 'patch_kernel_size', [7, 7]],
    [trunk, 'patch_stride', [4, 4]],
    [trunk, 'patch_padding', [3, 3]],
    [trunk, 'mlp_ratio', 4],
    [trunk, 'hidden_act', 'gelu'],
    [vision, 'fpn_kernel_size', 1],
    [vision, 'fpn_top_down_levels', [2, 3]],
    [vision, 'num_feature_levels', 3],
    [decoder, 'num_multimask_outputs', 3],
    [decoder, 'attention_downsample_rate', 2],
    [decoder, 'iou_head_depth', 3],
    [json, 'memory_attention_num_attention_heads', 1],
    [json, 'memory_attention_downsample_rate', 1],
    [json, 'memory_attention_feed_forward_hidden_act', 'relu'],
    [json, 'memory_attention_rope_theta', 10000],
    [json.at('rope_parameters'), 'rope_theta', 10000],
    [json, 'mask_downsampler_kernel_size', 3],
    [json, 'mask_downsampler_stride', 2],
    [json, 'mask_downsampler_total_stride', 16],
    [json, 'memory_fuser_kernel_size', 7],
    [json, 'sigmoid_scale_for_mem_enc', 20],
    [json, 'sigmoid_bias_for_mem_enc', -10],
    [json, 'multimask_min_pt_num', 0],
    [json, 'multimask_max_pt_num', 1],
    [json, 'multimask_output_in_sam', true],
    [json, 'multimask_output_for_tracking', true],
  ] as const)
    keys.fixed(key, only);

  return {
    name,
    version,
    imageSize,
    hiera: {
      width: widths[0],
      heads: heads[0],
      blocks: trunk.counts('blocks_per_stage', [1, 2, 7, 2], MAX_BLOCKS),
      windows: trunk.counts('window_size_per_stage', [8, 4, 14, 7]),
      globalAttention: trunk.list('global_attention_blocks', [5, 7, 9]),
      backgroundGrid: rows,
    },
    hiddenDim,
    memoryDim: json.count('memory_encoder_output_channels', 64),
    memoryAttention: {
      layers: json.count('memory_attention_num_layers', 4, MAX_BLOCKS),
      hidden: json.count('memory_attention_feed_forward_hidden_size', 2048),
    },
    decoder: {
      layers: decoder.count('num_hidden_layers', 2, MAX_BLOCKS),
      heads: decoder.count('num_attention_heads', 8),
      hidden: decoder.count('mlp_dim', 2048),
      headHidden: decoder.count('iou_head_hidden_dim', 256),
    },
    fuser: {
      layers: json.count('memory_fuser_num_layers', 2, MAX_BLOCKS),
      hidden: json.count('memory_fuser_intermediate_dim', 1024),
    },
    memorySlots: json.count('num_maskmem', 7),
    maxPointers: json.count('max_object_pointers_in_encoder', 16),
    ...json.advice('memory_presence'),
  };
}

/** One object of the file; complaints name the key with its path. */
class Keys {
  readonly #values: Record<string, unknown>;
  readonly #path: string;
  readonly #refuse: (reason: string) => never;

  constructor(values: Record<string, unknown>, path: string, refuse: (reason: string) => never) {
    this.#values = values;
    this.#path = path;
    this.#refuse = refuse;
  }

  value(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
  }

  at(key: string): Keys {
    const value = this.value(key) ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) return this.#refuse(`${this.#path}${key} is no object`);
    return new Keys(value as Record<string, unknown>, `${this.#path}${key}.`, this.#refuse);
  }

  count(key: string, otherwise: number, most = MAX_COUNT): number {
    const value = this.value(key) ?? otherwise;
    return isCount(value, most) ? value : this.#bad(key, `a whole number of 1 to ${most}`);
  }

  /** As many positive numbers as the default has. */
  counts<const T extends readonly [number, ...number[]]>(
    key: string,
    otherwise: T,
    most = MAX_COUNT,
  ): { [K in keyof T]: number } {
    const value = this.value(key) ?? otherwise;
    if (!Array.isArray(value) || value.length !== otherwise.length || !value.every((each) => isCount(each, most)))
      return this.#bad(key, `a list of ${otherwise.length} whole numbers of 1 to ${most}`);
    return value as unknown as { [K in keyof T]: number };
  }

  list(key: string, otherwise: readonly number[]): readonly number[] {
    const value = this.value(key) ?? otherwise;
    if (!Array.isArray(value) || value.length > 256 || !value.every((v) => v === 0 || isCount(v, MAX_COUNT)))
      return this.#bad(key, 'a list of whole numbers');
    return value;
  }

  /** A key of our own that published files lack: a logit. */
  advice(key: 'memory_presence'): { memoryPresence?: number } {
    const value = this.value(key);
    if (value === undefined) return {};
    if (!(typeof value === 'number' && Math.abs(value) <= 1000)) return this.#bad(key, 'a number of -1000 to 1000');
    return { memoryPresence: value };
  }

  /** A key that may be missing, but must not say anything else. */
  fixed(key: string, only: number | string | boolean | readonly number[]): void {
    const value = this.value(key);
    if (value !== undefined && value !== null && JSON.stringify(value) !== JSON.stringify(only))
      this.#bad(key, `${JSON.stringify(only)}, the only value that this program can run`);
  }

  #bad(key: string, expected: string): never {
    const found = JSON.stringify(this.value(key))?.slice(0, 80);
    return this.#refuse(`${this.#path}${key} is ${found}, expected ${expected}`);
  }
}

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= most;
}

function doubles(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value === 2 * values[i - 1]!);
}
