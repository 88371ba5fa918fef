import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = path.resolve(import.meta.dirname, '../../../..');
const serverless = path.join(root, 'serverless');
const files = readdirSync(serverless, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /function(-gpu)?\.yaml$/.test(name),
);

type FunctionYaml = {
  metadata: { name: string; annotations: Record<string, string> };
  spec: {
    handler: string;
    env: { name: string; value: string }[];
    build: { baseImage: string };
    triggers: { http: { numWorkers: number; attributes: { maxRequestBodySize: number } } };
    resources: { limits: Record<string, unknown> };
  } & Record<string, unknown>;
};

/** Members of `spec` that Nuclio knows; its schema takes any, so a misspelt one would be ignored. */
const KNOWN =
  'description runtime handler eventTimeout readinessTimeoutSeconds env build triggers resources minReplicas maxReplicas platform'.split(
    ' ',
  );

describe.each(files)('%s', (name) => {
  const { metadata, spec } = parse(readFileSync(path.join(serverless, name), 'utf8')) as FunctionYaml;

  test('has only members that Nuclio knows, annotations as text, and a name that CVAT accepts', () => {
    expect(Object.keys(spec).filter((member) => !KNOWN.includes(member))).toEqual([]);
    for (const value of Object.values(metadata.annotations)) expect(typeof value).toBe('string');
    expect(metadata.name).toMatch(/^[a-z0-9][a-z0-9.-]*$/);
    expect(spec.triggers.http.attributes.maxRequestBodySize).toBe(64 * 2 ** 20);
  });

  test('names files that exist', () => {
    const [file] = spec.handler.split(':');
    expect(existsSync(path.join(serverless, path.dirname(name), file!))).toBe(true);
    const wrapper = spec.env.find((variable) => variable.name === 'NUCLIO_NODEJS_WRAPPER_PATH')!.value;
    expect(existsSync(path.join(root, wrapper.replace('/opt/roto/', '')))).toBe(true);
  });

  test('asks for a GPU where it says so', () => {
    const isGpu = name.endsWith('-gpu.yaml');
    expect('nvidia.com/gpu' in spec.resources.limits).toBe(isGpu);
    expect(spec.env.find((variable) => variable.name === 'ROTO_DEVICE')!.value).toBe(isGpu ? 'cuda' : 'cpu');
  });
});

describe.skipIf(process.platform === 'win32')('deploy scripts', () => {
  let bin: string;
  // Stand-ins that write down how they are called.
  beforeAll(() => {
    bin = mkdtempSync(path.join(tmpdir(), 'roto-bin-'));
    for (const command of ['docker', 'nuctl']) {
      const file = path.join(bin, command);
      writeFileSync(file, `#!/bin/sh\necho ${command} "$@" >> "${bin}/calls"\n`);
      chmodSync(file, 0o755);
    }
  });
  afterAll(() => rmSync(bin, { recursive: true, force: true }));
  const run = (script: string, args: string[], env: Record<string, string> = {}): string[] => {
    rmSync(path.join(bin, 'calls'), { force: true });
    execFileSync(path.join(serverless, script), args, {
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, ...env },
    });
    return readFileSync(path.join(bin, 'calls'), 'utf8').trim().split('\n');
  };

  test('deploy every function of the folder, with the variables of the document', () => {
    const calls = run('deploy_cpu.sh', []);
    expect(calls[0]).toMatch(/^docker build --tag roto\.function\.base:latest/);
    expect(calls[1]).toBe('nuctl create project cvat --platform local');
    const deployed = calls.filter((call) => call.startsWith('nuctl deploy'));
    expect(deployed).toHaveLength(2);
    for (const call of deployed) {
      expect(call).toContain('--project-name cvat');
      expect(call).toContain('--env CVAT_FUNCTIONS_REDIS_HOST=cvat_redis_ondisk --env CVAT_FUNCTIONS_REDIS_PORT=6666');
      expect(call).toContain('--platform-config {"attributes": {"network": "cvat_cvat"}}');
    }
  });

  test('deploy one folder on the GPU, with a Redis of its own', () => {
    const calls = run('deploy_gpu.sh', [path.join(serverless, 'roto/sam2')], {
      REDIS_HOST: 'redis',
      REDIS_PORT: '6379',
      REDIS_PASSWORD: 'a b',
    });
    const [deployed, ...more] = calls.filter((call) => call.startsWith('nuctl deploy'));
    expect(more).toEqual([]);
    expect(deployed).toContain('function-gpu.yaml');
    expect(deployed).toContain('--env CVAT_FUNCTIONS_REDIS_PASSWORD=a b');
  });

  test('refuse a folder without functions', () => {
    expect(() => run('deploy_cpu.sh', [bin])).toThrow();
    expect(() => run('deploy_cpu.sh', ['/nothing/here'])).toThrow();
  });
});
