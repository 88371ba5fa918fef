import { describe, expect, test } from 'vitest';
import { publishedArchitecture } from '../sam2/variants.ts';
import { fillTensor, fillValues, fillWeights, fnv1a, uniform } from './fill.ts';
import { inventory } from './inventory.ts';

describe('name-keyed fill (sam2-model 12.2)', () => {
  test('seeds and the uniform sequence', () => {
    expect(fnv1a('maskmem_tpos_enc')).toBe(0xf80647d2);
    expect([0, 1, 2].map((i) => uniform(0xf80647d2, i))).toEqual([
      0.28465181589126587, -0.554256021976471, 0.5266398787498474,
    ]);
    expect(fnv1a('image_encoder.trunk.patch_embed.proj.weight')).toBe(0x5936fd62);
    expect(uniform(0x5936fd62, 0)).toBe(0.8413832783699036);
  });

  test.each<[string, number[], number[]]>([
    ['maskmem_tpos_enc', [7, 1, 1, 64], [0.56930363, -1.108512, 1.0532798]],
    ['image_encoder.trunk.blocks.0.attn.qkv.weight', [288, 96], [-0.1054502, 0.1785042, 0.09352228]],
    ['sam_mask_decoder.output_upscaling.0.weight', [256, 64, 2, 2], [0.092726402, 0.0020229218, 0.057192307]],
    ['memory_encoder.fuser.layers.0.gamma', [256], [0.34875691, 0.70350987, 0.60885108]],
  ])('first values of %s', (name, dims, values) => {
    const found = fillTensor(name, dims);
    for (const [i, value] of values.entries()) expect(found[i]).toBeCloseTo(value, 7);
  });

  test('the reference frame sums to the published figure', () => {
    const frame = fillValues('golden.frame.0', 3 * 1024 * 1024, 1.5);
    expect(frame.reduce((sum, value) => sum + value, 0)).toBeCloseTo(-1561.237798, 4);
  });

  test('the sign of presence moves one bias only', () => {
    const shapes = inventory(publishedArchitecture('tiny'));
    const [present, absent] = [fillWeights(shapes), fillWeights(shapes, { presence: -1 })];
    const bias = 'sam_mask_decoder.pred_obj_score_head.layers.2.bias';
    expect(present.get(bias).data[0]! - absent.get(bias).data[0]!).toBeCloseTo(8, 5);
    expect(present.id).not.toBe(absent.id);
    for (const name of ['no_obj_ptr', 'maskmem_tpos_enc'])
      expect(present.get(name).data).toEqual(absent.get(name).data);
  });

  test('a name that is not in the list is missing', () => {
    expect(() => fillWeights(new Map()).get('no_obj_ptr')).toThrow('Weight "no_obj_ptr" is missing');
  });
});
