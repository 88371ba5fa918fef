// Checkpoints for parity: the miniature's architecture, and the variants that turn one knob of a filled checkpoint.
import { type Architecture, fillTensor, type WeightSource } from '@roto/model';
import type { Variant } from './scenarios.ts';

/** The configuration that `official.py` calls MINI. */
export function miniArchitecture(version: '2.0' | '2.1'): Architecture {
  return {
    name: `mini-${version}`,
    version,
    imageSize: 128,
    hiera: {
      width: 16,
      heads: 1,
      blocks: [1, 2, 3, 2],
      windows: [8, 4, 6, 3],
      globalAttention: [5],
      backgroundGrid: 7,
    },
    hiddenDim: 64,
    memoryDim: 16,
    memoryAttention: { layers: 2, hidden: 128 },
    decoder: { layers: 2, heads: 8, hidden: 2048, headHidden: 256 },
    fuser: { layers: 2, hidden: 256 },
    memorySlots: 7,
    maxPointers: 16,
  };
}

/** `source` with the variant's change: another sign of the presence bias, or a layer times a factor. */
export function varied(source: WeightSource, variant: Variant): WeightSource {
  const { presence, scale = {} } = variant;
  return {
    id: `${source.id}:${variant.name}`,
    origin: `${source.origin}, variant "${variant.name}"`,
    has: (name) => source.has(name),
    names: () => source.names(),
    get(name) {
      const tensor = source.get(name);
      if (presence !== undefined && name.endsWith('pred_obj_score_head.layers.2.bias'))
        return { dims: tensor.dims, data: fillTensor(name, tensor.dims, { presence }) };
      const factor = scale[name.slice(0, name.lastIndexOf('.'))];
      return factor === undefined ? tensor : { dims: tensor.dims, data: tensor.data.map((value) => value * factor) };
    },
  };
}
