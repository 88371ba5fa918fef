import type { Architecture } from '../sam2/variants.ts';

/**
 * Every tensor of a checkpoint with its shape, by original name (sam2-model.md 8.2): 471 entries for tiny 2.1. A load is
 * strict against this list. `no_mem_pos_enc` is in it because the files have it, though inference never reads it.
 */
export function inventory(model: Architecture): Map<string, readonly number[]> {
  const D = model.hiddenDim;
  const M = model.memoryDim;
  const tensors = new Map<string, readonly number[]>();
  const free = (name: string, ...dims: number[]) => tensors.set(name, dims);
  const norm = (name: string, width: number) => affine(name, [width], width);
  const linear = (name: string, into: number, from: number) => affine(name, [into, from], into);
  const conv = (name: string, out: number, into: number, side: number) => affine(name, [out, into, side, side], out);
  function affine(name: string, weight: readonly number[], bias: number): void {
    tensors.set(`${name}.weight`, weight);
    tensors.set(`${name}.bias`, [bias]);
  }
  const mlp = (name: string, widths: readonly number[]) => {
    for (let i = 0; i + 1 < widths.length; i++) linear(`${name}.layers.${i}`, widths[i + 1]!, widths[i]!);
  };
  /** q, k, v of `inner` width over queries of `width` and keys of `keyWidth`, then out_proj back to `width`. */
  const attention = (name: string, width: number, inner: number, keyWidth = width) => {
    linear(`${name}.q_proj`, inner, width);
    linear(`${name}.k_proj`, inner, keyWidth);
    linear(`${name}.v_proj`, inner, keyWidth);
    linear(`${name}.out_proj`, width, inner);
  };

  free('maskmem_tpos_enc', model.memorySlots, 1, 1, M);
  free('no_mem_embed', 1, 1, D);
  free('no_mem_pos_enc', 1, 1, D);
  free('no_obj_ptr', 1, D);
  conv('mask_downsample', 1, 1, 4);
  mlp('obj_ptr_proj', [D, D, D, D]);
  if (model.version === '2.1') {
    free('no_obj_embed_spatial', 1, M);
    linear('obj_ptr_tpos_proj', M, D);
  }

  const { blocks, windows, backgroundGrid } = model.hiera;
  const widths = blocks.map((_, stage) => model.hiera.width * 2 ** stage);
  const trunk = 'image_encoder.trunk';
  free(`${trunk}.pos_embed`, 1, widths[0]!, backgroundGrid, backgroundGrid);
  free(`${trunk}.pos_embed_window`, 1, widths[0]!, windows[0], windows[0]);
  conv(`${trunk}.patch_embed.proj`, widths[0]!, 3, 7);
  let i = 0;
  for (const [stage, count] of blocks.entries()) {
    const out = widths[stage]!;
    for (let k = 0; k < count; k++, i++) {
      // The first block of each stage but the first pools its queries and doubles the width.
      const into = k === 0 && stage > 0 ? widths[stage - 1]! : out;
      const block = `${trunk}.blocks.${i}`;
      norm(`${block}.norm1`, into);
      linear(`${block}.attn.qkv`, 3 * out, into);
      linear(`${block}.attn.proj`, out, out);
      norm(`${block}.norm2`, out);
      mlp(`${block}.mlp`, [out, 4 * out, out]);
      if (into !== out) linear(`${block}.proj`, out, into);
    }
  }
  for (const [j, width] of widths.toReversed().entries()) conv(`image_encoder.neck.convs.${j}.conv`, D, width, 1);

  for (let l = 0; l < model.memoryAttention.layers; l++) {
    const layer = `memory_attention.layers.${l}`;
    attention(`${layer}.self_attn`, D, D);
    attention(`${layer}.cross_attn_image`, D, D, M);
    linear(`${layer}.linear1`, model.memoryAttention.hidden, D);
    linear(`${layer}.linear2`, D, model.memoryAttention.hidden);
    for (const k of [1, 2, 3]) norm(`${layer}.norm${k}`, D);
  }
  norm('memory_attention.norm', D);

  // Four stride-2 convolutions, 1 → 4 → 16 → 64 → 256 channels at every size, then 1×1 to the hidden width.
  const downsampler = 'memory_encoder.mask_downsampler.encoder';
  for (const k of [0, 1, 2, 3]) {
    conv(`${downsampler}.${3 * k}`, 4 ** (k + 1), 4 ** k, 3);
    norm(`${downsampler}.${3 * k + 1}`, 4 ** (k + 1));
  }
  conv(`${downsampler}.12`, D, 256, 1);
  conv('memory_encoder.pix_feat_proj', D, D, 1);
  for (let k = 0; k < model.fuser.layers; k++) {
    const layer = `memory_encoder.fuser.layers.${k}`;
    free(`${layer}.gamma`, D);
    conv(`${layer}.dwconv`, D, 1, 7);
    norm(`${layer}.norm`, D);
    linear(`${layer}.pwconv1`, model.fuser.hidden, D);
    linear(`${layer}.pwconv2`, D, model.fuser.hidden);
  }
  conv('memory_encoder.out_proj', M, D, 1);

  const prompt = 'sam_prompt_encoder';
  free(`${prompt}.pe_layer.positional_encoding_gaussian_matrix`, 2, D / 2);
  for (const k of [0, 1, 2, 3]) free(`${prompt}.point_embeddings.${k}.weight`, 1, D);
  free(`${prompt}.not_a_point_embed.weight`, 1, D);
  free(`${prompt}.no_mask_embed.weight`, 1, D);
  conv(`${prompt}.mask_downscaling.0`, 4, 1, 2);
  norm(`${prompt}.mask_downscaling.1`, 4);
  conv(`${prompt}.mask_downscaling.3`, 16, 4, 2);
  norm(`${prompt}.mask_downscaling.4`, 16);
  conv(`${prompt}.mask_downscaling.6`, D, 16, 1);

  const decoder = 'sam_mask_decoder';
  const { layers, hidden, headHidden } = model.decoder;
  // Cross attention works at half the width, in every published model.
  const inner = D / 2;
  for (let l = 0; l < layers; l++) {
    const layer = `${decoder}.transformer.layers.${l}`;
    attention(`${layer}.self_attn`, D, D);
    attention(`${layer}.cross_attn_token_to_image`, D, inner);
    attention(`${layer}.cross_attn_image_to_token`, D, inner);
    mlp(`${layer}.mlp`, [D, hidden, D]);
    for (const k of [1, 2, 3, 4]) norm(`${layer}.norm${k}`, D);
  }
  attention(`${decoder}.transformer.final_attn_token_to_image`, D, inner);
  norm(`${decoder}.transformer.norm_final_attn`, D);
  free(`${decoder}.iou_token.weight`, 1, D);
  free(`${decoder}.obj_score_token.weight`, 1, D);
  free(`${decoder}.mask_tokens.weight`, 4, D);
  // ConvTranspose keeps its weight as [in, out, height, width], so the bias goes with the second dimension.
  affine(`${decoder}.output_upscaling.0`, [D, D / 4, 2, 2], D / 4);
  norm(`${decoder}.output_upscaling.1`, D / 4);
  affine(`${decoder}.output_upscaling.3`, [D / 4, D / 8, 2, 2], D / 8);
  conv(`${decoder}.conv_s0`, D / 8, D, 1);
  conv(`${decoder}.conv_s1`, D / 4, D, 1);
  for (const k of [0, 1, 2, 3]) mlp(`${decoder}.output_hypernetworks_mlps.${k}`, [D, D, D, D / 8]);
  mlp(`${decoder}.iou_prediction_head`, [D, headHidden, headHidden, 4]);
  mlp(`${decoder}.pred_obj_score_head`, [D, D, D, 1]);
  return tensors;
}

/** Trained parameters: all elements but the stored Fourier matrix, a buffer. Tiny 2.1 has 38 962 498. */
export function parameterCount(model: Architecture): number {
  let count = 0;
  for (const [name, dims] of inventory(model))
    if (!name.endsWith('positional_encoding_gaussian_matrix')) count += dims.reduce((product, d) => product * d, 1);
  return count;
}
