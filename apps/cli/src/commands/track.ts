import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { Interrupted, usageError } from '../errors.ts';
import { parseFormats } from '../formats/formats.ts';
import type { Io } from '../io.ts';
import { describeModel } from '../model.ts';
import { duration, jsonLine, plural, printable, result, say } from '../print.ts';
import { type Progress, startProgress } from '../progress.ts';
import { parseBox, parseFrame, parsePoints, parsePolygon } from '../prompts/arguments.ts';
import type { ObjectPlan, PromptShape } from '../prompts/plan.ts';
import { readPromptsFile } from '../prompts/prompts-file.ts';
import type { TrackEvents } from '../track/events.ts';
import { OUTPUT } from '../track/output-folder.ts';
import { runTrack } from '../track/run.ts';
import type { TrackReport } from '../track/tracking.ts';
import { addModelOptions, type ModelFlags, modelChoice } from './options.ts';

type Flags = ModelFlags & {
  readonly polygon?: string;
  readonly mask?: string;
  readonly box?: string;
  readonly points?: string;
  readonly prompts?: string;
  readonly label?: string;
  readonly frame?: string;
  readonly to?: string;
  readonly backward?: boolean;
  readonly deinterlace?: boolean;
  readonly out: string;
  readonly format: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
};

const EXAMPLES = `
Examples
  One object, outlined on frame 0, to frame 60:
    roto track clip.mp4 --polygon "450,412 505,381 648,393 699,434 662,545 555,534" --to 60 -o out
  By a box, by clicks (+ on the object, - beside it), by a mask image:
    roto track clip.mp4 --box 430,380,700,550 --label dog -o out
    roto track clip.mp4 --points "560,430,+ 560,530,-" -o out
    roto track clip.mp4 --mask dog.png --frame 25 -o out
  From frame 80 back to frame 20:
    roto track clip.mp4 --box 430,380,700,550 --frame 80 --to 20 --backward -o out
  Several objects, several prompts each (docs/guide/prompts.md):
    roto track clip.mp4 --prompts prompts.json -o out
  A folder of images, a published model, a GPU:
    roto track frames/ --box 10,10,90,90 --model facebook/sam2.1-hiera-tiny --device cuda -o out
  After Ctrl+C or a crash, or to go further than before: the same command, with --resume.

Frames are numbered from 0 in the order in which they are shown; coordinates are pixels of the video, from its
top-left corner. The output folder gets results.jsonl (a line per frame, masks as COCO run lengths) and, by --format,
coco.json, davis/ (PNG masks), cvat.json (polygon tracks) and overlay.mp4.

Exit codes: 0 done, 2 arguments, 3 input, 4 model, 5 device, 6 output, 130 interrupted, 1 a fault of ours.`;

export function addTrack(program: Command, io: Io): void {
  addModelOptions(
    program
      .command('track')
      .summary('follow outlined objects through a video')
      .description('Follow objects through a video, from an outline on one frame to a target frame.')
      .argument('<input...>', 'a video, a folder of same-size images, or images in order')
      .option('--polygon <points>', 'outline "x,y x,y x,y …"')
      .option('--mask <file>', 'image of the size of the video; what is not black is the object')
      .option('--box <x0,y0,x1,y1>', 'left, top, right, bottom; --points may refine it')
      .option('--points <clicks>', 'clicks "x,y,+ x,y,-"')
      .option('--prompts <file>', 'JSON file with several objects or frames (docs/guide/prompts.md)')
      .option('--label <name>', 'name of the object (default: object)')
      .option('--frame <n>', 'frame of the outline (default: 0)')
      .option('--to <n>', 'last frame, inclusive (default: the end; backward: frame 0)')
      .option('--backward', 'go towards the beginning')
      .option('--deinterlace', 'of interlaced video, look at the first field of each picture only')
      .requiredOption('-o, --out <folder>', 'output folder')
      .option('--format <list>', 'of coco, davis, cvat, overlay; or all, none', 'all')
      .option('--resume', 'go on with the results in the output folder')
      .option('--overwrite', 'replace the results in the output folder')
      .option('--json', 'one JSON object per line on stdout: start, frame, done, error'),
  )
    .addHelpText('after', EXAMPLES)
    .action((input: string[], flags: Flags) => track(input, flags, io));
}

async function track(input: readonly string[], flags: Flags, io: Io): Promise<void> {
  if (flags.resume && flags.overwrite)
    throw usageError('--resume and --overwrite contradict each other; give one of them.');
  const objects = await promptedObjects(flags);
  const report = await runTrack(
    {
      input: input.length === 1 ? input[0]! : input,
      objects,
      to: flags.to === undefined ? undefined : parseFrame(flags.to, '--to'),
      backward: flags.backward ?? false,
      deinterlace: flags.deinterlace ?? false,
      model: modelChoice(flags),
      out: flags.out,
      existing: flags.resume ? 'resume' : flags.overwrite ? 'overwrite' : 'refuse',
      formats: parseFormats(flags.format),
    },
    flags.json ? jsonEvents(io) : terminalEvents(io),
    readConfig(io.env),
    io,
  );
  if (flags.json) jsonLine(io, { event: report.interrupted ? 'interrupted' : 'done', ...reportJson(report) });
  else for (const file of Object.values(report.files)) result(io, file);
  if (!flags.json || report.interrupted) say(io, summary(report));
  if (report.interrupted) throw new Interrupted('SIGINT', true);
}

