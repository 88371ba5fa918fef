import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkpointBytes } from '../weights/checkpoint-write.ts';
import { fillTensor } from '../weights/fill.ts';
import { inventory } from '../weights/inventory.ts';
import { miniature, miniatureFiles } from '../weights/miniature.ts';
import type { DownloadProgress } from './download.ts';
import { FakeHub } from './fake-hub.ts';
import { locateModel, type ModelOptions } from './locate.ts';
import { listModels, pullModel, resolveModel } from './models.ts';
import { verifyModel } from './verify.ts';

const repo = 'somebody/sam2.1-narrow';
const { config, weights } = miniatureFiles();

let hub: FakeHub;
let folder: string;
beforeEach(async () => {
  hub = await FakeHub.start();
  folder = mkdtempSync(path.join(tmpdir(), 'roto-models-'));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const options = (more: { offline?: boolean } = {}): ModelOptions => ({
  hub: {
    endpoint: hub.endpoint,
    cacheDir: path.join(folder, 'cache'),
    offline: false,
    timeoutMs: 2000,
    attempts: 2,
    backoffMs: 5,
    ...more,
  },
  builtinDir: path.join(folder, 'builtin'),
});
const publish = (id = repo) => hub.publish(id, { 'config.json': config, 'model.safetensors': weights });
const lay = (name: string) => {
  const place = path.join(folder, name);
  mkdirSync(place);
  writeFileSync(path.join(place, 'config.json'), config);
  writeFileSync(path.join(place, 'model.safetensors'), weights);
  return place;
};
const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('a model by name', () => {
  test('from the hub: downloaded once, then found without asking', async () => {
    const commit = publish();
    const first = await resolveModel(repo, options());
    expect(first.architecture).toEqual({ ...miniature, name: repo });
    expect(first.files).toMatchObject({ kind: 'hub', commit });
    expect(first.weights.get('maskmem_tpos_enc').data).toEqual(fillTensor('maskmem_tpos_enc', [7, 1, 1, 16]));
    const asked = hub.seen.length;
    const second = await resolveModel(repo, options());
    expect(hub.seen).toHaveLength(asked);
    expect(second.weights.id).toBe(first.weights.id);
    expect(second.checksum).toBe(first.checksum);
  });

  test('from the hub in the official form where that is all there is, and from a cache that the official code filled', async () => {
    const id = 'facebook/sam2.1-hiera-tiny';
    hub.publish(id, { 'config.json': config, 'sam2.1_hiera_tiny.pt': 'a checkpoint' });
    const first = await locateModel(id, options());
    expect(path.basename(first.weights)).toBe('sam2.1_hiera_tiny.pt');
    expect(first.config).toBeUndefined();
    expect(await locateModel(id, options({ offline: true }))).toEqual(first);
  });

  test('from a folder, with the same identity as from the hub', async () => {
    publish();
    const remote = await resolveModel(repo, options());
    const local = await resolveModel(lay('mine'), options());
    expect(local.files.kind).toBe('folder');
    expect(local.architecture.name).toBe('mine');
    expect(local.checksum).toBe(remote.checksum);
    expect(local.weights.id).toBe(remote.weights.id);
  });

  test('from a weight file beside its config.json', async () => {
    const { architecture } = await resolveModel(path.join(lay('mine'), 'model.safetensors'), options());
    expect(architecture).toEqual({ ...miniature, name: 'mine' });
  });

  test('from a .pt checkpoint of a size of its own beside its config.json', async () => {
    const file = path.join(lay('mine'), 'fine-tuned.pt');
    const tensors = [...inventory(miniature)].map(
      ([name, dims]) => [name, { dims, data: fillTensor(name, dims) }] as const,
    );
    writeFileSync(file, checkpointBytes(new Map(tensors)));
    const { architecture, weights } = await resolveModel(file, options());
    expect(architecture).toEqual({ ...miniature, name: 'fine-tuned' });
    expect(weights.get('maskmem_tpos_enc').data).toEqual(fillTensor('maskmem_tpos_enc', [7, 1, 1, 16]));
    for (const other of [undefined, '{"model_type": "llama"}', 'no JSON']) {
      rmSync(path.join(folder, 'mine', 'config.json'));
      if (other) writeFileSync(path.join(folder, 'mine', 'config.json'), other);
      await expect(resolveModel(file, options())).rejects.toEqual(
        failure('weight-mismatch', /no published size.*config\.json of a SAM 2 video model beside it/),
      );
      writeFileSync(path.join(folder, 'mine', 'config.json'), config);
    }
  });

  test.skipIf(process.platform === 'win32')('a pipe beside a checkpoint is not waited for', async () => {
    const file = path.join(lay('mine'), 'fine-tuned.pt');
    writeFileSync(file, checkpointBytes(new Map()));
    rmSync(path.join(folder, 'mine', 'config.json'));
    execFileSync('mkfifo', [path.join(folder, 'mine', 'config.json')]);
    await expect(resolveModel(file, options())).rejects.toEqual(failure('weight-mismatch', /no SAM 2 checkpoint/));
  });

  test('built in', async () => {
    lay('builtin');
    const model = await resolveModel('builtin', options({ offline: true }));
    expect(model.files.kind).toBe('builtin');
    expect(model.weights.origin).toBe('builtin');
  });

  test.each<[string, RegExp]>([
    ['sam2.1-hiera-tiny', /Did you mean "facebook\/sam2\.1-hiera-tiny"\?/],
    ['', /no such file or folder/],
    ['weights/none.pt', /no such file or folder, and no Hugging Face id/],
    ['./none', /no such file or folder/],
    ['https://huggingface.co/a/b', /no Hugging Face id/],
  ])('"%s" is explained', async (id, message) => {
    await expect(resolveModel(id, options())).rejects.toEqual(failure('hub-model', message));
    expect(hub.seen).toEqual([]);
  });

  test('a revision of a model that has none is refused, not passed over', async () => {
    const place = lay('builtin');
    for (const id of ['builtin', place, path.join(place, 'model.safetensors')]) {
      const pinned = { ...options(), revision: 'v2' };
      const refused = failure('hub-revision', /"v2" of .*Leave the revision out/);
      await expect(resolveModel(id, pinned)).rejects.toThrow(refused);
      await expect(pullModel(id, pinned)).rejects.toThrow(refused);
      await expect(verifyModel(id, pinned)).rejects.toThrow(refused);
    }
  });

  test('a folder without config.json says what belongs there', async () => {
    const place = lay('mine');
    rmSync(path.join(place, 'config.json'));
    await expect(resolveModel(place, options())).rejects.toEqual(failure('hub-model', /has no config\.json/));
  });

  test('a .pt that is no checkpoint', async () => {
    const file = path.join(folder, 'model.pt');
    writeFileSync(file, 'hello, hello, hello');
    await expect(resolveModel(file, options())).rejects.toEqual(failure('weight-format', /model\.pt: not a sound/));
  });
});

describe('pull and verify', () => {
  test('a newer commit is fetched by pulling only', async () => {
    publish();
    await pullModel(repo, options());
    const next = hub.publish(repo, { 'config.json': `${config}\n`, 'model.safetensors': weights });
    expect((await resolveModel(repo, options())).files.commit).not.toBe(next);
    expect((await pullModel(repo, options())).files.commit).toBe(next);
    expect((await resolveModel(repo, options())).files.commit).toBe(next);
    // The weights were equal and are linked, not fetched again.
    expect(hub.downloads).toHaveLength(1);
  });

  test('a damaged copy is found, and mended by pulling', async () => {
    publish();
    const { files } = await pullModel(repo, options());
    expect(await verifyModel(repo, options())).toMatchObject({
      matches: true,
      tensors: inventory(miniature).size,
      broken: [],
    });
    const blob = realpathSync(files.weights);
    const bytes = readFileSync(blob);
    const first = 8 + Number(bytes.readBigUInt64LE(0));
    bytes[first]! ^= 1;
    writeFileSync(blob, bytes);
    expect(await verifyModel(repo, options())).toMatchObject({ matches: false });
    bytes.write('not a header', 8);
    writeFileSync(blob, bytes);
    await expect(verifyModel(repo, options())).rejects.toEqual(failure('hub-checksum', /is damaged.*Pull .* again/));
    await expect(pullModel(repo, options({ offline: true }))).rejects.toEqual(failure('hub-checksum', /damaged/));
    await pullModel(repo, options());
    expect(await verifyModel(repo, options())).toMatchObject({ matches: true });
  });

  test('verifying tells how far it is, and can be stopped', async () => {
    const place = lay('mine');
    const told: DownloadProgress[] = [];
    await verifyModel(place, { ...options(), onProgress: (progress) => told.push(progress) });
    const total = weights.length;
    for (const state of ['hashing', 'reading'] as const) {
      const steps = told.filter((one) => one.state === state);
      expect(steps.length).toBeGreaterThan(1);
      expect(steps.map(({ received }) => received)).toEqual(
        steps.map(({ received }) => received).toSorted((a, b) => a - b),
      );
      expect(steps.at(-1)).toEqual({ repo: place, file: 'model.safetensors', state, received: total, total });
    }
    for (const at of ['hashing', 'reading']) {
      const controller = new AbortController();
      const onProgress = ({ state }: DownloadProgress) => {
        if (state === at) controller.abort(new Error('stopped'));
      };
      const stopped = verifyModel(place, { ...options(), signal: controller.signal, onProgress });
      await expect(stopped).rejects.toThrow('stopped');
    }
  });

  test('values that are not finite are named', async () => {
    const place = lay('mine');
    const bytes = Buffer.from(weights);
    // The first number of the first tensor.
    bytes.writeFloatLE(Number.NaN, 8 + Number(bytes.readBigUInt64LE(0)));
    writeFileSync(path.join(place, 'model.safetensors'), bytes);
    const verdict = await verifyModel(place, options());
    expect(verdict.matches).toBe('unknown');
    expect(verdict.broken).toEqual(['maskmem_tpos_enc']);
  });

  test('what is not here is not verified', async () => {
    await expect(verifyModel(repo, options())).rejects.toEqual(failure('hub-offline', /pull it first/));
    expect(hub.seen).toEqual([]);
  });
});

test('the list has the built-in model, the published ones, and what the cache holds', async () => {
  lay('builtin');
  publish();
  hub.publish('somebody/language-model', { 'config.json': '{"model_type": "llama"}', 'model.safetensors': weights });
  await pullModel(repo, options());
  await expect(pullModel('somebody/language-model', options())).rejects.toEqual(failure('weight-config', /"llama"/));
  const list = listModels(options());
  expect(list.map(({ id }) => id)).toEqual([
    'builtin',
    ...['tiny', 'small', 'base-plus', 'large'].map((size) => `facebook/sam2.1-hiera-${size}`),
    ...['tiny', 'small', 'base-plus', 'large'].map((size) => `facebook/sam2-hiera-${size}`),
    repo,
  ]);
  expect(list[1]).toMatchObject({ parameters: 38_962_498, bytes: 155_852_040, path: undefined });
  expect(existsSync(list.at(-1)!.path!)).toBe(true);
  expect(list.at(-1)).toMatchObject({ kind: 'cached', version: '2.1', bytes: weights.length });
});

test('the list has a model of which only a pinned commit is here, with its revision', async () => {
  const published = 'facebook/sam2.1-hiera-tiny';
  const commits = new Map([repo, published].map((id) => [id, publish(id)]));
  for (const [id, revision] of commits) await pullModel(id, { ...options(), revision });
  expect(existsSync(path.join(folder, 'cache', 'models--somebody--sam2.1-narrow', 'refs'))).toBe(false);
  const list = listModels(options());
  for (const [id, commit] of commits) {
    const rows = list.filter((model) => model.id === id);
    expect(rows).toMatchObject([{ commit, revision: commit, path: expect.stringContaining(commit) }]);
    expect(await verifyModel(id, { ...options(), revision: commit })).toMatchObject({ matches: true });
  }
  expect(list.find((model) => model.id === repo)).toMatchObject({
    kind: 'cached',
    version: '2.1',
    bytes: weights.length,
  });
  // Once the newest contents are here, a name alone is enough.
  await pullModel(repo, options());
  expect(listModels(options()).filter((model) => model.id === repo)).toMatchObject([{ revision: undefined }]);
});

test('a cache that was copied without its links is read as well', async () => {
  publish();
  await pullModel(repo, options());
  const copy = path.join(folder, 'copy');
  cpSync(path.join(folder, 'cache'), copy, { recursive: true, dereference: true });
  const { hub: settings, builtinDir } = options({ offline: true });
  const model = await resolveModel(repo, { hub: { ...settings, cacheDir: copy }, builtinDir: builtinDir! });
  expect(model.files.weights.startsWith(copy)).toBe(true);
});
