/**
 * One table between the two published spellings (sam2-model.md 8.3): left as facebookresearch/sam2 names a module or
 * parameter, right as huggingface/transformers' `sam2_video` does. `*` is a number that both sides share, in order;
 * `{a,b}` stands for rows written at once, the k-th on the left with the k-th on the right. A row for a module covers
 * its `.weight` and `.bias`. No tensor is transposed, split or fused, except for the two rows of `structural`.
 */
const table: readonly (readonly [original: string, huggingFace: string])[] = [
  ['maskmem_tpos_enc', 'memory_temporal_positional_encoding'],
  ['no_mem_embed', 'no_memory_embedding'],
  ['no_mem_pos_enc', 'no_memory_positional_encoding'],
  ['no_obj_ptr', 'no_object_pointer'],
  ['no_obj_embed_spatial', 'occlusion_spatial_embedding_parameter'],
  ['mask_downsample', 'mask_downsample'],
  ['obj_ptr_proj.layers.{0,1,2}', 'object_pointer_proj.{proj_in,layers.0,proj_out}'],
  ['obj_ptr_tpos_proj', 'temporal_positional_encoding_projection_layer'],

  ['image_encoder.trunk.{pos_embed,pos_embed_window}', 'vision_encoder.backbone.{pos_embed,pos_embed_window}'],
  ['image_encoder.trunk.patch_embed.proj', 'vision_encoder.backbone.patch_embed.projection'],
  ['image_encoder.trunk.blocks.*.norm{1,2}', 'vision_encoder.backbone.blocks.*.layer_norm{1,2}'],
  ['image_encoder.trunk.blocks.*.attn.{qkv,proj}', 'vision_encoder.backbone.blocks.*.attn.{qkv,proj}'],
  ['image_encoder.trunk.blocks.*.mlp.layers.{0,1}', 'vision_encoder.backbone.blocks.*.mlp.{proj_in,proj_out}'],
  ['image_encoder.trunk.blocks.*.proj', 'vision_encoder.backbone.blocks.*.proj'],
  ['image_encoder.neck.convs.*.conv', 'vision_encoder.neck.convs.*'],

  ['memory_attention.layers.*.self_attn.{q,k,v,out}_proj', 'memory_attention.layers.*.self_attn.{q,k,v,o}_proj'],
  [
    'memory_attention.layers.*.cross_attn_image.{q,k,v,out}_proj',
    'memory_attention.layers.*.cross_attn_image.{q,k,v,o}_proj',
  ],
  ['memory_attention.layers.*.linear{1,2}', 'memory_attention.layers.*.linear{1,2}'],
  ['memory_attention.layers.*.norm{1,2,3}', 'memory_attention.layers.*.layer_norm{1,2,3}'],
  ['memory_attention.norm', 'memory_attention.layer_norm'],

  [
    'memory_encoder.mask_downsampler.encoder.{0,3,6,9,12}',
    'memory_encoder.mask_downsampler.{layers.0.conv,layers.1.conv,layers.2.conv,layers.3.conv,final_conv}',
  ],
  ['memory_encoder.mask_downsampler.encoder.{1,4,7,10}', 'memory_encoder.mask_downsampler.layers.{0,1,2,3}.layer_norm'],
  ['memory_encoder.{pix_feat_proj,out_proj}', 'memory_encoder.{feature_projection,projection}'],
  [
    'memory_encoder.fuser.layers.*.{dwconv,norm,pwconv1,pwconv2,gamma}',
    'memory_encoder.memory_fuser.layers.*.{depthwise_conv,layer_norm,pointwise_conv1,pointwise_conv2,scale}',
  ],

  ['sam_prompt_encoder.{not_a_point_embed,no_mask_embed}', 'prompt_encoder.{not_a_point_embed,no_mask_embed}'],
  [
    'sam_prompt_encoder.mask_downscaling.{0,1,3,4,6}',
    'prompt_encoder.mask_embed.{conv1,layer_norm1,conv2,layer_norm2,conv3}',
  ],

  [
    'sam_mask_decoder.transformer.layers.*.self_attn.{q,k,v,out}_proj',
    'mask_decoder.transformer.layers.*.self_attn.{q,k,v,o}_proj',
  ],
  [
    'sam_mask_decoder.transformer.layers.*.cross_attn_token_to_image.{q,k,v,out}_proj',
    'mask_decoder.transformer.layers.*.cross_attn_token_to_image.{q,k,v,o}_proj',
  ],
  [
    'sam_mask_decoder.transformer.layers.*.cross_attn_image_to_token.{q,k,v,out}_proj',
    'mask_decoder.transformer.layers.*.cross_attn_image_to_token.{q,k,v,o}_proj',
  ],
  [
    'sam_mask_decoder.transformer.layers.*.mlp.layers.{0,1}',
    'mask_decoder.transformer.layers.*.mlp.{proj_in,proj_out}',
  ],
  ['sam_mask_decoder.transformer.layers.*.norm{1,2,3,4}', 'mask_decoder.transformer.layers.*.layer_norm{1,2,3,4}'],
  [
    'sam_mask_decoder.transformer.final_attn_token_to_image.{q,k,v,out}_proj',
    'mask_decoder.transformer.final_attn_token_to_image.{q,k,v,o}_proj',
  ],
  ['sam_mask_decoder.transformer.norm_final_attn', 'mask_decoder.transformer.layer_norm_final_attn'],
  ['sam_mask_decoder.{iou_token,obj_score_token,mask_tokens}', 'mask_decoder.{iou_token,obj_score_token,mask_tokens}'],
  ['sam_mask_decoder.output_upscaling.{0,1,3}', 'mask_decoder.{upscale_conv1,upscale_layer_norm,upscale_conv2}'],
  ['sam_mask_decoder.{conv_s0,conv_s1}', 'mask_decoder.{conv_s0,conv_s1}'],
  [
    'sam_mask_decoder.output_hypernetworks_mlps.*.layers.{0,1,2}',
    'mask_decoder.output_hypernetworks_mlps.*.{proj_in,layers.0,proj_out}',
  ],
  [
    'sam_mask_decoder.{iou_prediction_head,pred_obj_score_head}.layers.0',
    'mask_decoder.{iou_prediction_head,pred_obj_score_head}.proj_in',
  ],
  [
    'sam_mask_decoder.{iou_prediction_head,pred_obj_score_head}.layers.1',
    'mask_decoder.{iou_prediction_head,pred_obj_score_head}.layers.0',
  ],
  [
    'sam_mask_decoder.{iou_prediction_head,pred_obj_score_head}.layers.2',
    'mask_decoder.{iou_prediction_head,pred_obj_score_head}.proj_out',
  ],
];

