// Reading speed: frames a second in a row, backwards and at random, with the parts of a sequential read apart.
//
//   node bench/media.ts [VIDEO] [--threads 4] [--frames 300]
//
// Without VIDEO a 1280 × 720 H.264 clip with B-frames is made in a temporary folder (10 s, a key frame every 250).
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { type FrameSource, openSource, readAhead } from '../packages/media/src/index.ts';
import { makeClip } from '../packages/media/src/testing/clips.ts';
import { seededRandom } from '../packages/media/src/testing/random.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: String(Math.min(4, availableParallelism())) },
    frames: { type: 'string', default: '300' },
  },
});
const temporary = await mkdtemp(join(tmpdir(), 'roto-media-bench-'));
const threads = Number(values.threads);

async function timed(name: string, count: number, work: () => Promise<void>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  console.log(
    `${name.padEnd(34)} ${((count / ms) * 1000).toFixed(0).padStart(5)} frames a second, ` +
      `${((user + system) / 1000 / count).toFixed(1)} ms of CPU a frame, event loop held at most ${(delay.max / 1e6).toFixed(0)} ms`,
  );
}

async function fresh(path: string, work: (source: FrameSource) => Promise<void>): Promise<void> {
  await using source = await openSource(path, { threads });
  await work(source);
}

try {
  let path = positionals[0];
  if (path === undefined) {
    path = join(temporary, 'clip.mp4');
    await makeClip(path, {
      encoder: 'libx264',
      container: 'mp4',
      width: 1280,
      height: 720,
      frames: Number(values.frames),
      encoderOptions: { preset: 'medium', crf: '23', threads: '4' },
    });
  }
  const started = performance.now();
  await using opened = await openSource(path, { threads });
  const { codec, width, height, frameCount } = opened.info;
  console.log(
    `${codec} ${width} × ${height}, ${frameCount} frames, ${threads} threads of ${availableParallelism()} cores`,
  );
  console.log(`open                               ${(performance.now() - started).toFixed(0)} ms`);
  const count = Math.min(frameCount, Number(values.frames));
  for (let round = 0; round < 2; round++) {
    await fresh(path, (source) =>
      timed('one after another', count, async () => {
        for (let index = 0; index < count; index++) await source.read(index);
      }),
    );
    await fresh(path, (source) =>
      timed('one after another, read ahead by 3', count, async () => {
        for await (const frame of readAhead(source, Array(count).keys(), 3)) if (frame.rgb.length === 0) break;
      }),
    );
  }
  await fresh(path, (source) =>
    timed('backwards from the end', 100, async () => {
      for (let i = 1; i <= 100; i++) await source.read(frameCount - Math.min(i, frameCount));
    }),
  );
  const random = seededRandom(1);
  await fresh(path, (source) =>
    timed('at random', 60, async () => {
      for (let i = 0; i < 60; i++) await source.read(Math.floor(random() * frameCount));
    }),
  );
} finally {
  await rm(temporary, { recursive: true, force: true });
}
