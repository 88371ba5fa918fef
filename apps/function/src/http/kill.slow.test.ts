import { createClient } from 'redis';
import { describe, expect, test } from 'vitest';
import { makeClip, reply, silent, type TrackReply } from '../testing/calls.ts';
import { redisProblem, startRedis } from '../testing/redis-process.ts';
import { type ServedFunction, serveFunction } from './serve.ts';

const FRAMES = 100;
const OBJECTS = 8;

const away = redisProblem();
describe.skipIf(away !== undefined)(`four processes, ${OBJECTS} objects, ${FRAMES} frames`, () => {
  test('with one killed every ten frames the masks are those of one undisturbed process, and no step is made twice', async () => {
    const clip = await makeClip(FRAMES);
    const shapes = Array.from({ length: OBJECTS }, (_, i) => clip.outline(i));
    const follow = async (
      processes: number,
      kill: boolean,
    ): Promise<{ frames: TrackReply['shapes'][]; bytes: number }> => {
      await using redis = await startRedis();
      const env = {
        ...process.env,
        CVAT_FUNCTIONS_REDIS_HOST: '127.0.0.1',
        CVAT_FUNCTIONS_REDIS_PORT: String(redis.options.port),
        ROTO_THREADS: '1',
      };
      await using stack = new AsyncDisposableStack();
      const replicas: ServedFunction[] = [];
      for (let i = 0; i < processes; i++)
        replicas.push(stack.use(await serveFunction({ host: '127.0.0.1', port: 0, processes: 1, env, log: silent })));
      const random = seeded(7);
      const call = async (body: object, killed = false): Promise<TrackReply> => {
        for (let tries = 0; ; tries++) {
          const { url, pool } = replicas[Math.floor(random() * replicas.length)]!;
          const timer =
            killed && tries === 0
              ? setTimeout(() => process.kill(pool.pids[0]!, 'SIGKILL'), random() * 500)
              : undefined;
          const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
          const text = await answer.text();
          clearTimeout(timer);
          // A killed process is a 500, one that starts again a 503, a lease that a dead one held a 409; the call is
          // repeated with the same states.
          const again = [500, 503].includes(answer.status) || JSON.parse(text).code === 'busy';
          if (!again || tries > 60) return reply({ status: answer.status, contentType: '', body: text });
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      };
      let answer = await call({ image: clip.images[0], shapes, states: [] });
      const frames: TrackReply['shapes'][] = [];
      for (let frame = 1; frame < FRAMES; frame++) {
        const states = { image: clip.images[frame], shapes: shapes.map(() => null), states: answer.states };
        answer = await call(states, kill && frame % 10 === 5);
        expect(answer.states.map(({ v }) => v)).toEqual(shapes.map(() => frame));
        frames.push(answer.shapes);
      }
      const client = await createClient({ url: `redis://127.0.0.1:${redis.options.port}` }).connect();
      const stats = await client.info('stats');
      client.destroy();
      const bytes = [...stats.matchAll(/total_net_(?:in|out)put_bytes:(\d+)/g)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      );
      return { frames, bytes: bytes / ((FRAMES - 1) * OBJECTS) };
    };
    const alone = await follow(1, false);
    const disturbed = await follow(4, true);
    expect(disturbed.frames).toEqual(alone.frames);
    console.log(
      `bytes read and written per object and frame: one process ${Math.round(alone.bytes)}, four with kills ${Math.round(disturbed.bytes)}`,
    );
  }, 900_000);
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