/** What the prompt options say; exactly one way of saying it. */
async function promptedObjects(flags: Flags): Promise<ObjectPlan[]> {
  const given = (['polygon', 'mask', 'box', 'points', 'prompts'] as const).filter((name) => flags[name] !== undefined);
  const names = given.map((name) => `--${name}`).join(' and ');
  const boxWithPoints = given.length === 2 && given.includes('box') && given.includes('points');
  if (given.length === 0)
    throw usageError(
      'Say what to track: --polygon, --mask, --box, --points or --prompts (`roto track --help` has examples).',
    );
  if (given.length > 1 && !boxWithPoints)
    throw usageError(
      `${names} were given together; give one. Several objects or frames go into a prompts file (--prompts).`,
    );
  if (flags.prompts !== undefined) {
    for (const name of ['frame', 'label'] as const)
      if (flags[name] !== undefined) throw usageError(`--${name} has no meaning beside --prompts; the file says it.`);
    return readPromptsFile(flags.prompts);
  }
  if (flags.label !== undefined && (flags.label.trim() === '' || flags.label.length > 200))
    throw usageError('--label must be a text of 1 to 200 characters.');
  const frame = flags.frame === undefined ? 0 : parseFrame(flags.frame, '--frame');
  return [{ id: 1, label: flags.label ?? 'object', prompts: [{ frame, shape: promptShape(flags) }] }];
}

function promptShape({ polygon, mask, box, points }: Flags): PromptShape {
  if (polygon !== undefined) return { kind: 'polygon', region: [{ outer: parsePolygon(polygon), holes: [] }] };
  if (mask !== undefined) return { kind: 'mask-file', path: mask };
  if (box !== undefined)
    return { kind: 'box', box: parseBox(box), points: points === undefined ? [] : parsePoints(points) };
  return { kind: 'points', points: parsePoints(points ?? '') };
}

/** Events for people: what is about to happen, then a bar. */
export function terminalEvents(io: Io): TrackEvents {
  let bar: Progress | undefined;
  let what: string | undefined;
  const show = (next: string, done: number, total: number, start: number, unit: string) => {
    if (what !== next) {
      bar?.stop();
      bar = startProgress(io, next, total, unit, start);
      what = next;
    }
    bar?.update(done);
    if (done === total) {
      bar?.stop();
      bar = undefined;
    }
  };
  let already = 0;
  return {
    start({ source, pass, model, choice, objects, done, total, recompute }) {
      already = done;
      const { width, height, frameCount } = source;
      say(io, `${printable(source.name)}: ${width} × ${height}, ${plural(frameCount, 'frame')}`);
      const labels = objects.slice(0, 5).map(({ label }) => printable(label));
      const more = objects.length > 5 ? ` and ${objects.length - 5} more` : '';
      say(io, `${labels.join(', ')}${more}: frame ${pass.from} to ${pass.to}, with ${describeModel(model, choice)}`);
      if (done > 0) say(io, `${done} of ${plural(total, 'frame')} ${done === 1 ? 'is' : 'are'} done already.`);
      if (recompute === 0 && done < total) show('Tracking', done, total, done, 'frames');
    },
    frame: (_, done, total) => show('Tracking', done, total, already, 'frames'),
    recomputed: (_, done, total) => show('Going over the last of them again', done, total, 0, 'frames'),
    writing: (file, done, total) => show(`Writing ${file}`, done, total, 0, 'frames'),
    warn: (message) => say(io, `Warning: ${message}`),
    stop() {
      bar?.stop();
      bar = undefined;
      what = undefined;
    },
  };
}

/** Events for machines. */
function jsonEvents(io: Io): TrackEvents {
  return {
    start: ({ model, choice, ...facts }) =>
      jsonLine(io, { event: 'start', model: { name: model.name, ...choice }, ...facts }),
    frame: ({ frame, name, timeSec, pictureOf, objects }, done, total) =>
      jsonLine(io, {
        event: 'frame',
        frame,
        name,
        timeSec,
        pictureOf,
        done,
        total,
        objects: objects.map(({ id, label, presence, predictedIou, box }) => ({
          id,
          label,
          presence,
          predictedIou,
          box: box && [box.x0, box.y0, box.x1, box.y1],
        })),
      }),
    recomputed: ({ frame }, done, total) => jsonLine(io, { event: 'recomputed', frame, done, total }),
    writing: (file, done, total) => {
      if (done === total) jsonLine(io, { event: 'written', file });
    },
    warn: (message) => jsonLine(io, { event: 'warning', message }),
    stop() {},
  };
}

function reportJson({ interrupted, seconds, tracked, unwritten, ...facts }: TrackReport): object {
  const framesPerSecond = seconds > 0 ? tracked / seconds : 0;
  return { ...facts, tracked, seconds, framesPerSecond, ...(interrupted && { unwritten }) };
}

export function summary({ folder, done, total, tracked, seconds, interrupted, unwritten }: TrackReport): string {
  if (interrupted) {
    const kept = `Interrupted: ${done} of ${plural(total, 'frame')} ${done === 1 ? 'is' : 'are'} kept in ${folder}`;
    if (unwritten.length === 0) return `${kept}. Give the same command with --resume to go on.`;
    const names = unwritten.map((format) => OUTPUT[format]).join(', ');
    const are = unwritten.length === 1 ? 'is' : 'are';
    return `${kept}, but ${names} ${are} not written. Give the same command with --resume to write the rest.`;
  }
  if (tracked > 0)
    return `${plural(tracked, 'frame')} in ${duration(seconds)}, ${(tracked / seconds).toFixed(2)} a second`;
  return total === 1 ? 'The one frame was done already.' : `All ${total} frames were done already.`;
}
