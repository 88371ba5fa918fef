import { interpolateAt, type LabeledShape, type LabeledTrack } from '@roto/annotations';
import type { TrackableShape } from '@roto/wire';
import { and, eq, gt, lt, ne, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects, jobs, taskMedia } from '../database/schema/index.ts';
import { badRequest } from '../http/errors.ts';
import { recordUpdate, type Writer } from './history-rows.ts';
import { keyframeCore, keyframeLine, originOf, parseKeyframe } from './keyframe-text.ts';
import { givenTrack, type ObjectRow } from './objects.ts';
import { countChange, insertObjects, loadKeyframes, parseShape, removeObjects } from './rows.ts';
import { taskLabels } from './scope.ts';

/** What a run follows. */
export type RunTarget = {
  /** For `saveTracked`. */
  readonly objectId: number;
  /** Of the results. */
  readonly type: TrackableShape['type'];
  /** What is known of the object: on the start frame, and on the frame of a person at which the run must stop. */
  readonly prompts: readonly ({ readonly frame: number } & TrackableShape)[];
  /** First frame in the run's direction that a person or an import wrote, and that stays as it is; null: none. */
  readonly barrierFrame: number | null;
};

export type RunTargetOptions = {
  readonly jobId: number;
  readonly objectId: number;
  readonly startFrame: number;
  readonly backward: boolean;
  /** Make a track of a plain shape; else it yields plain shapes, joined with it by a group. Tracks stay tracks. */
  readonly convert: boolean;
  readonly runId: string;
  /** The person who started the run. */
  readonly userId: number | null;
};

const TRACKABLE: readonly string[] = ['rectangle', 'polygon', 'mask'] satisfies TrackableShape['type'][];

/**
 * Finds what a run writes to, in the transaction `tx`, and makes it where it must: a track of a plain shape.
 * @throws HttpError 400 when the object cannot be tracked, or is not to be seen on the start frame.
 */
export async function trackForRun(tx: Db, options: RunTargetOptions): Promise<RunTarget> {
  const { jobId, objectId } = options;
  const version = await countChange(tx, jobId);
  const [row] = await tx
    .select()
    .from(annotationObjects)
    .where(and(eq(annotationObjects.id, objectId), eq(annotationObjects.jobId, jobId)))
    .for('update');
  if (!row) throw refusal(`There is no object ${objectId} in job ${jobId}.`);
  if (row.type === null || !TRACKABLE.includes(row.type))
    throw refusal(`Object ${objectId} is a ${row.type ?? 'tag'}; polygons, masks and rectangles can be tracked.`);
  const deleted = await deletedFrames(tx, jobId);
  const writer: Writer = { userId: options.userId, runId: options.runId, origin: 'tracker', version };
  if (row.kind === 'track') return targetOfTrack(tx, row, options, deleted);
  if (row.frame !== options.startFrame)
    throw refusal(`Object ${objectId} is a shape on frame ${row.frame}, so it can only be tracked from there.`);
  return options.convert ? convertShape(tx, row, writer) : targetOfShape(tx, row, options, writer, deleted);
}

async function targetOfTrack(
  tx: Db,
  row: ObjectRow,
  { startFrame, backward }: RunTargetOptions,
  deleted: ReadonlySet<number>,
): Promise<RunTarget> {
  const [lines] = await loadKeyframes(tx, row);
  const track: LabeledTrack = {
    ...JSON.parse(`{${row.body}}`),
    frame: row.frame,
    elements: [],
    shapes: [...lines!.values()].map(parseKeyframe),
  };
  const start = interpolateAt(track, startFrame, deleted);
  if (!start) throw refusal(`Track ${row.id} is not to be seen on frame ${startFrame}; start where it is.`);
  const barriers = [...lines!]
    .filter(([frame, line]) => originOf(line) !== 'tracker' && !deleted.has(frame))
    .map(([frame]) => frame)
    .filter((frame) => (backward ? frame < startFrame : frame > startFrame));
  const barrierFrame = barriers.length === 0 ? null : backward ? Math.max(...barriers) : Math.min(...barriers);
  const prompts = [promptOf(start)];
  if (barrierFrame !== null) {
    const shape = parseKeyframe(lines!.get(barrierFrame)!);
    if (!shape.outside) prompts.push(promptOf(shape));
  }
  return { objectId: row.id, type: row.type as TrackableShape['type'], prompts, barrierFrame };
}

