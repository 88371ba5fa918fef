import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { meanScore, type ObjectScore } from '../clip/score.ts';
import { trackClip } from '../clip/track-clip.ts';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { jsonLine, result, say, table } from '../print.ts';
import { parseWhole } from '../prompts/arguments.ts';
import type { TrackEvents } from '../track/events.ts';
import { addModelOptions, type ModelFlags, modelChoice } from './options.ts';
import { renderClip, scoredClipOptions } from './sample.ts';

type Flags = ModelFlags & {
  readonly seeds: string;
  readonly hard?: boolean;
  readonly frames: string;
  readonly size: string;
  readonly json?: boolean;
};

export function addEval(program: Command, io: Io): void {
  addModelOptions(
    program
      .command('eval')
      .summary('J&F of a model on rendered clips')
      .description('Track rendered clips of many seeds and print J&F per object: what a model is worth on them.')
      .option('--seeds <list>', 'such as 1-10 or 3,5,8-9', '1-10')
      .option('--hard', 'the harder kind: twins that cross, an object that hides behind a wall')
      .option('--frames <n>', 'length of each clip', '120')
      .option('--size <WxH>', 'size of the picture', '1280x720')
      .option('--json', 'one JSON object per clip, then one with the mean'),
  ).action((flags: Flags) => evaluate(flags, io));
}

async function evaluate(flags: Flags, io: Io): Promise<void> {
  const model = modelChoice(flags);
  const options = scoredClipOptions({ ...flags, seed: '0' });
  const all: ObjectScore[] = [];
  const rows: (string | number)[][] = [];
  const events = silent(io);
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-eval-'));
  try {
    for (const seed of parseSeeds(flags.seeds)) {
      const place = path.join(folder, String(seed));
      const clip = await renderClip(place, { ...options, seed }, io);
      const { report, scores } = await trackClip(clip, path.join(place, 'tracked'), model, [], events, io);
      await rm(place, { recursive: true });
      all.push(...scores);
      const speed = report.tracked / report.seconds;
      if (flags.json)
        jsonLine(io, { seed, hard: flags.hard ?? false, scores, mean: meanScore(scores), framesPerSecond: speed });
      for (const { label, j, f, mean } of scores)
        rows.push([seed, label, j.toFixed(3), f.toFixed(3), mean.toFixed(3), speed.toFixed(1)]);
      say(
        io,
        `seed ${seed}: J&F ${meanScore(scores).toFixed(3)} over ${scores.length} objects, ${speed.toFixed(1)} frames/s`,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const mean = meanScore(all);
  if (flags.json) jsonLine(io, { mean, objects: all.length });
  else {
    result(io, table([['seed', 'object', 'J', 'F', 'J&F', 'frames/s'], ...rows]));
    result(
      io,
      `\nmean J&F ${mean.toFixed(3)} over ${all.length} objects (DAVIS: without the first and the last frame)`,
    );
  }
}

/** `1-3,7` → 1, 2, 3, 7. */
function parseSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    if (from === undefined)
      throw usageError(`--seeds ${JSON.stringify(text)}: give numbers and ranges, such as 1-10 or 3,5,8-9.`);
    const first = parseWhole(from, '--seeds', 0, 1e9);
    const last = parseWhole(to ?? from, '--seeds', 0, 1e9);
    if (last < first || last - first >= 1000)
      throw usageError(`--seeds ${part}: give a range that rises, of at most 1000 seeds.`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return [...new Set(seeds)];
}

/** Warnings only, each once: what is true of the model is true of every clip. */
function silent(io: Io): TrackEvents {
  const told = new Set<string>();
  return {
    start() {},
    frame() {},
    recomputed() {},
    writing() {},
    stop() {},
    warn(message) {
      if (!told.has(message)) say(io, `Warning: ${message}`);
      told.add(message);
    },
  };
}
