import { randomUUID } from 'node:crypto';
import { createConnection } from 'node:net';
import { type ServedFunction, serveFunction } from '@roto/function';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeServerWorld, type ServerWorld } from '../testing/server-world.ts';
import { asKeyframes, trackByCommand } from '../testing/track-by-command.ts';

const LAST = 47;
const silent = { info() {}, warn() {}, error() {} };
const away = await redisAway();
if (away) console.warn(`runs of serverless functions: skipped, ${away}`);

describe.skipIf(away !== undefined)('a run of the serverless function', () => {
  let served: ServedFunction;
  let world: ServerWorld;
  let functionId: number;
  let expected: ReturnType<typeof asKeyframes>;

  beforeAll(async () => {
    const env = {
      ...process.env,
      CVAT_FUNCTIONS_REDIS_HOST: '127.0.0.1',
      CVAT_FUNCTIONS_REDIS_PREFIX: `test-${randomUUID()}:`,
      ROTO_THREADS: '1',
    };
    served = await serveFunction({ host: '127.0.0.1', port: 0, processes: 2, env, log: silent });
    world = await makeServerWorld({ frameCount: LAST + 1, functions: { sam2: served.url } });
    functionId = await found();
    expected = asKeyframes(await trackByCommand(world, world.outline(0, 0), [160, 120]));
  }, 240_000);
  afterAll(async () => {
    await world?.close();
    await served?.[Symbol.asyncDispose]();
  });

  /** The server looks for its functions when it starts and now and then. */
  async function found(): Promise<number> {
    for (let tries = 0; tries < 100; tries++) {
      for await (const { id, provider, name } of world.client.functions.list())
        if (provider === 'nuclio' && name === 'Segment Anything 2: Tracker') return id;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error('The server did not find the function.');
  }

  async function run(onFrame: (frame: number) => void): Promise<ReturnType<typeof asKeyframes>> {
    const track = await world.addTrack(0, 0);
    const ended = await world.track(functionId, [track], 0, LAST, (event) => {
      if (event.kind === 'frame') onFrame(event.frame.frame);
    });
    expect(ended).toMatchObject({ state: 'finished', done_frame: LAST });
    const [, ...tracked] = await world.keyframes(track);
    return tracked.filter(({ outside }) => !outside);
  }

  test('equals `roto track` on the same file, keyframe by keyframe', async () => {
    expect(await run(() => undefined)).toEqual(expected);
  }, 240_000);

  test('equals it also when a process of the function is killed every five frames', async () => {
    const killed = new Set<number>();
    const tracked = await run((frame) => {
      if (frame % 5 !== 0 || killed.has(frame)) return;
      killed.add(frame);
      const [pid] = served.pool.pids;
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    });
    expect(killed.size).toBeGreaterThan(5);
    expect(tracked).toEqual(expected);
  }, 400_000);
});

/** CI has Redis, and a missing one is a failure there. */
async function redisAway(): Promise<string | undefined> {
  if (process.env.CI) return undefined;
  const socket = createConnection(6379, '127.0.0.1');
  const reached = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return reached ? undefined : 'no Redis at 127.0.0.1:6379';
}
