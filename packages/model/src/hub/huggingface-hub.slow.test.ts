// The cache shared with the real huggingface_hub (Python), both ways. Needs python3 with huggingface_hub; run it with
//   npx vitest run --config vitest.slow.config.ts packages/model/src/hub
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeHub } from './fake-hub.ts';
import { fetchFile } from './fetch-file.ts';
import { hubOptionsFromEnv } from './options.ts';

const run = promisify(execFile);
const repo = 'facebook/sam2.1-hiera-tiny';
const weights = Buffer.concat(Array.from({ length: 50_000 }, (_, i) => createHash('md5').update(`${i}`).digest()));
const installed = (() => {
  try {
    execFileSync('python3', ['-c', 'import huggingface_hub'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let hub: FakeHub;
let home: string;
let commit: string;
beforeEach(async () => {
  hub = await FakeHub.start();
  commit = hub.publish(repo, { 'config.json': '{"model_type": "sam2_video"}', 'model.safetensors': weights });
  home = mkdtempSync(path.join(tmpdir(), 'roto-hf-'));
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

const environment = () => ({ HOME: home, HF_HOME: path.join(home, 'hf'), HF_ENDPOINT: hub.endpoint });
const python = async (program: string, more: Record<string, string> = {}) => {
  const env = { ...process.env, ...environment(), HF_HUB_DISABLE_TELEMETRY: '1', ...more };
  return (await run('python3', ['-c', program], { env })).stdout.trim();
};
const fromPython = (file: string) =>
  `from huggingface_hub import hf_hub_download; print(hf_hub_download('${repo}', '${file}'))`;
const ours = (more: Record<string, string> = {}) => ({ hub: hubOptionsFromEnv({ ...environment(), ...more }) });

describe.skipIf(!installed)('one cache for huggingface_hub and us', () => {
  test('what Python downloaded we find offline, at the same path', async () => {
    for (const file of ['config.json', 'model.safetensors']) {
      const theirs = await python(fromPython(file));
      const found = await fetchFile(repo, file, ours({ HF_HUB_OFFLINE: '1' }));
      expect(found.path).toBe(theirs);
      expect(found.commit).toBe(commit);
    }
    expect(hub.downloads).toHaveLength(1);
  });

  test('what we downloaded Python finds offline, at the same path, and lists without a warning', async () => {
    for (const file of ['config.json', 'model.safetensors']) {
      const found = await fetchFile(repo, file, ours());
      expect(await python(fromPython(file), { HF_HUB_OFFLINE: '1' })).toBe(found.path);
    }
    const listing = await python(
      'from huggingface_hub import scan_cache_dir; c = scan_cache_dir(); print([(r.repo_id, r.nb_files, r.size_on_disk) for r in c.repos], c.warnings)',
    );
    expect(listing).toBe(`[('${repo}', 2, ${weights.length + 28})] []`);
  });

  test('a token logged in with Python is used, and Python leaves what we began alone', async () => {
    hub.token = 'hf_shared';
    await python(
      "import pathlib, os; p = pathlib.Path(os.environ['HF_HOME']); p.mkdir(parents=True); (p / 'token').write_text('hf_shared')",
    );
    hub.faults.push({ kind: 'cut', after: 300_000 });
    await expect(fetchFile(repo, 'model.safetensors', { hub: { ...ours().hub, attempts: 1 } })).rejects.toThrow();
    const theirs = await python(fromPython('model.safetensors'));
    expect(readFileSync(theirs)).toEqual(weights);
    expect((await fetchFile(repo, 'model.safetensors', ours())).path).toBe(theirs);
    // Our half is of no use any more.
    expect(readdirSync(path.join(home, 'hf/hub/models--facebook--sam2.1-hiera-tiny/blobs'))).toHaveLength(1);
  });

  test('both at once end with one sound file', async () => {
    const [theirs, found] = await Promise.all([
      python(fromPython('model.safetensors')),
      fetchFile(repo, 'model.safetensors', ours()),
    ]);
    expect(found.path).toBe(theirs);
    expect(readFileSync(found.path)).toEqual(weights);
  });
});

test('the lock of a killed process is taken over and its download continued', async () => {
  hub.faults.push({ kind: 'stall', after: 400_000 });
  const module = pathToFileURL(path.join(import.meta.dirname, 'fetch-file.ts')).href;
  const script = `import { fetchFile } from '${module}'; await fetchFile('${repo}', 'model.safetensors', ${JSON.stringify(ours())});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  const partial = path.join(
    home,
    'hf/hub/models--facebook--sam2.1-hiera-tiny/blobs',
    `${createHash('sha256').update(weights).digest('hex')}.roto.incomplete`,
  );
  while (!existsSync(partial) || readFileSync(partial).length < 400_000)
    await new Promise((wake) => setTimeout(wake, 20));
  child.kill('SIGKILL');
  const states = new Set<string>();
  const found = await fetchFile(repo, 'model.safetensors', { ...ours(), onProgress: ({ state }) => states.add(state) });
  expect(states).toEqual(new Set(['waiting', 'downloading']));
  expect(readFileSync(found.path)).toEqual(weights);
  expect(hub.downloads.at(-1)?.range).toBe('bytes=400000-');
}, 40_000);
