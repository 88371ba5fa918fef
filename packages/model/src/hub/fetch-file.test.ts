import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DownloadProgress } from './download.ts';
import { diskError } from './download.ts';
import { FakeHub } from './fake-hub.ts';
import { type FetchOptions, fetchFile } from './fetch-file.ts';
import type { HubOptions } from './options.ts';

const repo = 'facebook/sam2.1-hiera-tiny';
const small = '{"model_type": "sam2_video"}';
// Not periodic, so a piece at the wrong place would be noticed.
const large = Buffer.concat(Array.from({ length: 12_500 }, (_, i) => createHash('md5').update(`${i}`).digest()));
const sha256 = createHash('sha256').update(large).digest('hex');

let hub: FakeHub;
let cacheDir: string;
let commit: string;
beforeEach(async () => {
  hub = await FakeHub.start();
  commit = hub.publish(repo, { 'config.json': small, 'model.safetensors': large });
  cacheDir = mkdtempSync(path.join(tmpdir(), 'roto-hub-'));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  rmSync(cacheDir, { recursive: true, force: true });
});

const options = (more: Partial<HubOptions> = {}): FetchOptions => ({
  hub: { endpoint: hub.endpoint, cacheDir, offline: false, timeoutMs: 2000, attempts: 3, backoffMs: 5, ...more },
});
const folder = () => path.join(cacheDir, 'models--facebook--sam2.1-hiera-tiny');
const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'HubError', code, message: expect.stringMatching(message) });

describe('a download', () => {
  test('lies in the cache as huggingface_hub lays it', async () => {
    const config = await fetchFile(repo, 'config.json', options());
    const weights = await fetchFile(repo, 'model.safetensors', options());
    expect(readFileSync(config.path, 'utf8')).toBe(small);
    expect(readFileSync(weights.path)).toEqual(large);
    expect(weights).toEqual({
      path: path.join(folder(), 'snapshots', commit, 'model.safetensors'),
      commit,
      etag: sha256,
    });
    expect(readlinkSync(weights.path)).toBe(path.join('..', '..', 'blobs', sha256));
    expect(readFileSync(path.join(folder(), 'refs', 'main'), 'utf8')).toBe(commit);
    expect(readdirSync(path.join(folder(), 'blobs')).sort()).toEqual([sha256, config.etag].sort());
  });

  test('is not repeated, and a pinned commit needs no server', async () => {
    await fetchFile(repo, 'model.safetensors', options());
    await fetchFile(repo, 'model.safetensors', options());
    expect(hub.downloads).toHaveLength(1);
    const before = hub.seen.length;
    await fetchFile(repo, 'model.safetensors', { ...options(), revision: commit });
    expect(hub.seen).toHaveLength(before);
  });

  test('of a moved branch links what is equal and fetches what is new', async () => {
    await fetchFile(repo, 'model.safetensors', options());
    const next = hub.publish(repo, { 'config.json': '{}', 'model.safetensors': large });
    const weights = await fetchFile(repo, 'model.safetensors', options());
    expect(weights.commit).toBe(next);
    expect(hub.downloads).toHaveLength(1);
    expect(readFileSync(path.join(folder(), 'refs', 'main'), 'utf8')).toBe(next);
  });

  test('tells how far it is', async () => {
    const seen: DownloadProgress[] = [];
    await fetchFile(repo, 'model.safetensors', { ...options(), onProgress: (progress) => seen.push(progress) });
    expect(seen[0]).toMatchObject({ state: 'downloading', received: 0, total: large.length });
    expect(seen.at(-1)).toMatchObject({ received: large.length });
    expect(seen.map(({ received }) => received)).toEqual(
      seen.map(({ received }) => received).toSorted((a, b) => a - b),
    );
  });
});

describe('a token', () => {
  test('goes to the hub and never to the storage host', async () => {
    hub.token = 'hf_secret';
    const weights = await fetchFile(repo, 'model.safetensors', options({ token: 'hf_secret' }));
    await fetchFile(repo, 'config.json', options({ token: 'hf_secret' }));
    expect(readFileSync(weights.path)).toEqual(large);
    const sent = (host: string) => new Set(hub.seen.filter((r) => r.host === host).map((r) => r.authorization));
    expect(sent('hub')).toEqual(new Set(['Bearer hf_secret']));
    expect(sent('storage')).toEqual(new Set([undefined]));
  });

  test('is read from the file that logging in writes', async () => {
    hub.token = 'hf_from_file';
    const tokenFile = path.join(cacheDir, 'token');
    writeFileSync(tokenFile, 'hf_from_file\n');
    await expect(fetchFile(repo, 'config.json', options({ tokenFile }))).resolves.toMatchObject({ commit });
  });
});

