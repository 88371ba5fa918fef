import { parseLabeledData, problemsText } from '@roto/annotations';
import type { NewRun } from '@roto/wire';
import { and, asc, eq, gte, inArray, lte, or } from 'drizzle-orm';
import { givenShape } from '../annotations/objects.ts';
import { countChange, insertObjects } from '../annotations/rows.ts';
import { type RunTarget, trackForRun } from '../annotations/run-target.ts';
import { jobRange, taskFrames, taskLabels } from '../annotations/scope.ts';
import type { Context } from '../context.ts';
import type { Db } from '../database/open.ts';
import { annotationObjects, jobs, runObjects, runs, taskMedia } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import type { FunctionRow } from '../functions/functions.ts';
import { badRequest, conflict, HttpError, notFound } from '../http/errors.ts';
import { offer } from './hand-out.ts';
import { begin, RunRefusal } from './machine.ts';
import { direction } from './pass.ts';
import { lockRun } from './rows.ts';

/** Objects of one run at most: each costs the agent time and memory on every frame. */
const MOST_OBJECTS = 256;

/**
 * Where a run belongs.
 * @throws HttpError 400, 404
 */
export async function placeOf(db: Db, { task, job, start_frame: start }: Pick<NewRun, 'task' | 'job' | 'start_frame'>) {
  if (task === undefined && job === undefined) throw badRequest('job', 'Name a job or a task.');
  const [row] = await db
    .select()
    .from(jobs)
    .where(
      job !== undefined
        ? eq(jobs.id, job)
        : and(eq(jobs.taskId, task!), lte(jobs.startFrame, start), gte(jobs.stopFrame, start)),
    )
    .orderBy(asc(jobs.id))
    .limit(1);
  if (!row)
    throw job !== undefined
      ? notFound(`There is no job ${job}.`)
      : badRequest('start_frame', `No job of task ${task} has frame ${start}.`);
  if (task !== undefined && row.taskId !== task)
    throw badRequest('job', `Job ${row.id} is of task ${row.taskId}, not of task ${task}.`);
  return row;
}

/** @throws HttpError 400 when the job lacks a frame of the pass */
export function checkFrames(
  job: { id: number; startFrame: number; stopFrame: number },
  frames: Record<string, number>,
): void {
  for (const [field, at] of Object.entries(frames))
    if (at < job.startFrame || at > job.stopFrame)
      throw badRequest(field, `Job ${job.id} has frames ${job.startFrame} to ${job.stopFrame}, no frame ${at}.`);
}

/** @throws HttpError 400 that names the first frame of the pass whose picture has another size than the start frame's */
export async function checkOneSize(db: Db, taskId: number, start: number, target: number): Promise<void> {
  const { sizes } = await taskFrames(db, taskId);
  if (!sizes) return;
  const [width, height] = sizes[start]!;
  const step = Math.sign(target - start);
  for (let at = start; at !== target + step && step !== 0; at += step) {
    const [w, h] = sizes[at]!;
    if (w === width && h === height) continue;
    throw badRequest(
      'target_frame',
      `Frame ${at} is ${w} × ${h}, but frame ${start} is ${width} × ${height}: an object cannot be followed into a picture of another size. Track to frame ${at - step}.`,
    );
  }
}

/**
 * Makes a run and offers it to the agents of its function. Returns its id.
 * @throws HttpError 400 that names what does not fit; 409 when another run is following one of the objects
 */
export async function createRun(context: Context, fn: FunctionRow, userId: number, body: NewRun): Promise<string> {
  if (fn.kind !== 'tracker') throw badRequest('function', `Function ${fn.id} is a ${fn.kind}; runs need a tracker.`);
  const job = await placeOf(context.db, body);
  checkFrames(job, { start_frame: body.start_frame, target_frame: body.target_frame });
  const [media] = await context.db
    .select({ deletedFrames: taskMedia.deletedFrames })
    .from(taskMedia)
    .where(eq(taskMedia.taskId, job.taskId));
  if (!media) throw badRequest('task', `Task ${job.taskId} has no data yet.`);
  if (media.deletedFrames.includes(body.start_frame))
    throw badRequest('start_frame', `Frame ${body.start_frame} is deleted.`);
  const pass = { startFrame: body.start_frame, targetFrame: body.target_frame, deletedFrames: media.deletedFrames };
  await checkOneSize(context.db, job.taskId, body.start_frame, body.target_frame);
  const runId = crypto.randomUUID();
  await transact(context.db, async (tx) => {
    const targets = await targetsOf(tx, fn, job.id, runId, userId, body, direction(pass) < 0);
    await refuseBusy(tx, targets);
    const run = refusedAs('target_frame', () =>
      begin(
        pass,
        targets.map((each) => each.barrierFrame),
      ),
    );
    await tx.insert(runs).values({
      id: runId,
      taskId: job.taskId,
      jobId: job.id,
      functionId: fn.id,
      ownerId: userId,
      startFrame: run.startFrame,
      targetFrame: run.targetFrame,
      options: body.options ?? {},
      state: run.state,
      doneFrame: run.doneFrame,
      message: run.message,
      ...(run.state === 'finished' ? { endedDate: new Date() } : {}),
    });
    await tx.insert(runObjects).values(
      targets.map((target, ordinal) => ({
        runId,
        ordinal,
        objectId: target.objectId,
        type: target.type,
        prompts: target.prompts.map((each) => ({ ...each })),
        barrierFrame: target.barrierFrame,
        lastFrame: run.startFrame,
        end: run.objects[ordinal]!.end,
      })),
    );
    await offer(tx, context, await lockRun(tx, runId));
    await context.events.tell(tx, { on: 'run', runId, taskId: job.taskId });
  });
  return runId;
}

