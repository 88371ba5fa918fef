import type { Architecture } from '../sam2/variants.ts';
import { fillTensor } from './fill.ts';
import { inventory } from './inventory.ts';
import { huggingFaceName, structural } from './names.ts';
import { safetensorsBytes } from './safetensors-write.ts';
import type { WeightTensor } from './source.ts';

/** The smallest complete SAM 2.1 that tests write to disk: about a megabyte, name-keyed values. */
export const miniature: Architecture = {
  name: 'miniature',
  version: '2.1',
  imageSize: 64,
  hiera: {
    width: 16,
    heads: 1,
    blocks: [1, 1, 1, 1],
    windows: [8, 4, 4, 2],
    globalAttention: [2],
    backgroundGrid: 7,
  },
  hiddenDim: 32,
  memoryDim: 16,
  memoryAttention: { layers: 1, hidden: 32 },
  decoder: { layers: 1, heads: 2, hidden: 32, headHidden: 32 },
  fuser: { layers: 1, hidden: 32 },
  memorySlots: 7,
  maxPointers: 16,
};

/** Its tensors under transformers' names: the four point embeddings in one, the Fourier matrix twice. */
export function miniatureTensors(): Map<string, WeightTensor> {
  const tensors = new Map<string, WeightTensor>();
  const D = miniature.hiddenDim;
  for (const [name, dims] of inventory(miniature)) {
    if (structural.points.original.includes(name)) continue;
    tensors.set(huggingFaceName(name)!, { dims, data: fillTensor(name, dims) });
  }
  const rows = structural.points.original.flatMap((name) => [...fillTensor(name, [1, D])]);
  tensors.set(structural.points.huggingFace, { dims: [4, D], data: Float32Array.from(rows) });
  const [first, second] = structural.fourier.huggingFace;
  tensors.set(second, tensors.get(first)!);
  return tensors;
}

export function miniatureFiles(): { readonly config: string; readonly weights: Uint8Array } {
  const { hiera, hiddenDim, decoder } = miniature;
  const config = {
    model_type: 'sam2_video',
    image_size: miniature.imageSize,
    vision_config: {
      fpn_hidden_size: hiddenDim,
      backbone_config: {
        embed_dim_per_stage: [1, 2, 4, 8].map((k) => k * hiera.width),
        num_attention_heads_per_stage: [1, 2, 4, 8].map((k) => k * hiera.heads),
        blocks_per_stage: hiera.blocks,
        window_size_per_stage: hiera.windows,
        global_attention_blocks: hiera.globalAttention,
      },
    },
    mask_decoder_config: {
      hidden_size: hiddenDim,
      num_hidden_layers: decoder.layers,
      num_attention_heads: decoder.heads,
      mlp_dim: decoder.hidden,
      iou_head_hidden_dim: decoder.headHidden,
    },
    prompt_encoder_config: { hidden_size: hiddenDim, image_size: miniature.imageSize },
    memory_attention_num_layers: miniature.memoryAttention.layers,
    memory_attention_feed_forward_hidden_size: miniature.memoryAttention.hidden,
    memory_encoder_output_channels: miniature.memoryDim,
    memory_fuser_num_layers: miniature.fuser.layers,
    memory_fuser_intermediate_dim: miniature.fuser.hidden,
  };
  return { config: JSON.stringify(config, null, 2), weights: safetensorsBytes(miniatureTensors()) };
}
