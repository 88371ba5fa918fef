import type { TrackedShape } from '@roto/annotations';
import type { TrackableShape } from '@roto/wire';
import { and, eq, gte, lte, ne, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects, keyframeBlocks } from '../database/schema/index.ts';
import { continueChange, recordUpdate, saveKeyframes, type Writer } from './history-rows.ts';
import {
  blockOf,
  keyframeCore,
  keyframeLine,
  keyframesByFrame,
  originOf,
  parseKeyframe,
  type Signals,
  signalMembers,
} from './keyframe-text.ts';
import { givenShape, type ObjectRow } from './objects.ts';
import { countChangeOf, insertObjects, parseShape, removeObjects } from './rows.ts';

/** One result of a tracker. `shape` null: not found on this frame. */
export type TrackedResult = {
  /** What `trackForRun` answered. */
  readonly objectId: number;
  readonly frame: number;
  readonly shape: TrackableShape | null;
  /** Object score logit, and the model's own estimate of the mask's IoU; null where the agent does not say. */
  readonly presence: number | null;
  readonly predictedIou: number | null;
  readonly runId: string;
  /** The person for whom it runs. */
  readonly userId: number | null;
  /** The pass goes to lower frames. */
  readonly backward: boolean;
};

type RunWriter = Writer & { readonly runId: string };

/** barrier: a person or an import wrote this frame, which is left as it is. gone: deleted meanwhile, or of another type. */
export type TrackedOutcome = 'saved' | 'barrier' | 'gone';

/**
 * Saves a result in the transaction `tx`, and lets revision and version grow. Doing it again changes nothing.
 *
 * A track gets a keyframe. Where the object is lost, the first lost frame gets an `outside` keyframe with the last known
 * points; going backward that keyframe moves along, so that it lies before all lost frames in time. A plain shape that
 * was not made a track yields a plain shape on each frame where the object is found.
 */
export async function saveTracked(tx: Db, result: TrackedResult): Promise<TrackedOutcome> {
  const job = sql`(select job_id from annotation_objects where id = ${result.objectId})`;
  const version = await countChangeOf(tx, job);
  if (version === undefined) return 'gone';
  const [row] = await tx
    .select()
    .from(annotationObjects)
    .where(eq(annotationObjects.id, result.objectId))
    .for('update');
  if (!row) return 'gone';
  const { userId, runId } = result;
  const author = { userId, runId, origin: 'tracker', version } as const;
  if (row.kind === 'shape') return saveShape(tx, row, result, author);
  if (row.kind !== 'track' || (result.shape && result.shape.type !== row.type)) return 'gone';
  return saveKeyframe(tx, row, result, author);
}

async function saveKeyframe(tx: Db, row: ObjectRow, result: TrackedResult, author: RunWriter): Promise<TrackedOutcome> {
  const { frame, shape, backward } = result;
  const block = blockOf(frame);
  const around = await tx
    .select({ shapes: keyframeBlocks.shapes })
    .from(keyframeBlocks)
    .where(
      and(
        eq(keyframeBlocks.objectId, row.id),
        eq(keyframeBlocks.element, -1),
        ne(keyframeBlocks.shapes, ''),
        backward ? gte(keyframeBlocks.block, block) : lte(keyframeBlocks.block, block),
      ),
    )
    .orderBy(backward ? keyframeBlocks.block : sql`${keyframeBlocks.block} desc`)
    .limit(2);
  const stored = new Map(around.flatMap(({ shapes }) => [...keyframesByFrame(shapes)]));
  const present = stored.get(frame);
  if (present !== undefined && originOf(present) !== 'tracker') return 'barrier';
  const before = nearest(stored, frame, backward);
  // A track has a keyframe where its run began; without one a person has cleared it, and there is nothing to follow.
  if (before === undefined) return 'gone';

  const final = new Map(stored);
  const last = parseKeyframe(before);
  if (shape) {
    const { type, occluded, z_order, attributes } = last;
    const found = { frame, type, occluded, outside: false, z_order, rotation: 0, points: shape.points, attributes };
    final.set(frame, trackerLine(found, result));
  } else if (!last.outside) {
    final.set(frame, trackerLine({ ...last, frame, outside: true }, result));
  } else if (!backward) {
    final.delete(frame);
  } else {
    final.set(frame, trackerLine({ ...last, frame }, result));
    if (last.origin === 'tracker') final.delete(last.frame);
  }

  if (final.get(frame) === present) return 'saved';
  const revision = row.revision + 1;
  const change = await continueChange(tx, row, revision, author);
  await saveKeyframes(tx, change, -1, stored, final);
  await tx
    .update(annotationObjects)
    .set({
      revision,
      frame: final.has(frame) ? Math.min(row.frame, frame) : row.frame,
      changedVersion: author.version,
      updatedDate: sql`now()`,
      updatedBy: author.userId,
    })
    .where(eq(annotationObjects.id, row.id));
  return 'saved';
}

/** The keyframe that comes before `frame` in the direction of the pass. */
function nearest(lines: ReadonlyMap<number, string>, frame: number, backward: boolean): string | undefined {
  const past = [...lines.keys()].filter((at) => (backward ? at > frame : at < frame));
  return past.length === 0 ? undefined : lines.get(backward ? Math.min(...past) : Math.max(...past));
}

function trackerLine(shape: TrackedShape, result: TrackedResult): string {
  return keyframeLine(keyframeCore(shape), 'tracker', signalsOf(result));
}

/** Four decimals are more than a model can mean. */
function signalsOf({ presence, predictedIou }: TrackedResult): Signals {
  const rounded = (value: number | null) => (value === null ? undefined : Math.round(value * 1e4) / 1e4);
  return { presence: rounded(presence), predictedIou: rounded(predictedIou) };
}

async function saveShape(tx: Db, root: ObjectRow, result: TrackedResult, author: RunWriter): Promise<TrackedOutcome> {
  const { frame, shape } = result;
  if (shape && shape.type !== root.type) return 'gone';
  if (frame === root.frame) return 'barrier';
  const present = await tx
    .select()
    .from(annotationObjects)
    .where(and(eq(annotationObjects.trackedFrom, root.id), eq(annotationObjects.frame, frame)))
    .for('update');
  if (present.some((row) => row.origin !== 'tracker')) return 'barrier';
  if (!shape) {
    await removeObjects(tx, root.jobId, author, present);
    return 'saved';
  }

  const source = parseShape(root);
  const { head } = givenShape({ ...source, frame, rotation: 0, source: 'auto', points: shape.points }, undefined);
  const made = { ...head, attributeIds: root.attributeIds, signals: signalMembers(signalsOf(result)) };
  const [old, ...more] = present;
  await removeObjects(tx, root.jobId, author, more);
  if (!old) {
    await insertObjects(tx, root.jobId, author, [{ head: made, lines: [], trackedFrom: root.id }]);
  } else if (old.body !== made.body || old.signals !== made.signals) {
    const revision = old.revision + 1;
    await recordUpdate(tx, old, revision, author, old);
    await tx
      .update(annotationObjects)
      .set({ ...made, revision, changedVersion: author.version, updatedDate: sql`now()`, updatedBy: author.userId })
      .where(eq(annotationObjects.id, old.id));
  }
  return 'saved';
}

export { type RunTarget, trackForRun } from './run-target.ts';