describe('a broken transfer', () => {
  test('goes on where the connection was cut', async () => {
    hub.faults.push({ kind: 'cut', after: 50_000 }, { kind: 'cut', after: 70_000 });
    const { path: file } = await fetchFile(repo, 'model.safetensors', options());
    expect(readFileSync(file)).toEqual(large);
    expect(hub.downloads.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', 'bytes=120000-']);
  });

  test('that was aborted is continued by the next call', async () => {
    hub.faults.push({ kind: 'stall', after: 80_000 });
    const abort = new AbortController();
    const onProgress = ({ received }: DownloadProgress) => {
      if (received >= 80_000) abort.abort(new Error('enough'));
    };
    await expect(
      fetchFile(repo, 'model.safetensors', { ...options(), signal: abort.signal, onProgress }),
    ).rejects.toThrow('enough');
    expect(existsSync(path.join(folder(), 'blobs', sha256))).toBe(false);
    const { path: file } = await fetchFile(repo, 'model.safetensors', options());
    expect(readFileSync(file)).toEqual(large);
    expect(hub.downloads.at(-1)?.range).toBe('bytes=80000-');
  });

  test('that stalls is noticed and continued', async () => {
    hub.faults.push({ kind: 'stall', after: 60_000 });
    const { path: file } = await fetchFile(repo, 'model.safetensors', options({ timeoutMs: 400 }));
    expect(readFileSync(file)).toEqual(large);
    expect(hub.downloads.map(({ range }) => range)).toEqual([undefined, 'bytes=60000-']);
  });

  test('starts over where the server has no ranges', async () => {
    hub.faults.push({ kind: 'cut', after: 50_000 }, { kind: 'no-ranges' });
    const { path: file } = await fetchFile(repo, 'model.safetensors', options());
    expect(readFileSync(file)).toEqual(large);
  });

  test('survives a busy server, and waits as long as it asks', async () => {
    hub.faults.push({ kind: 'status', status: 503 }, { kind: 'status', status: 429, headers: { 'retry-after': '1' } });
    const start = performance.now();
    const { path: file } = await fetchFile(repo, 'model.safetensors', options());
    expect(readFileSync(file)).toEqual(large);
    expect(performance.now() - start).toBeGreaterThan(950);
  });

  test('gives up after so many attempts that brought nothing, and keeps what came', async () => {
    hub.faults.push(
      { kind: 'cut', after: 50_000 },
      ...Array.from({ length: 4 }, () => ({ kind: 'status', status: 502 }) as const),
    );
    await expect(fetchFile(repo, 'model.safetensors', options())).rejects.toEqual(
      failure('hub-unreachable', /answered 502, 3 times in a row.*is kept/),
    );
    hub.faults.length = 0;
    await fetchFile(repo, 'model.safetensors', options());
    expect(hub.downloads.at(-1)?.range).toBe('bytes=50000-');
  });

  test('with wrong bytes is thrown away and fetched once more', async () => {
    hub.faults.push({ kind: 'alter' });
    const { path: file } = await fetchFile(repo, 'model.safetensors', options());
    expect(readFileSync(file)).toEqual(large);
    expect(hub.downloads.map(({ range }) => range)).toEqual([undefined, undefined]);
  });

  test('with wrong bytes twice leaves nothing', async () => {
    hub.faults.push({ kind: 'alter' }, { kind: 'alter' });
    await expect(fetchFile(repo, 'model.safetensors', options())).rejects.toEqual(
      failure('hub-checksum', /announced [0-9a-f]{64}, twice in a row/),
    );
    expect(readdirSync(path.join(folder(), 'blobs'))).toEqual([]);
  });

  test('of a small file is checked by the hash of git', async () => {
    hub.faults.push({ kind: 'alter' }, { kind: 'alter' });
    await expect(fetchFile(repo, 'config.json', options())).rejects.toEqual(failure('hub-checksum', /git-sha1/));
  });
});

describe('a refusal', () => {
  test.each<[string, () => void, string, string, RegExp]>([
    ['a gate', () => hub.gated.add(repo), 'config.json', 'hub-denied', /is gated. Open .*accept its terms.*HF_TOKEN/],
    [
      'a private repository',
      () => {
        hub.token = 'other';
      },
      'config.json',
      'hub-not-found',
      /or it is private \(no token is set\)/,
    ],
    ['a missing file', () => undefined, 'nothing.json', 'hub-not-found', /has no file nothing\.json at main/],
    [
      'a login page',
      () => {
        hub.loginPage = true;
      },
      'config.json',
      'hub-protocol',
      /does not answer like a Hugging Face server/,
    ],
    [
      'a redirect to a file',
      () => {
        hub.storageAddress = 'file:///etc/passwd';
      },
      'model.safetensors',
      'hub-protocol',
      /not safe to follow/,
    ],
  ])('%s is explained', async (_, prepare, file, code, message) => {
    prepare();
    await expect(fetchFile(repo, file, options())).rejects.toEqual(failure(code, message));
  });

  test('a missing repository and revision are told apart', async () => {
    await expect(fetchFile('facebook/none', 'config.json', options())).rejects.toEqual(
      failure('hub-not-found', /knows no repository facebook\/none/),
    );
    await expect(fetchFile(repo, 'config.json', { ...options(), revision: 'v9' })).rejects.toEqual(
      failure('hub-not-found', /no revision "v9"/),
    );
  });

  test.each(['facebook', 'a/../b', '../x', 'a--b/c', 'a/b/c', '/a/b', 'a/b.git', 'a/.b', ''])(
    '"%s" is no id',
    async (id) => {
      await expect(fetchFile(id, 'config.json', options())).rejects.toEqual(failure('hub-model', /no Hugging Face id/));
      expect(hub.seen).toEqual([]);
    },
  );

  test.each(['../main', 'a//b', '/main', 'a/..', ''])('"%s" is no revision', async (revision) => {
    await expect(fetchFile(repo, 'config.json', { ...options(), revision })).rejects.toEqual(
      failure('hub-model', /no revision/),
    );
  });

  test('an address with a signature is never shown', async () => {
    hub.faults.push(...Array.from({ length: 3 }, () => ({ kind: 'status', status: 500 }) as const));
    const error = await fetchFile(repo, 'model.safetensors', options({ token: 'hf_secret' })).catch(String);
    expect(error).toMatch(/answered 500/);
    expect(error).not.toMatch(/secret/);
  });
});

describe('without the network', () => {
  test('a cached file is found, another one says how to get it', async () => {
    const { path: file } = await fetchFile(repo, 'config.json', options());
    expect((await fetchFile(repo, 'config.json', options({ offline: true }))).path).toBe(file);
    await expect(fetchFile(repo, 'model.safetensors', options({ offline: true }))).rejects.toEqual(
      failure('hub-offline', /HF_HUB_OFFLINE forbids the network.*"builtin"/),
    );
  });

  test('a server that cannot be reached leaves the cached copy', async () => {
    const { path: file } = await fetchFile(repo, 'config.json', options());
    const unreachable = options({ endpoint: 'http://127.0.0.1:9' });
    expect((await fetchFile(repo, 'config.json', unreachable)).path).toBe(file);
    await expect(fetchFile(repo, 'model.safetensors', unreachable)).rejects.toEqual(
      failure('hub-unreachable', /ECONNREFUSED.*Check the network, HF_ENDPOINT/),
    );
  });

  test('an endpoint that is no address is named', async () => {
    await expect(fetchFile(repo, 'config.json', options({ endpoint: 'huggingface.co' }))).rejects.toEqual(
      failure('hub-protocol', /"huggingface\.co" \(HF_ENDPOINT\)/),
    );
  });
});

describe('a cache', () => {
  test('that cannot be written is named with the remedy', async () => {
    writeFileSync(path.join(cacheDir, 'file'), '');
    await expect(fetchFile(repo, 'config.json', options({ cacheDir: path.join(cacheDir, 'file') }))).rejects.toEqual(
      failure('hub-disk', /HF_HOME/),
    );
    for (const code of ['ENOSPC', 'EROFS', 'EACCES'])
      expect(diskError(Object.assign(new Error('no'), { code }), 'here')).toEqual(failure('hub-disk', /HF_HOME/));
  });

  test.skipIf(process.platform !== 'linux')('where no folder can be made ends in an error, not in a loop', async () => {
    await expect(fetchFile(repo, 'config.json', options({ cacheDir: '/proc/roto/hub' }))).rejects.toEqual(
      failure('hub-disk', /\/proc\/roto\/hub may not be written \(ENOENT\).*HF_HOME/),
    );
  });

  test('keeps what huggingface_hub left unfinished in it', async () => {
    const foreign = path.join(folder(), 'blobs', `${sha256}.1a2b3c4d.incomplete`);
    mkdirSync(path.dirname(foreign), { recursive: true });
    writeFileSync(foreign, 'half');
    await fetchFile(repo, 'model.safetensors', options());
    expect(readFileSync(foreign, 'utf8')).toBe('half');
  });
});

test('three processes at once fetch a file once', async () => {
  const module = pathToFileURL(path.join(import.meta.dirname, 'fetch-file.ts')).href;
  const script = `
    import { fetchFile } from '${module}';
    const found = await fetchFile('${repo}', 'model.safetensors', ${JSON.stringify(options())});
    console.log(found.path);`;
  const run = promisify(execFile);
  const started = Array.from({ length: 3 }, () => run(process.execPath, ['--input-type=module', '-e', script]));
  const paths = (await Promise.all(started)).map(({ stdout }) => stdout.trim());
  expect(new Set(paths).size).toBe(1);
  expect(readFileSync(paths[0]!)).toEqual(large);
  expect(hub.downloads).toHaveLength(1);
});

test('requests take the proxy', async () => {
  const passed: string[] = [];
  const proxy = createServer((request, response) => {
    passed.push(new URL(request.url!).origin);
    const { host: _, ...headers } = request.headers;
    httpRequest(request.url!, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    }).end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { path: file } = await fetchFile(repo, 'model.safetensors', options({ proxy: { HTTP_PROXY: address } }));
  proxy.closeAllConnections();
  proxy.close();
  expect(readFileSync(file)).toEqual(large);
  expect(passed).toContain(hub.endpoint);
});