async function convertShape(tx: Db, row: ObjectRow, writer: Writer) {
  const { jobId } = row;
  const shape = parseShape(row);
  const [{ taskId }] = (await tx.select({ taskId: jobs.taskId }).from(jobs).where(eq(jobs.id, jobId))) as [
    { taskId: number },
  ];
  const label = (await taskLabels(tx, taskId)).find(({ id }) => id === row.labelId);
  const isMutable = new Map(label?.attributes.map(({ id, mutable }) => [id, mutable]));
  const { head } = givenTrack(
    {
      frame: row.frame,
      label_id: row.labelId,
      group: row.group,
      source: 'auto',
      attributes: shape.attributes.filter(({ spec_id }) => !isMutable.get(spec_id)),
      elements: [],
      shapes: [shape],
    },
    label,
  );
  const first = { ...shape, outside: false, attributes: shape.attributes.filter((one) => isMutable.get(one.spec_id)) };
  await removeObjects(tx, jobId, writer, [row]);
  const [objectId] = await insertObjects(tx, jobId, writer, [
    { head, lines: [[keyframeLine(keyframeCore(first), row.origin)]] },
  ]);
  const type = row.type as TrackableShape['type'];
  return { objectId: objectId!, type, prompts: [promptOf(first)], barrierFrame: null };
}

async function targetOfShape(
  tx: Db,
  row: ObjectRow,
  { startFrame, backward }: RunTargetOptions,
  writer: Writer,
  deleted: ReadonlySet<number>,
): Promise<RunTarget> {
  // A result that is tracked on belongs to the shape that it came from, while there is one.
  const origin = and(eq(annotationObjects.id, row.trackedFrom ?? row.id), eq(annotationObjects.kind, 'shape'));
  const [source] = await tx.select({ id: annotationObjects.id }).from(annotationObjects).where(origin);
  const root = source?.id ?? row.id;
  if (row.group === 0) {
    await recordUpdate(tx, row, row.revision + 1, writer, row);
    const free = sql`(select coalesce(max("group"), 0) + 1 from annotation_objects where job_id = ${row.jobId})`;
    await tx
      .update(annotationObjects)
      .set({
        group: free,
        revision: row.revision + 1,
        changedVersion: writer.version,
        updatedBy: writer.userId,
        updatedDate: sql`now()`,
      })
      .where(eq(annotationObjects.id, row.id));
  }
  const written = await tx
    .select()
    .from(annotationObjects)
    .where(
      and(
        eq(annotationObjects.trackedFrom, root),
        ne(annotationObjects.origin, 'tracker'),
        backward ? lt(annotationObjects.frame, startFrame) : gt(annotationObjects.frame, startFrame),
      ),
    )
    .orderBy(backward ? sql`frame desc` : annotationObjects.frame);
  const barrier = written.find(({ frame }) => !deleted.has(frame));
  const prompts = [promptOf(parseShape(row))];
  if (barrier && TRACKABLE.includes(barrier.type!)) prompts.push(promptOf(parseShape(barrier)));
  return {
    objectId: root,
    type: row.type as TrackableShape['type'],
    prompts,
    barrierFrame: barrier?.frame ?? null,
  };
}

/** A turned rectangle is told as the polygon that it is. */
function promptOf({ frame, type, points, rotation }: Pick<LabeledShape, 'frame' | 'type' | 'points' | 'rotation'>) {
  const isTurned = type === 'rectangle' && rotation % 360 !== 0;
  return {
    frame,
    type: (isTurned ? 'polygon' : type) as TrackableShape['type'],
    points: isTurned ? turnedCorners(points, rotation) : [...points],
  };
}

/** Corners of a rectangle after a turn by `degrees` clockwise about its middle: x, y of four. */
function turnedCorners(points: readonly number[], degrees: number): number[] {
  const [left, top, right, bottom] = points as [number, number, number, number];
  const [x, y, dx, dy] = [(left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2];
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const corners = [
    [-dx, -dy],
    [dx, -dy],
    [dx, dy],
    [-dx, dy],
  ] as const;
  return corners.flatMap(([u, v]) => [x + u * cos - v * sin, y + u * sin + v * cos]);
}

async function deletedFrames(db: Db, jobId: number): Promise<ReadonlySet<number>> {
  const [row] = await db
    .select({ deletedFrames: taskMedia.deletedFrames })
    .from(jobs)
    .innerJoin(taskMedia, eq(taskMedia.taskId, jobs.taskId))
    .where(eq(jobs.id, jobId));
  return new Set(row?.deletedFrames);
}

function refusal(problem: string) {
  return badRequest('objects', problem);
}