async function targetsOf(
  tx: Db,
  fn: FunctionRow,
  jobId: number,
  runId: string,
  userId: number,
  body: NewRun,
  backward: boolean,
): Promise<RunTarget[]> {
  const supported = fn.spec.supported_shape_types as readonly string[];
  const options = {
    jobId,
    startFrame: body.start_frame,
    backward,
    convert: body.options?.convert_polygons_to_tracks ?? false,
    runId,
    userId,
  };
  const targets: RunTarget[] = [];
  if (body.objects) {
    const drawn = body.objects.flatMap((each) => ('shape' in each ? [each.shape] : []));
    const made = await draw(tx, jobId, userId, body.start_frame, drawn);
    const ids = body.objects.map((each) => ('shape' in each ? made.shift()! : each.id));
    if (new Set(ids).size !== ids.length) throw badRequest('objects', 'An object is named twice.');
    for (const objectId of ids) {
      const target = await trackForRun(tx, { ...options, objectId });
      if (!supported.includes(target.type))
        throw badRequest(
          'objects',
          `Object ${objectId} is a ${target.type}; function ${fn.id} follows ${supported.join(', ')}.`,
        );
      targets.push(target);
    }
  } else {
    for (const objectId of await onFrame(tx, jobId, body.start_frame, supported)) {
      try {
        targets.push(await trackForRun(tx, { ...options, objectId }));
      } catch (error) {
        // Of all there is, those that are not to be seen on the frame are left out.
        if (!(error instanceof HttpError)) throw error;
      }
    }
    if (targets.length === 0)
      throw badRequest(
        'objects',
        `Nothing on frame ${body.start_frame} can be tracked by function ${fn.id}: ${supported.join(', ')}.`,
      );
  }
  if (targets.length > MOST_OBJECTS)
    throw badRequest('objects', `A run follows ${MOST_OBJECTS} objects at most; these are ${targets.length}.`);
  return targets;
}

/** Makes the shapes that were drawn for the run. Returns their ids in order. */
async function draw(
  tx: Db,
  jobId: number,
  userId: number,
  frame: number,
  shapes: readonly object[],
): Promise<number[]> {
  if (shapes.length === 0) return [];
  const version = await countChange(tx, jobId);
  const { taskId } = await jobRange(tx, jobId);
  const labels = await taskLabels(tx, taskId);
  const data = { shapes: shapes.map((shape) => ({ source: 'manual', ...shape, id: undefined, frame })) };
  const parsed = parseLabeledData(data, labels, await taskFrames(tx, taskId));
  if (!parsed.ok) throw badRequest('objects', problemsText(parsed.problems));
  const heads = parsed.value.shapes.map(
    (shape) =>
      givenShape(
        shape,
        labels.find(({ id }) => id === shape.label_id),
      ).head,
  );
  return insertObjects(
    tx,
    jobId,
    { userId, origin: 'person', version },
    heads.map((head) => ({ head, lines: [] })),
  );
}

/** Shapes of the frame, and tracks that have begun or, going backward, may have. */
async function onFrame(tx: Db, jobId: number, frame: number, types: readonly string[]): Promise<number[]> {
  const t = annotationObjects;
  const rows = await tx
    .select({ id: t.id })
    .from(t)
    .where(
      and(
        eq(t.jobId, jobId),
        inArray(t.type, [...types]),
        or(and(eq(t.kind, 'shape'), eq(t.frame, frame)), and(eq(t.kind, 'track'), lte(t.frame, frame))),
      ),
    )
    .orderBy(asc(t.id));
  return rows.map((row) => row.id);
}

/** Two runs would write over each other's frames. */
export async function refuseBusy(
  tx: Db,
  targets: readonly { readonly objectId: number }[],
  but?: string,
): Promise<void> {
  const busy = await tx
    .select({ runId: runs.id, objectId: runObjects.objectId })
    .from(runObjects)
    .innerJoin(runs, eq(runs.id, runObjects.runId))
    .where(
      and(
        inArray(runs.state, ['queued', 'running']),
        inArray(
          runObjects.objectId,
          targets.map((each) => each.objectId),
        ),
      ),
    );
  const other = busy.find((row) => row.runId !== but);
  if (other)
    throw conflict(`Run ${other.runId} is following object ${other.objectId}; cancel it first.`, { run: other.runId });
}

export function refusedAs<T>(field: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RunRefusal ? badRequest(field, error.message) : error;
  }
}
