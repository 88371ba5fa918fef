import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DecodeInput, ImageFeatures } from '../contract.ts';
import { fillValues, fillWeights } from '../weights/fill.ts';
import { inventory } from '../weights/inventory.ts';
import type { WeightSource } from '../weights/source.ts';
import { miniature } from './miniature.ts';
import { openSam2 } from './open-sam2.ts';
import { ModelInputError, type Sam2 } from './sam2-model.ts';

const weights = fillWeights(inventory(miniature));
const options = { weights, config: miniature, threads: 1 };
const [S, L, N, D, M] = [64, 16, 16, 32, 16];
const frame = (t: number) => fillValues(`frame.${t}`, 3 * S * S, 1.5);
const click: DecodeInput = { features: { kind: 'no-memory' }, points: [{ x: 30, y: 20, label: 1 }], multimask: true };

/** `source` with some tensors replaced, or taken away (null). */
function altered(
  source: WeightSource,
  changes: Record<string, { dims: number[]; data: Float32Array } | null>,
): WeightSource {
  const gone = (name: string) => changes[name] === null;
  return {
    id: `${source.id}+${Object.keys(changes)}`,
    origin: 'altered.safetensors',
    has: (name) => !gone(name) && source.has(name),
    get: (name) => changes[name] ?? source.get(name),
    names: () => [...source.names()].filter((name) => !gone(name)),
  };
}

describe('Sam2', () => {
  let model: Sam2;
  let image: ImageFeatures;
  beforeAll(async () => {
    model = await openSam2(options);
    image = await model.encodeImage(frame(0));
  });
  afterAll(() => model.close());

  const remembered = (t: number) => ({ tokens: fillValues(`memory.${t}`, N * M, 1) });
  const pointer = (t: number) => fillValues(`pointer.${t}`, D, 1);

  test('describes itself', () => {
    expect(model.config).toMatchObject({ version: '2.1', imageSize: S, gridSize: 4, lowSize: L, hiddenDim: D });
    expect(model.absentPointer).toEqual(weights.get('no_obj_ptr').data);
    expect(image.byteLength).toBeGreaterThan(4 * N * D);
  });

  test('a click gives logits, IoUs, a pointer and a presence', async () => {
    const decoded = await model.decode(image, click);
    expect(decoded.low.length).toBe(L * L);
    expect(decoded.pointer.length).toBe(D);
    expect(decoded.ious.length).toBe(4);
    expect(decoded.iou).toBe(Math.max(...decoded.ious.slice(1)));
    expect(decoded.presence).toBeGreaterThan(0);
  });

  test('the same call gives the same numbers', async () => {
    expect(await model.decode(image, click)).toEqual(await model.decode(image, click));
  });

  test('features of a frame do not change when another frame is encoded', async () => {
    const before = await model.decode(image, click);
    await model.encodeImage(frame(1));
    expect(await model.decode(image, click)).toEqual(before);
  });

  test('the graph of tracked frames equals the one with prompts, given none', async () => {
    const tracked = await model.decode(image, { features: { kind: 'raw' }, points: [], multimask: true });
    // Without points and mask only the single-mask call takes the graph with prompts; its candidates are the same.
    const prompted = await model.decode(image, { features: { kind: 'raw' }, points: [], multimask: false });
    for (const [i, iou] of tracked.ious.entries()) expect(prompted.ious[i]).toBeCloseTo(iou, 5);
    expect(prompted.presence).toBeCloseTo(tracked.presence, 5);
  });

  test('memory attention takes any number of frames and pointers, none included', async () => {
    for (const [frames, pointers] of [
      [1, 0],
      [1, 1],
      [2, 3],
      [7, 16],
      [9, 18],
    ] as const) {
      const features = await model.attend(image, {
        frames: Array.from({ length: frames }, (_, i) => ({ ...remembered(i), slot: i % 7 })),
        pointers: Array.from({ length: pointers }, (_, i) => ({ pointer: pointer(i), position: i / 15 })),
      });
      expect(features.length).toBe(N * D);
      expect(features.every(Number.isFinite)).toBe(true);
    }
  });

  test('the order of remembered frames does not matter, their slot does', async () => {
    const [a, b] = [remembered(0), remembered(1)];
    const attend = (frames: { tokens: Float32Array; slot: number }[]) => model.attend(image, { frames, pointers: [] });
    const one = await attend([
      { ...a, slot: 6 },
      { ...b, slot: 0 },
    ]);
    const two = await attend([
      { ...b, slot: 0 },
      { ...a, slot: 6 },
    ]);
    const three = await attend([
      { ...a, slot: 0 },
      { ...b, slot: 6 },
    ]);
    const apart = (x: Float32Array, y: Float32Array) => Math.max(...x.map((value, i) => Math.abs(value - y[i]!)));
    expect(apart(one, two)).toBeLessThan(1e-4);
    expect(apart(one, three)).toBeGreaterThan(1e-3);
  });

  test('memory is rounded to bfloat16 and tells presence and binarisation apart', async () => {
    const low = fillValues('low', L * L, 3);
    const encode = (binarize: boolean, presence: number) => model.encodeMemory(image, { low, binarize, presence });
    const [tracked, prompted, absent] = [await encode(false, 1), await encode(true, 1), await encode(false, -1)];
    expect(new Uint32Array(tracked.tokens.buffer).every((word) => (word & 0xffff) === 0)).toBe(true);
    expect(prompted.tokens).not.toEqual(tracked.tokens);
    expect(absent.tokens).not.toEqual(tracked.tokens);
  });

  test('an absent object has logits of −1024 and the absent pointer', async () => {
    await using absent = await openSam2({ ...options, weights: fillWeights(inventory(miniature), { presence: -1 }) });
    const decoded = await absent.decode(await absent.encodeImage(frame(0)), click);
    expect(decoded.presence).toBeLessThan(0);
    expect(new Set(decoded.low)).toEqual(new Set([-1024]));
    expect(decoded.pointer).toEqual(absent.absentPointer);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ['pixels of another size', () => model.encodeImage(new Float32Array(3)), 'pixels has 3 elements, but "miniature"'],
    [
      'no remembered frame',
      () => model.attend(image, { frames: [], pointers: [] }),
      'needs at least one remembered frame',
    ],
    [
      'memory of another model',
      () => model.attend(image, { frames: [{ tokens: new Float32Array(5), slot: 0 }], pointers: [] }),
      'memory of frame 0 has 5 elements',
    ],
    [
      'a slot that does not exist',
      () => model.attend(image, { frames: [{ ...remembered(0), slot: 7 }], pointers: [] }),
      'Memory slot 7 is not within 0 to 6',
    ],
    [
      'a mask of another size',
      () => model.decode(image, { ...click, mask: { kind: 'mask', data: new Uint8Array(4) } }),
      'mask has 4 elements',
    ],
    ['features of another model', () => model.decode({ byteLength: 0 }, click), 'not encoded by this model'],
  ])('refuses %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(ModelInputError);
    await expect(call()).rejects.toThrow(message);
  });

  test('stops at an aborted signal, and after it was closed', async () => {
    await expect(model.encodeImage(frame(0), AbortSignal.abort())).rejects.toThrow('aborted');
    const other = await openSam2(options);
    await other.close();
    await expect(other.encodeImage(frame(0))).rejects.toThrow('is closed');
  });
});

