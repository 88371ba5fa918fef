import type { NodeClient } from '@roto/client/node';
import type { Job, RunProgress } from '@roto/wire';
import type { Command } from 'commander';
import { Interrupted, serverError, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { jsonLine, printable, result, say } from '../print.ts';
import { type Progress, startProgress } from '../progress.ts';
import { parseBox, parseFrame, parsePolygon, parseWhole } from '../prompts/arguments.ts';
import { type ObjectPlan, type PromptShape, promptedFrames } from '../prompts/plan.ts';
import { readPromptsFile } from '../prompts/prompts-file.ts';
import { addConnectionOptions, CONNECTION_HELP, connect } from '../server/connection.ts';
import { clicks, outlinesOf } from '../server/outlines.ts';
import { taskId } from './task-arguments.ts';

type Flags = {
  readonly function?: string;
  readonly frame?: string;
  readonly to?: string;
  readonly backward?: boolean;
  readonly object?: readonly string[];
  readonly polygon?: string;
  readonly box?: string;
  readonly mask?: string;
  readonly points?: string;
  readonly prompts?: string;
  readonly label?: string;
  readonly convert?: boolean;
  readonly wait: boolean;
  readonly cancel?: boolean;
  readonly json?: boolean;
};

export function addTaskTrack(group: Command, io: Io): void {
  addConnectionOptions(
    group
      .command('track')
      .summary('follow objects of a task with a tracking function')
      .description('Start a run on the server: an agent follows the objects from one frame to another.')
      .argument('<task>', 'id of the task')
      .option('--function <id>', 'id of the tracking function (default: the only one)')
      .option(
        '--frame <n>',
        'frame where the objects are outlined (default: the first of the job; of --prompts: theirs)',
      )
      .option('--to <n>', 'last frame; below --frame: backward (default: the end of the job)')
      .option('--backward', 'go towards the beginning')
      .option('--object <id...>', 'annotations to follow (default: all on the frame that can be)')
      .option('--polygon <points>', 'a new track from this outline "x,y x,y x,y …"')
      .option('--box <x0,y0,x1,y1>', 'a new track from this rectangle')
      .option('--mask <file>', 'a new track from this image of the size of the frames; what is not black is the object')
      .option(
        '--points <clicks>',
        'clicks, as roto track takes them; runs on a server begin with outlines, so they are refused',
      )
      .option('--prompts <file>', 'new tracks from a file with several objects or frames (docs/guide/prompts.md)')
      .option('--label <name>', "label of the new track (default: the task's first)")
      .option('--convert', 'turn polygon shapes into tracks')
      .option('--no-wait', 'start the run, print its id, and end')
      .option('--cancel', 'cancel the run on Ctrl+C; without it the run goes on')
      .option('--json', 'one JSON object per line on stdout: run, frame, progress'),
  )
    .addHelpText(
      'after',
      `
The run goes on whatever becomes of this command. Its id goes to stdout.

Examples
  roto task track 7 --function 1 --frame 0 --to 120 --box 430,380,700,550
  roto task track 7 --function 1 --frame 40 --to 0 --object 12 --object 13
  roto task track 7 --mask dog.png --frame 25 --backward
  roto task track 7 --prompts prompts.json

Exit codes: 0 the run reached its end (or was started, with --no-wait), 1 it failed, was cancelled, or the server refused
it, 2 arguments, 130 interrupted.
${CONNECTION_HELP}`,
    )
    .action((task: string, flags: Flags, command: Command) => trackTask(task, flags, command, io));
}

async function trackTask(task: string, flags: Flags, command: Command, io: Io): Promise<void> {
  const id = taskId(task);
  const functionId =
    flags.function === undefined ? undefined : parseWhole(flags.function, '--function', 1, Number.MAX_SAFE_INTEGER);
  const given = (['object', 'polygon', 'box', 'mask', 'points', 'prompts'] as const).filter(
    (name) => flags[name] !== undefined,
  );
  if (given.length > 1)
    throw usageError(`${given.map((name) => `--${name}`).join(' and ')} were given together; give one.`);
  if (flags.points !== undefined) throw clicks();
  if (flags.label !== undefined && (given.length === 0 || flags.object || flags.prompts))
    throw usageError('--label names the label of a new track; give --polygon, --box or --mask with it.');
  if (flags.prompts !== undefined && flags.frame !== undefined)
    throw usageError('--frame has no meaning beside --prompts; the file says it.');
  const asked = flags.frame === undefined ? undefined : parseFrame(flags.frame, '--frame');
  const to = flags.to === undefined ? undefined : parseFrame(flags.to, '--to');
  const objects = flags.object?.map((text) => ({ id: parseWhole(text, '--object', 1, Number.MAX_SAFE_INTEGER) }));
  const plans = flags.prompts === undefined ? onePlan(flags, asked ?? 0) : await readPromptsFile(flags.prompts);
  const prompted = promptedFrames(plans);
  const isBackward = flags.backward ?? (to !== undefined && to < (asked ?? prompted[0] ?? 0));
  const frame = asked ?? prompted.at(isBackward ? -1 : 0) ?? 0;
  if (frame === to) throw usageError(`--to ${to} is where the run starts; name another frame.`);
  if (flags.backward && to !== undefined && to > frame)
    throw usageError(`--to ${to} lies after frame ${frame}, and --backward goes towards the beginning.`);

  const client = await connect(command, io);
  const chosen = functionId ?? (await onlyTracker(client, io.signal));
  const job = await jobOf(client, id, frame, io.signal);
  const target = to ?? (isBackward ? job.start_frame : job.stop_frame);
  if (target === frame)
    throw usageError(`Frame ${frame} is the ${isBackward ? 'first' : 'last'} of its job; there is nothing to follow.`);
  const made = await makeTracks(client, id, job, plans, flags.label, io.signal);
  const run = await client.runs.create(
    {
      function: chosen,
      job: job.id,
      start_frame: frame,
      target_frame: target,
      ...(made.length > 0 ? { objects: made.map((track) => ({ id: track })) } : objects && { objects }),
      ...(flags.convert && { options: { convert_polygons_to_tracks: true } }),
    },
    io.signal,
  );
  if (flags.json) jsonLine(io, { event: 'run', ...run });
  else result(io, run.id);
  if (!flags.wait) return;
  await follow(client, run.id, flags, io);
}

/** Tells how far the run is until it ends. */
async function follow(client: NodeClient, id: string, flags: Flags, io: Io): Promise<void> {
  let bar: Progress | undefined;
  let last: RunProgress | undefined;
  try {
    for await (const event of client.runs.follow(id, io.signal)) {
      if (event.kind === 'frame') {
        if (flags.json) jsonLine(io, { event: 'frame', ...event.frame });
        continue;
      }
      last = event.run;
      if (flags.json) jsonLine(io, { event: 'progress', ...event.run });
      else {
        if (last.state === 'queued' && !bar) say(io, 'Waiting for an agent …');
        if (last.state === 'running' || bar) {
          bar ??= startProgress(io, 'Tracking', last.frames_total, 'frames', last.frames_done);
          bar.update(last.frames_done);
        }
      }
    }
  } catch (error) {
    if (!io.signal.aborted) throw error;
    bar?.stop();
    if (flags.cancel) {
      await client.runs.cancel(id, AbortSignal.timeout(10_000));
      say(io, `Run ${id} is cancelled; the frames done are kept.`);
    } else say(io, `Run ${id} goes on without this command; cancel it with: roto run cancel ${id}`);
    throw new Interrupted('SIGINT', true);
  } finally {
    bar?.stop();
  }
  if (last?.state !== 'finished')
    throw serverError(`Run ${id} ${last?.state === 'cancelled' ? 'was cancelled' : 'failed'}: ${last?.message ?? ''}`);
  if (!flags.json) say(io, printable(last.message || `Reached frame ${last.done_frame}.`));
}

/** What the options outline anew; nothing when they name what is there, or nothing. */
function onePlan(flags: Flags, frame: number): ObjectPlan[] {
  const shape = newShape(flags);
  return shape ? [{ id: 1, label: flags.label ?? '', prompts: [{ frame, shape }] }] : [];
}

function newShape({ polygon, box, mask }: Flags): PromptShape | undefined {
  if (polygon !== undefined) return { kind: 'polygon', region: [{ outer: parsePolygon(polygon), holes: [] }] };
  if (mask !== undefined) return { kind: 'mask-file', path: mask };
  return box === undefined ? undefined : { kind: 'box', box: parseBox(box), points: [] };
}

async function onlyTracker(client: NodeClient, signal: AbortSignal): Promise<number> {
  const trackers = (await Array.fromAsync(client.functions.list(signal))).filter(({ kind }) => kind === 'tracker');
  if (trackers.length === 1) return trackers[0]!.id;
  throw usageError(
    trackers.length === 0
      ? 'The server has no tracking function. Make one with `roto function create-native`.'
      : `Say which function follows, with --function: ${trackers.map(({ id, name }) => `${id} (${printable(name)})`).join(', ')}.`,
  );
}

async function jobOf(client: NodeClient, task: number, frame: number, signal: AbortSignal): Promise<Job> {
  const jobs = await Array.fromAsync(client.tasks.jobs(task, signal));
  const job = jobs
    .sort((a, b) => a.id - b.id)
    .find(
      ({ start_frame, stop_frame, type }) => frame >= start_frame && frame <= stop_frame && type !== 'ground_truth',
    );
  if (job) return job;
  const last = Math.max(...jobs.map(({ stop_frame }) => stop_frame));
  throw usageError(
    jobs.length === 0
      ? `Task ${task} has no data yet.`
      : `Task ${task} has frames 0 to ${last}; there is no frame ${frame}.`,
  );
}

/** A new track for each plan. Returns their ids. */
async function makeTracks(
  client: NodeClient,
  task: number,
  job: Job,
  plans: readonly ObjectPlan[],
  label: string | undefined,
  signal: AbortSignal,
): Promise<number[]> {
  if (plans.length === 0) return [];
  const labels = await Array.fromAsync(client.tasks.labels(task, signal));
  const size = await sizeOf(client, task, signal);
  const tracks = [];
  for (const plan of plans) {
    const name = label ?? plan.label;
    const chosen = labels.find((each) => each.name === name) ?? (label === undefined ? labels[0] : undefined);
    if (!chosen)
      throw usageError(
        labels.length === 0
          ? `Task ${task} has no labels; add one with \`roto task labels ${task} --add NAME\`.`
          : `Task ${task} has no label ${JSON.stringify(name)}; it has ${labels.map((each) => each.name).join(', ')}.`,
      );
    const outlines = await outlinesOf(plan, size);
    const shapes = outlines.map((outline) => ({
      ...outline,
      points: [...outline.points],
      occluded: false,
      z_order: 0,
      rotation: 0,
      attributes: [],
    }));
    const frame = shapes[0]!.frame;
    tracks.push({ frame, label_id: chosen.id, group: 0, source: 'manual' as const, attributes: [], shapes });
  }
  const answer = await client.patchJobAnnotations(
    job.id,
    'create',
    { version: 0, tags: [], shapes: [], tracks },
    signal,
  );
  const made = answer.tracks.map(({ id }) => id);
  if (made.length !== tracks.length || made.some((id) => id === undefined))
    throw serverError('The server took the outlines but does not say their ids.');
  return made as number[];
}

async function sizeOf(client: NodeClient, task: number, signal: AbortSignal) {
  const { frames } = await client.tasks.meta(task, signal);
  const [first] = frames;
  if (!first) throw usageError(`Task ${task} has no data yet.`);
  return { width: first.width, height: first.height };
}
