import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publishedArchitecture } from '../sam2/variants.ts';
import { readConfigJson } from './config-json.ts';
import { WeightFileError } from './errors.ts';

const golden = path.join(import.meta.dirname, 'fixtures', 'config-tiny.json');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'roto-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Json = { [key: string]: Json | number | string | boolean | null | number[] };
const changed = (change: (config: Json) => void) => {
  const config = JSON.parse(readFileSync(golden, 'utf8')) as Json;
  change(config);
  const file = path.join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  return file;
};
const trunk = (config: Json) => (config.vision_config as Json).backbone_config as Json;

test('the configuration that transformers writes for tiny is the published tiny', () => {
  const expected = { ...publishedArchitecture('tiny', '2.1'), name: 'here' };
  expect(readConfigJson(golden, 'here', '2.1')).toEqual(expected);
});

test('a file with only its type has the same defaults', () => {
  const file = path.join(folder, 'short.json');
  writeFileSync(file, '{"model_type": "sam2_video"}');
  expect(readConfigJson(file, 'here', '2.0')).toEqual({ ...publishedArchitecture('tiny', '2.0'), name: 'here' });
});

test('sizes of a narrower model are taken over', () => {
  const file = changed((config) => {
    config.image_size = 384;
    (config.prompt_encoder_config as Json).image_size = 384;
    Object.assign(trunk(config), {
      embed_dim_per_stage: [32, 64, 128, 256],
      blocks_per_stage: [1, 2, 5, 1],
      window_size_per_stage: [8, 8, 12, 6],
      global_attention_blocks: [5, 7],
    });
    config.memory_attention_num_layers = 2;
  });
  const found = readConfigJson(file, 'narrow', '2.1');
  expect(found.imageSize).toBe(384);
  expect(found.hiera).toEqual({
    width: 32,
    heads: 1,
    blocks: [1, 2, 5, 1],
    windows: [8, 8, 12, 6],
    globalAttention: [5, 7],
    backgroundGrid: 7,
  });
  expect(found.memoryAttention.layers).toBe(2);
});

test.each<[string, (config: Json) => void, RegExp]>([
  [
    'an image-only export',
    (c) => {
      c.model_type = 'sam2';
    },
    /model_type is "sam2".*cannot track; use facebook/,
  ],
  [
    'another model',
    (c) => {
      delete c.model_type;
    },
    /model_type is undefined/,
  ],
  [
    'stages that do not double',
    (c) => {
      trunk(c).embed_dim_per_stage = [96, 192, 300, 768];
    },
    /does not double/,
  ],
  [
    'three stages',
    (c) => {
      trunk(c).blocks_per_stage = [1, 2, 7];
    },
    /blocks_per_stage.*4 whole numbers/,
  ],
  [
    'a text for a number',
    (c) => {
      c.num_maskmem = '7';
    },
    /num_maskmem is "7", expected a whole number/,
  ],
  [
    'a huge number',
    (c) => {
      c.memory_attention_num_layers = 1e9;
    },
    /memory_attention_num_layers/,
  ],
  [
    'an oblong position grid',
    (c) => {
      trunk(c).window_positional_embedding_background_size = [7, 14];
    },
    /not square/,
  ],
  [
    'another patch size',
    (c) => {
      trunk(c).patch_stride = [8, 8];
    },
    /vision_config\.backbone_config\.patch_stride is \[8,8\], expected \[4,4\]/,
  ],
  [
    'two widths',
    (c) => {
      c.memory_attention_hidden_size = 128;
    },
    /memory_attention_hidden_size is 128, expected 256/,
  ],
  [
    'another activation',
    (c) => {
      trunk(c).hidden_act = 'relu';
    },
    /hidden_act is "relu"/,
  ],
  [
    'a list for an object',
    (c) => {
      c.vision_config = [1];
    },
    /vision_config is no object/,
  ],
])('%s is refused', (_, change, message) => {
  const file = changed(change);
  const read = () => readConfigJson(file, 'x', '2.1');
  expect(read).toThrow(WeightFileError);
  expect(read).toThrow(expect.objectContaining({ code: 'weight-config', message: expect.stringMatching(message) }));
});

test.each([
  ['image_size', (config: Json) => Object.assign(config, { image_size: 65536 })],
  ['blocks_per_stage', (config: Json) => Object.assign(trunk(config), { blocks_per_stage: [65536, 2, 7, 2] })],
  ['memory_attention_num_layers', (config: Json) => Object.assign(config, { memory_attention_num_layers: 60000 })],
])('L13: a size that would take all memory is refused by its key: %s', (key, change) => {
  const read = () => readConfigJson(changed(change), 'here', '2.1');
  expect(read).toThrow(WeightFileError);
  expect(read).toThrow(key);
});
