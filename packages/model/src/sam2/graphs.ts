import { Graph, type GraphOptions } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import { add } from '../ops/arithmetic.ts';
import { conv } from '../ops/conv.ts';
import type { WeightSource } from '../weights/source.ts';
import { hiera } from './hiera.ts';
import { maskDecoder } from './mask-decoder.ts';
import { buildBank, memoryAttention, memoryAttentionStart } from './memory-attention.ts';
import { memoryEncoder, projectImage } from './memory-encoder.ts';
import { neck } from './neck.ts';
import { Parameters } from './parameters.ts';
import { encodeMask, encodePoints, noMask, noPoints } from './prompt-encoder.ts';
import { type Architecture, checkedArchitecture, gridSides } from './variants.ts';

/**
 * SAM 2 as seven graphs. State (memory bank, choice of frames) stays outside; whatever depends on the image alone is in
 * the image encoder and is shared by all objects of a frame.
 *
 *   image-encoder     pixels → features, skips, and the object-independent starts of the two memory parts
 *   memory-attention  start + bank → features that know the object
 *   track-decoder     features → mask, without prompts (tracked frames)
 *   prompt-decoder    features + points + dense prompt → mask
 *   mask-prompt       mask S × S → dense prompt         logits-prompt  logits L × L → dense prompt
 *   memory-encoder    features + mask → memory tokens
 */
export type PartName = keyof typeof parts;

type Context = { readonly g: Graph; readonly w: Parameters; readonly a: Architecture; readonly N: number };

export const parts = {
  'image-encoder': ({ g, w, a }: Context) => {
    const pixels = g.input('pixels', 'float32', [1, 3, a.imageSize, a.imageSize]);
    const stages = hiera(g, pixels, w.at('image_encoder.trunk'), a);
    const { features, s0, s1 } = neck(g, stages, w, a);
    const start = memoryAttentionStart(g, features, w.at('memory_attention'), a);
    g.output('features', features); // [N, D]
    g.output('s0', s0); // [16·N, D/8]
    g.output('s1', s1); // [4·N, D/4]
    g.output('projected', projectImage(g, features, w.at('memory_encoder'), a)); // [N, D]
    g.output('x', start.x); // [N, D]
    g.output('q', start.q); // [1, N, D]
  },

  'memory-attention': ({ g, w, a, N }: Context) => {
    const { hiddenDim: D, memoryDim: M } = a;
    const start = { x: g.input('x', 'float32', [N, D]), q: g.input('q', 'float32', [1, N, D]) };
    const bank = buildBank(
      g,
      {
        memory: g.input('memory', 'float32', ['frames', N, M]),
        slots: g.input('slots', 'int64', ['frames']),
        pointers: g.input('pointers', 'float32', ['pointers', D]),
        distances: g.input('distances', 'float32', ['pointers']),
        positions: g.input('positions', 'int64', ['tokens']),
      },
      w,
      a,
    );
    g.output('conditioned', memoryAttention(g, start, bank, w.at('memory_attention'), a)); // [N, D]
  },

  'track-decoder': ({ g, w, a, N }: Context) => {
    const prompts = w.at('sam_prompt_encoder');
    const image = add(g, g.input('features', 'float32', [N, a.hiddenDim]), noMask(prompts, a.hiddenDim));
    decode({ g, w, a, N }, image, noPoints(prompts, a.hiddenDim), true);
  },

  'prompt-decoder': ({ g, w, a, N }: Context) => {
    const features = g.input('features', 'float32', [N, a.hiddenDim]);
    const dense = g.input('dense', 'float32', ['places', a.hiddenDim]);
    const points = g.input('points', 'float32', ['points', 2]);
    const labels = g.input('labels', 'int64', ['points']);
    const multimask = g.input('multimask', 'bool', [1]);
    // `dense` has N rows, or one that holds for every place; the sum has N rows either way.
    const image = add(g, features, { ...dense, shape: [1, a.hiddenDim] });
    decode({ g, w, a, N }, image, encodePoints(g, points, labels, w.at('sam_prompt_encoder'), a), multimask);
  },

  'mask-prompt': ({ g, w, a }: Context) => {
    const mask = g.input('mask', 'float32', [1, 1, a.imageSize, a.imageSize]);
    const logits = conv(g, mask, w.conv('mask_downsample', 1, 1, 4), { stride: 4 });
    g.output('dense', encodeMask(g, logits, w.at('sam_prompt_encoder'), a));
  },

  'logits-prompt': ({ g, w, a }: Context) => {
    const L = a.imageSize / 4;
    g.output('dense', encodeMask(g, g.input('logits', 'float32', [1, 1, L, L]), w.at('sam_prompt_encoder'), a));
  },

  'memory-encoder': ({ g, w, a, N }: Context) => {
    const L = a.imageSize / 4;
    const input = {
      projected: g.input('projected', 'float32', [N, a.hiddenDim]),
      low: g.input('low', 'float32', [L, L]),
      binarize: g.input('binarize', 'bool', [1]),
      presence: g.input('presence', 'float32', [1]),
    };
    g.output('memory', memoryEncoder(g, input, w, a)); // [N, M]
  },
} as const satisfies Record<string, (context: Context) => void>;

export const partNames = Object.keys(parts) as PartName[];

export function buildPart(
  part: PartName,
  weights: WeightSource,
  architecture: Architecture,
  options: GraphOptions = {},
): Graph {
  const g = new Graph(`${architecture.name}/${part}`, options);
  const a = checkedArchitecture(architecture);
  parts[part]({ g, w: new Parameters(g, weights), a, N: gridSides(a)[2] ** 2 });
  return g;
}

function decode({ g, w, a, N }: Context, image: Value, sparse: Value, multimask: Value | true): void {
  const s0 = g.input('s0', 'float32', [16 * N, a.hiddenDim / 8]);
  const s1 = g.input('s1', 'float32', [4 * N, a.hiddenDim / 4]);
  const result = maskDecoder(g, { image, s0, s1, sparse, multimask }, w, a);
  g.output('low', result.low);
  g.output('iou', result.iou);
  g.output('ious', result.ious);
  g.output('pointer', result.pointer);
  g.output('presence', result.presence);
}
