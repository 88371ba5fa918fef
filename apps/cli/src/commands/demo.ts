import path from 'node:path';
import type { Command } from 'commander';
import { meanScore } from '../clip/score.ts';
import { trackClip } from '../clip/track-clip.ts';
import type { Io } from '../io.ts';
import { jsonLine, result, say, table } from '../print.ts';
import { addModelOptions, type ModelFlags, modelChoice } from './options.ts';
import { type ClipFlags, renderClip, scoredClipOptions } from './sample.ts';
import { terminalEvents } from './track.ts';

type Flags = ModelFlags & ClipFlags & { readonly out: string; readonly json?: boolean };

export function addDemo(program: Command, io: Io): void {
  addModelOptions(
    program
      .command('demo')
      .summary('track a rendered clip and compare with the truth')
      .description(
        'Render a clip, outline its objects on the first frame, track them to the last, and compare with the true masks: ' +
          'the same path as `roto track`, from a video file.',
      )
      .option('--seed <n>', 'which clip', '1')
      .option('--hard', 'the harder kind: twins that cross, an object that hides behind a wall')
      .option('--frames <n>', 'length; 15 frames a second', '120')
      .option('--size <WxH>', 'size of the picture', '1280x720')
      .option('-o, --out <folder>', 'folder for the clip and the results; earlier ones there are replaced', 'out/demo')
      .option('--json', 'one JSON object on stdout'),
  ).action((flags: Flags) => demo(flags, io));
}

async function demo(flags: Flags, io: Io): Promise<void> {
  const model = modelChoice(flags);
  const options = scoredClipOptions(flags);
  const clip = await renderClip(path.join(flags.out, 'clip'), options, io);
  const { report, scores } = await trackClip(
    clip,
    path.join(flags.out, 'tracked'),
    model,
    ['coco', 'davis', 'cvat', 'overlay'],
    terminalEvents(io),
    io,
  );
  const speed = report.tracked / report.seconds;
  const overlay = path.resolve(report.files.overlay!);
  if (flags.json) {
    jsonLine(io, {
      seed: options.seed,
      hard: flags.hard ?? false,
      scores,
      mean: meanScore(scores),
      framesPerSecond: speed,
      overlay,
    });
    return;
  }
  const rows = scores.map(({ id, label, j, f, mean }) => [`${id}`, label, j.toFixed(3), f.toFixed(3), mean.toFixed(3)]);
  result(io, '');
  result(io, table([['id', 'object', 'J', 'F', 'J&F'], ...rows, ['', 'mean', '', '', meanScore(scores).toFixed(3)]]));
  result(
    io,
    `\nJ: overlap with the true mask, F: its boundary; means over frames 1 to ${options.frameCount - 2}, as DAVIS counts` +
      ' (without the outlined first frame and the last one).',
  );
  result(
    io,
    `${speed.toFixed(1)} frames a second with ${scores.length} objects at ${options.width} × ${options.height}, video decoding included.`,
  );
  result(io, `\nWatch it: ${overlay}`);
  say(io, 'Your own video: roto track VIDEO --box x0,y0,x1,y1 -o out   (roto track --help)');
}
