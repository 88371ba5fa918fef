import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FunctionWorker } from '../http/worker.ts';
import { silent } from '../testing/calls.ts';

const file = (...names: string[]): string => path.join(import.meta.dirname, ...names);
const stock = file('..', 'testing', 'stock-wrapper.cjs');
const env = { ...process.env, ROTO_STATE_STORE: 'memory', CVAT_FUNCTIONS_REDIS_HOST: '' };

describe.each([
  ['our wrapper', [file('wrapper.ts'), 'main.mjs', 'handler']],
  ['the stock wrapper that parses chunk by chunk', [stock, file('handler.ts'), 'chunks']],
  ['the stock wrapper that joins text', [stock, file('handler.ts'), 'text']],
] as const)('%s', (_name, program) => {
  let worker: FunctionWorker;
  beforeAll(async () => {
    worker = await FunctionWorker.start(env, silent, [...program]);
    await worker.started;
  });
  afterAll(() => worker?.[Symbol.asyncDispose]());

  // An event line is the base64 of the body and about 100 bytes; the kernel cuts it into chunks of 64 KiB.
  test.each([1_000, 36_000, 65_535, 65_536, 65_537, 5_000_000, 40_000_000])(
    'an event with a body of %d bytes is answered',
    async (bytes) => {
      const opening = '{"image":"';
      const body = Buffer.from(`${opening}${'A'.repeat(bytes - opening.length - 2)}"}`);
      const answer = await worker.call({ method: 'POST', path: '/', headers: {}, body });
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toEqual({
        code: 'bad-request',
        message: 'The call has neither shapes nor states.',
      });
    },
  );

  test('unusable events are answered and do not end the process', async () => {
    for (const body of [
      '',
      'not json',
      '[]',
      '{"image": 5}',
      '{"image":"AAAA","shapes":[{"type":"polygon","points":[1]}]}',
    ]) {
      const answer = await worker.call({ method: 'POST', path: '/', headers: {}, body: Buffer.from(body) });
      expect([answer.status, body]).toEqual([400, body]);
    }
    expect((await worker.call({ method: 'GET', path: '/ready', headers: {}, body: Buffer.alloc(0) })).status).toBe(200);
    expect((await worker.call({ method: 'GET', path: '/nothing', headers: {}, body: Buffer.alloc(0) })).status).toBe(
      404,
    );
  });
});

test('a function that is set up wrongly ends with the name of the variable', async () => {
  const worker = await FunctionWorker.start({ ...env, ROTO_STATE_STORE: '' }, silent);
  await expect(worker.started).rejects.toThrow(/ended \(exit code 1\)/);
});
