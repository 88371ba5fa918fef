import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Architecture, publishedArchitecture } from '../sam2/variants.ts';
import { readConfigJson } from './config-json.ts';
import { WeightFileError } from './errors.ts';
import { fillTensor } from './fill.ts';
import { inventory } from './inventory.ts';
import { miniature, miniatureFiles, miniatureTensors } from './miniature.ts';
import { openTensorFile, openWeights } from './open.ts';
import { safetensorsBytes } from './safetensors-write.ts';
import { WeightMissingError, type WeightTensor } from './source.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'roto-open-'));
  writeFileSync(path.join(folder, 'config.json'), miniatureFiles().config);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (tensors: ReadonlyMap<string, WeightTensor>) => {
  const file = path.join(folder, 'model.safetensors');
  writeFileSync(file, safetensorsBytes(tensors));
  return openWeights(openTensorFile(file), {
    origin: 'miniature',
    identity: 'abc',
    configure: (version) => readConfigJson(path.join(folder, 'config.json'), 'miniature', version),
  });
};

test('a transformers checkpoint gives every original tensor, points and Fourier matrix included', () => {
  const { architecture, weights } = open(miniatureTensors());
  expect(architecture).toEqual(miniature);
  expect(new Set(weights.names())).toEqual(new Set(inventory(miniature).keys()));
  for (const [name, dims] of inventory(miniature)) {
    expect(weights.get(name).dims, name).toEqual(dims);
    expect(weights.get(name).data, name).toEqual(fillTensor(name, dims));
  }
});

test('the same under original names', () => {
  const tensors = [...inventory(miniature)].map(
    ([name, dims]) => [name, { dims, data: fillTensor(name, dims) }] as const,
  );
  const { weights } = open(new Map(tensors));
  const name = 'sam_prompt_encoder.point_embeddings.2.weight';
  expect(weights.get(name).data).toEqual(fillTensor(name, [1, 32]));
});

test('the id names content and wiring', () => {
  const { weights } = open(miniatureTensors());
  expect(weights.id).toMatch(/^abc-[0-9a-f]{8}$/);
  expect(open(miniatureTensors()).weights.id).toBe(weights.id);
  const file = openTensorFile(path.join(folder, 'model.safetensors'));
  const rewired = openWeights(file, {
    origin: 'miniature',
    identity: 'abc',
    configure: () => ({ ...miniature, hiera: { ...miniature.hiera, globalAttention: [3] } }),
  });
  expect(rewired.weights.id).not.toBe(weights.id);
});

test('missing, unexpected and misshapen tensors come in one error', () => {
  const tensors = miniatureTensors();
  tensors.delete('no_object_pointer');
  tensors.delete('mask_decoder.iou_token.weight');
  tensors.set('optimizer.momentum', { dims: [1], data: new Float32Array(1) });
  tensors.set('no_memory_embedding', { dims: [1, 1, 31], data: new Float32Array(31) });
  expect(() => open(tensors)).toThrow(
    expect.objectContaining({
      code: 'weight-mismatch',
      message: expect.stringMatching(
        /2 missing: no_obj_ptr; sam_mask_decoder\.iou_token\.weight\. 1 of another shape: no_mem_embed is \[1,1,31\], needed is \[1,1,32\]\. 1 unexpected: optimizer\.momentum\./,
      ),
    }),
  );
});

test('one copy of the Fourier matrix is enough, two must be equal', () => {
  const tensors = miniatureTensors();
  const second = 'prompt_encoder.shared_embedding.positional_embedding';
  tensors.delete(second);
  expect(open(tensors).weights.has('sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix')).toBe(true);
  tensors.set(second, { dims: [2, 16], data: new Float32Array(32) });
  expect(() => open(tensors)).toThrow(/differs from its second copy/);
});

test('three point embeddings instead of four are a wrong shape', () => {
  const tensors = miniatureTensors();
  tensors.set('prompt_encoder.point_embed.weight', { dims: [3, 32], data: new Float32Array(96) });
  expect(() => open(tensors)).toThrow(/point_embeddings\.0\.weight is \[3,32\], needed is \[1,32\]/);
});

test('an unknown size without config.json says what to do', () => {
  const file = path.join(folder, 'bare.safetensors');
  writeFileSync(file, miniatureFiles().weights);
  const opening = () => openWeights(openTensorFile(file), { origin: 'bare', identity: 'abc' });
  expect(opening).toThrow(WeightFileError);
  expect(opening).toThrow(/16 wide, which is no published size.*config\.json/);
});

test('a config.json of another trunk is not taken for an official checkpoint', () => {
  const tiny = publishedArchitecture('tiny');
  const tensors = [...inventory(tiny)].map(
    ([name, dims]) => [name, { dims, dtype: 'F32', read: () => new Float32Array(0) }] as const,
  );
  const { file } = openTensorFile(path.join(folder, 'bare.safetensors'));
  const open = (format: 'pt' | 'safetensors', architecture: Architecture) =>
    openWeights(
      { format, file, tensors: new Map(tensors) },
      { origin: 'tiny', identity: 'abc', configure: () => architecture },
    ).architecture;
  expect(open('pt', publishedArchitecture('large'))).toEqual(tiny);
  expect(open('pt', miniature)).toEqual(tiny);
  expect(open('pt', { ...tiny, imageSize: 512 })).toEqual({ ...tiny, imageSize: 512 });
  expect(() => open('safetensors', publishedArchitecture('large'))).toThrow(/not those of sam2\.1-hiera-large/);
});

test('a tensor that nobody has is missing by name', () => {
  const { weights } = open(miniatureTensors());
  expect(() => weights.get('nothing')).toThrow(WeightMissingError);
  expect(weights.has('nothing')).toBe(false);
});