/** The two changes that are more than a name. */
export const structural = {
  /** [2, D/2], stored twice by transformers with equal values; a file may leave one of them out. */
  fourier: {
    original: 'sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix',
    huggingFace: [
      'shared_image_embedding.positional_embedding',
      'prompt_encoder.shared_embedding.positional_embedding',
    ],
  },
  /** Four [1, D] tensors (negative, positive, box corners) are the rows of one [4, D]. */
  points: {
    original: [0, 1, 2, 3].map((k) => `sam_prompt_encoder.point_embeddings.${k}.weight`),
    huggingFace: 'prompt_encoder.point_embed.weight',
  },
} as const;

type Rule = { readonly match: RegExp; readonly write: (numbers: readonly string[], suffix: string) => string };

const rows = table.flatMap(([left, right]) => spell(left, right));
const toHf = rows.map(([original, hf]) => rule(original, hf));
const toOriginal = rows.map(([original, hf]) => rule(hf, original));

/** transformers' name of an original one; undefined for a name that is in neither table nor `structural`. */
export function huggingFaceName(original: string): string | undefined {
  if (original === structural.fourier.original) return structural.fourier.huggingFace[0];
  if (structural.points.original.includes(original)) return structural.points.huggingFace;
  return translate(toHf, original);
}

/**
 * The original name of a transformers one; undefined for a name that is not of SAM 2. The four point embeddings have no
 * single answer and are undefined too: see `structural.points`.
 */
export function originalName(hf: string): string | undefined {
  if ((structural.fourier.huggingFace as readonly string[]).includes(hf)) return structural.fourier.original;
  return translate(toOriginal, hf);
}

function translate(rules: readonly Rule[], name: string): string | undefined {
  for (const { match, write } of rules) {
    const found = match.exec(name);
    if (found) return write(found.slice(1, -1), found.at(-1) ?? '');
  }
  return undefined;
}

/** Writes out the braces of a row: `a.{x,y}` with `b.{u,v}` gives (a.x, b.u) and (a.y, b.v). */
function spell(left: string, right: string): (readonly [string, string])[] {
  const pick = (text: string) => /^(.*)\{(.*)\}(.*)$/.exec(text);
  const [l, r] = [pick(left), pick(right)];
  if (!l || !r) return [[left, right]];
  const choices = r[2]!.split(',');
  return l[2]!.split(',').map((choice, k) => [l[1]! + choice + l[3]!, r[1]! + choices[k]! + r[3]!] as const);
}

function rule(from: string, to: string): Rule {
  const pattern = from.split('*').map((part) => part.replaceAll('.', '\\.'));
  const pieces = to.split('*');
  return {
    match: new RegExp(`^${pattern.join('(0|[1-9]\\d{0,5})')}(\\.weight|\\.bias)?$`),
    write: (numbers, suffix) => pieces.map((piece, k) => piece + (numbers[k] ?? '')).join('') + suffix,
  };
}
