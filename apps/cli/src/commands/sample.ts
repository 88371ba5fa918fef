import type { Command } from 'commander';
import { type ClipOptions, makeClip } from '../clip/make-clip.ts';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { result } from '../print.ts';
import { startProgress } from '../progress.ts';
import { parseWhole } from '../prompts/arguments.ts';

/** One frame between the two that do not count. */
const LEAST_SCORED = 3;

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
        'and prompts.json for `roto track --prompts`. Another sample in the folder is replaced.',
    )
    .option('--seed <n>', 'which clip', '1')
    .option('--hard', 'twins that cross, and an object that hides behind a wall')
    .option('--frames <n>', 'length; 15 frames a second', '120')
    .option('--size <WxH>', 'size of the picture', '1280x720')
    .requiredOption('-o, --out <folder>', 'folder for the files')
    .option('--overwrite', 'replace files of these names in the folder that are no sample')
    .action((flags: Flags) => sample(flags, io));
}

type Flags = ClipFlags & { readonly out: string; readonly overwrite?: boolean };

async function sample(flags: Flags, io: Io): Promise<void> {
  const clip = await renderClip(flags.out, clipOptions(flags), io, flags.overwrite ?? false);
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

/** The options of a clip whose tracking is scored. */
export function scoredClipOptions(flags: ClipFlags): ClipOptions {
  const options = clipOptions(flags);
  if (options.frameCount < LEAST_SCORED)
    throw usageError(
      `--frames ${options.frameCount}: J&F leaves out the first frame and the last, as DAVIS does. Give at least ${LEAST_SCORED}.`,
    );
  return options;
}

export async function renderClip(
  folder: string,
  options: ClipOptions,
  io: Io,
  overwrite?: boolean,
): ReturnType<typeof makeClip> {
  const bar = startProgress(io, `Rendering clip ${options.seed}`, options.frameCount, 'frames');
  try {
    return await makeClip(folder, options, { signal: io.signal, report: bar.update, overwrite });
  } finally {
    bar.stop();
  }
}
