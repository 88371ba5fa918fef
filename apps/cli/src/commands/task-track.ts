import type { NodeClient } from '@roto/client/node';
import type { Job, RunProgress } from '@roto/wire';
import type { Command } from 'commander';
import { Interrupted, serverError, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { jsonLine, printable, result, say } from '../print.ts';
import { type Progress, startProgress } from '../progress.ts';
import { parseBox, parseFrame, parsePolygon, parseWhole } from '../prompts/arguments.ts';
import { addConnectionOptions, CONNECTION_HELP, connect } from '../server/connection.ts';
import { taskId } from './task-arguments.ts';

type Flags = {
  readonly function: string;
  readonly frame: string;
  readonly to: string;
  readonly object?: readonly string[];
  readonly polygon?: string;
  readonly box?: string;
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
      .requiredOption('--function <id>', 'id of the tracking function')
      .requiredOption('--frame <n>', 'frame where the objects are outlined')
      .requiredOption('--to <n>', 'last frame; below --frame: backward')
      .option('--object <id...>', 'annotations to follow (default: all on the frame that can be)')
      .option('--polygon <points>', 'a new track from this outline "x,y x,y x,y …"')
      .option('--box <x0,y0,x1,y1>', 'a new track from this rectangle')
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

Exit codes: 0 the run reached its end (or was started, with --no-wait), 1 it failed, was cancelled, or the server refused
it, 2 arguments, 130 interrupted.
${CONNECTION_HELP}`,
    )
    .action((task: string, flags: Flags, command: Command) => trackTask(task, flags, command, io));
}

async function trackTask(task: string, flags: Flags, command: Command, io: Io): Promise<void> {
  const id = taskId(task);
  const functionId = parseWhole(flags.function, '--function', 1, Number.MAX_SAFE_INTEGER);
  const frame = parseFrame(flags.frame, '--frame');
  const to = parseFrame(flags.to, '--to');
  if (frame === to) throw usageError(`--to ${to} is where the run starts; name another frame.`);
  const given = (['object', 'polygon', 'box'] as const).filter((name) => flags[name] !== undefined);
  if (given.length > 1)
    throw usageError(`${given.map((name) => `--${name}`).join(' and ')} were given together; give one.`);
  if (flags.label !== undefined && flags.polygon === undefined && flags.box === undefined)
    throw usageError('--label names the label of a new track; give --polygon or --box with it.');
  const shape = newShape(flags);
  const objects = flags.object?.map((text) => ({ id: parseWhole(text, '--object', 1, Number.MAX_SAFE_INTEGER) }));

  const client = await connect(command, io);
  const job = await jobOf(client, id, frame, io.signal);
  const made = shape && (await makeTrack(client, id, job, frame, shape, flags.label, io.signal));
  const run = await client.runs.create(
    {
      function: functionId,
      job: job.id,
      start_frame: frame,
      target_frame: to,
      ...(made !== undefined ? { objects: [{ id: made }] } : objects && { objects }),
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
    } else say(io, `Run ${id} goes on without this command; cancel it on the server, or give --cancel.`);
    throw new Interrupted('SIGINT', true);
  } finally {
    bar?.stop();
  }
  if (last?.state !== 'finished')
    throw serverError(`Run ${id} ${last?.state === 'cancelled' ? 'was cancelled' : 'failed'}: ${last?.message ?? ''}`);
  if (!flags.json) say(io, printable(last.message || `Reached frame ${last.done_frame}.`));
}

type Shape = { readonly type: 'polygon' | 'rectangle'; readonly points: readonly number[] };

function newShape({ polygon, box }: Flags): Shape | undefined {
  if (polygon !== undefined) return { type: 'polygon', points: parsePolygon(polygon).flat() };
  if (box === undefined) return undefined;
  const { x0, y0, x1, y1 } = parseBox(box);
  return { type: 'rectangle', points: [x0, y0, x1, y1] };
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

/** A track with one keyframe. Returns its id. */
async function makeTrack(
  client: NodeClient,
  task: number,
  job: Job,
  frame: number,
  shape: Shape,
  label: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const labels = await Array.fromAsync(client.tasks.labels(task, signal));
  const chosen = label === undefined ? labels[0] : labels.find(({ name }) => name === label);
  if (!chosen)
    throw usageError(
      label === undefined
        ? `Task ${task} has no labels; add one to it first.`
        : `Task ${task} has no label ${JSON.stringify(label)}; it has ${labels.map(({ name }) => name).join(', ')}.`,
    );
  const keyframe = { ...shape, frame, occluded: false, outside: false, z_order: 0, rotation: 0, attributes: [] };
  const track = { frame, label_id: chosen.id, group: 0, source: 'manual', attributes: [], shapes: [keyframe] };
  const answer = await client.patchJobAnnotations(
    job.id,
    'create',
    { version: 0, tags: [], shapes: [], tracks: [track] },
    signal,
  );
  const [made] = answer.tracks;
  if (made === undefined) throw serverError('The server took the outline but does not say its id.');
  return made.id;
}
