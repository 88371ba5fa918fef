import type { Graph } from '../graph/graph.ts';
import { GraphError, knownDim, type Value } from '../graph/value.ts';

export type Conv = { readonly weight: Value; readonly bias: Value | null };
export type ConvOptions = { readonly stride?: number; readonly pad?: number; readonly groups?: number };

/** [B, Cin, H, W] with weight [Cout, Cin / groups, k, k] → [B, Cout, H', W'], H' = ⌊(H + 2·pad − k)/stride⌋ + 1. */
export function conv(g: Graph, x: Value, { weight, bias }: Conv, options: ConvOptions = {}): Value {
  const { stride = 1, pad = 0, groups = 1 } = options;
  if (x.shape.length !== 4 || weight.shape.length !== 4)
    throw new GraphError('Conv', [x, weight], 'image and kernel need four axes');
  const [batch, channels] = x.shape;
  const [out, perGroup, kernel] = [
    knownDim(weight, 0, 'Conv'),
    knownDim(weight, 1, 'Conv'),
    knownDim(weight, 2, 'Conv'),
  ];
  if (channels !== perGroup * groups)
    throw new GraphError('Conv', [x, weight], `${channels} channels meet a kernel for ${perGroup * groups}`);
  const size = (axis: number) => Math.floor((knownDim(x, axis, 'Conv') + 2 * pad - kernel) / stride) + 1;
  return g.node(
    'Conv',
    bias ? [x, weight, bias] : [x, weight],
    [{ type: x.type, shape: [batch!, out, size(2), size(3)] }],
    {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group: groups,
    },
  )[0]!;
}
