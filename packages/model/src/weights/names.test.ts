import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hiera, type PublishedSize, publishedArchitecture } from '../sam2/variants.ts';
import { inventory, parameterCount } from './inventory.ts';
import { huggingFaceName, originalName, structural } from './names.ts';

/** Names and shapes as the official code or transformers lists them (see fixtures/README.md). */
function listing(name: string): Map<string, string> {
  const text = readFileSync(path.join(import.meta.dirname, 'fixtures', name), 'utf8');
  return new Map(
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
}
const official = listing('official-tiny-2.1.txt');
const transformers = listing('transformers-tiny-2.1.txt');

describe('inventory', () => {
  test('tiny 2.1 has exactly the names and shapes of the official model', () => {
    const ours = [...inventory(publishedArchitecture('tiny', '2.1'))].map(([name, dims]) => [name, dims.join('x')]);
    expect(new Map(ours as [string, string][])).toEqual(official);
  });

  // sam2-model.md 1.1
  test.each<[PublishedSize, number, number]>([
    ['tiny', 471, 38_962_498],
    ['small', 519, 46_060_354],
    ['base-plus', 615, 80_850_178],
    ['large', 903, 224_446_642],
  ])('%s has %d tensors and %d parameters', (size, tensors, parameters) => {
    expect(inventory(publishedArchitecture(size, '2.1')).size).toBe(tensors);
    expect(parameterCount(publishedArchitecture(size, '2.1'))).toBe(parameters);
    // 2.0 lacks no_obj_embed_spatial and the weight and bias of obj_ptr_tpos_proj: 64 + 64·256 + 64 numbers.
    expect(inventory(publishedArchitecture(size, '2.0')).size).toBe(tensors - 3);
    expect(parameterCount(publishedArchitecture(size, '2.0'))).toBe(parameters - 16_512);
  });
});

describe('the name table', () => {
  test('every transformers name has its original, of the same shape', () => {
    expect(transformers.size).toBe(469);
    for (const [hf, shape] of transformers) {
      if (hf === structural.points.huggingFace) continue;
      const original = originalName(hf);
      expect(original, hf).toBeDefined();
      expect(official.get(original!), `${hf} → ${original}`).toBe(shape);
    }
  });

  test('every original name has its transformers name, and back', () => {
    for (const original of official.keys()) {
      const hf = huggingFaceName(original);
      expect(hf, original).toBeDefined();
      expect(transformers.has(hf!), `${original} → ${hf}`).toBe(true);
      if (hf !== structural.points.huggingFace) expect(originalName(hf!)).toBe(original);
    }
  });

  test('every name of every published size goes there and back', () => {
    for (const size of Object.keys(hiera) as PublishedSize[])
      for (const original of inventory(publishedArchitecture(size, '2.1')).keys()) {
        const hf = huggingFaceName(original)!;
        if (hf !== structural.points.huggingFace) expect(originalName(hf)).toBe(original);
      }
  });

  test.each([
    '',
    'vision_encoder',
    'mask_downsample.weight.weight',
    'memory_attention.layers.01.norm1.weight',
    '__proto__',
    'x.maskmem_tpos_enc',
  ])('"%s" is a name of neither side', (name) => {
    expect(originalName(name)).toBeUndefined();
    expect(huggingFaceName(name)).toBeUndefined();
  });
});
