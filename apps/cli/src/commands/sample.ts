import type { Command } from 'commander';
import { type ClipOptions, makeClip } from '../clip/make-clip.ts';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { result } from '../print.ts';
import { startProgress } from '../progress.ts';
import { parseWhole } from '../prompts/arguments.ts';

export type ClipFlags = {
  readonly seed: string;
  readonly hard?: boolean;
  readonly frames: string;
  readonly size: string;
};

export function addSample(program: Command, io: Io): void {
  program
    .command('sample')
    .summary('render a clip with its true masks')
    .description(
      'Render a clip of moving objects from a seed: clip.mp4, its true masks as PNGs (Annotations/clip/00000.png …), ' +
        'and prompts.json for `roto track --prompts`.',
    )
    .option('--seed <n>', 'which clip', '1')
    .option('--hard', 'twins that cross, and an object that hides behind a wall')
    .option('--frames <n>', 'length; 15 frames a second', '120')
    .option('--size <WxH>', 'size of the picture', '1280x720')
    .requiredOption('-o, --out <folder>', 'folder for the files')
    .action((flags: ClipFlags & { out: string }) => sample(flags, io));
}

async function sample(flags: ClipFlags & { out: string }, io: Io): Promise<void> {
  const clip = await renderClip(flags.out, clipOptions(flags), io);
  for (const file of [clip.video, clip.truth, clip.prompts]) result(io, file);
}

export function clipOptions({ seed, hard, frames, size }: ClipFlags): ClipOptions {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(size) ?? [];
  if (!width || !height) throw usageError(`--size ${JSON.stringify(size)}: give width and height, such as 1280x720.`);
  return {
    seed: parseWhole(seed, '--seed', 0, 1e9),
    difficulty: hard ? 'hard' : 'plain',
    frameCount: parseWhole(frames, '--frames', 2, 450),
    width: parseWhole(width, '--size', 32, 4096),
    height: parseWhole(height, '--size', 32, 4096),
  };
}

export async function renderClip(folder: string, options: ClipOptions, io: Io): ReturnType<typeof makeClip> {
  const bar = startProgress(io, `Rendering clip ${options.seed}`, options.frameCount, 'frames');
  try {
    return await makeClip(folder, options, io.signal, bar.update);
  } finally {
    bar.stop();
  }
}