describe('openSam2', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'roto-open-test-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a second start reads the cache instead of the weights, and gives the same numbers', async () => {
    const use = async (source: WeightSource) => {
      await using model = await openSam2({ ...options, weights: source, cacheDir: folder });
      return await model.decode(await model.encodeImage(frame(0)), click);
    };
    const first = await use(weights);
    const read: string[] = [];
    const watched = {
      ...weights,
      get(name: string) {
        read.push(name);
        return weights.get(name);
      },
    };
    expect(await use(watched)).toEqual(first);
    expect(read.sort()).toEqual(['no_mem_embed', 'no_obj_ptr', 'sam_prompt_encoder.no_mask_embed.weight']);
  });

  test('a cached graph that ONNX Runtime cannot read is built again', async () => {
    const cacheDir = path.join(folder, 'unreadable');
    const encode = async () => {
      await using model = await openSam2({ ...options, cacheDir });
      return model.inspect(await model.encodeImage(frame(0)));
    };
    const first = await encode();
    const entry = path.join(cacheDir, (await readdir(cacheDir))[0]!, 'image-encoder');
    await writeFile(path.join(entry, 'image-encoder.onnx'), 'no model');
    await writeFile(path.join(entry, 'seal.json'), '{}'); // a seal that promises nothing lets it through
    expect(await encode()).toEqual(first);
    expect((await readFile(path.join(entry, 'image-encoder.onnx'))).byteLength).toBeGreaterThan(1000);
  });

  test('a temporary folder is gone after close', async () => {
    const count = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('roto-graphs-')).length;
    const before = await count();
    const model = await openSam2(options);
    await model.encodeImage(frame(0));
    await model.close();
    expect(await count()).toBeLessThanOrEqual(before);
  });

  test('a missing weight is named with its file and the likely cause', async () => {
    const broken = altered(weights, { 'memory_encoder.out_proj.weight': null });
    await using model = await openSam2({ ...options, weights: broken });
    const image = await model.encodeImage(frame(0));
    await expect(
      model.encodeMemory(image, { low: new Float32Array(L * L), binarize: true, presence: 1 }),
    ).rejects.toThrow('Weight "memory_encoder.out_proj.weight" is missing from altered.safetensors.');
  });

  test('a weight of another size names both shapes', async () => {
    const broken = altered(weights, { no_obj_ptr: { dims: [1, 256], data: new Float32Array(256) } });
    await expect(openSam2({ ...options, weights: broken })).rejects.toThrow(
      'Weight "no_obj_ptr" of altered.safetensors is [1,256], but the model needs [1,32].',
    );
  });

  test('2.0 weights have no pointer positions and no absent embedding', async () => {
    const config = { ...miniature, version: '2.0' } as const;
    await using model = await openSam2({ config: miniature, weights: fillWeights(inventory(config)), threads: 1 });
    expect(model.config.version).toBe('2.0');
    const image = await model.encodeImage(frame(0));
    const attend = (position: number) =>
      model.attend(image, {
        frames: [{ tokens: fillValues('memory.0', N * M, 1), slot: 6 }],
        pointers: [{ pointer: fillValues('pointer.0', D, 1), position }],
      });
    expect(await attend(0.2)).toEqual(await attend(0.8));
  });

  test('a device that this machine does not have is refused at once', async () => {
    await expect(openSam2({ ...options, device: 'npu' })).rejects.toThrow('Device "npu" cannot be used');
  });

  test.each([
    [{ imageSize: 100 }, 'the image size 100 is no multiple of 32'],
    [{ memoryDim: 24 }, 'the memory width 24 does not divide the hidden width 32'],
    [{ hiera: { ...miniature.hiera, windows: [8, 4, 7, 3] as const } }, 'the window 7 of stage 3 is odd'],
    [{ hiddenDim: 40 }, 'the hidden width 40 is no multiple of 16'],
  ])('a configuration that cannot be built is refused: %o', async (change, reason) => {
    await expect(openSam2({ ...options, config: { ...miniature, ...change } })).rejects.toThrow(reason);
  });
});
