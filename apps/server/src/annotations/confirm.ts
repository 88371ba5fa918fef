import type { ConfirmBody, Confirmed, ConfirmedMany } from '@roto/wire';
import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { annotationObjects } from '../database/schema/index.ts';
import { badRequest, notFound } from '../http/errors.ts';
import { type Author, recordUpdate, saveKeyframes, type Writer } from './history-rows.ts';
import { originOf, withOrigin } from './keyframe-text.ts';
import { elementAt } from './objects.ts';
import { countChange, loadKeyframes } from './rows.ts';
import { isInSpans } from './spans.ts';

/**
 * Makes keyframes that a tracker wrote those of a person, who looked and agrees: no run overwrites them any more. What
 * the model said of them stays. Without `frames`, all of the object.
 * @throws HttpError 404 for an object that the job does not have, 400 for frames without keyframe
 */
export async function confirmKeyframes(
  tx: Db,
  jobId: number,
  author: Author,
  body: ConfirmBody,
): Promise<Confirmed | ConfirmedMany> {
  const { object, objects, ...asked } = body;
  if ((object === undefined) === (objects === undefined))
    throw badRequest('objects', 'Name one object as "object", or many as "objects".');
  const writer: Writer = { ...author, version: await countChange(tx, jobId) };
  if (object !== undefined) return confirmObject(tx, jobId, writer, object, asked);
  const confirmed: Confirmed[] = [];
  for (const each of new Set(objects)) confirmed.push(await confirmObject(tx, jobId, writer, each, asked));
  return { version: writer.version, objects: confirmed };
}

async function confirmObject(
  tx: Db,
  jobId: number,
  author: Writer,
  object: number,
  { frames, ranges }: Pick<ConfirmBody, 'frames' | 'ranges'>,
): Promise<Confirmed> {
  const [row] = await tx
    .select()
    .from(annotationObjects)
    .where(and(eq(annotationObjects.id, object), eq(annotationObjects.jobId, jobId)))
    .for('update');
  if (!row) throw notFound(`Job ${jobId} has no object ${object}.`);
  const keyframes = row.kind === 'track' ? await loadKeyframes(tx, row) : [];
  const isThere = (frame: number) =>
    row.kind === 'track' ? keyframes.some((lines) => lines.has(frame)) : row.frame === frame;
  const missing = (frames ?? []).filter((frame) => !isThere(frame));
  if (missing.length > 0)
    throw badRequest('frames', `Object ${object} has no keyframe on ${missing.slice(0, 10).join(', ')}.`);

  const named = new Set(frames);
  const isChosen = (frame: number) =>
    (frames === undefined && ranges === undefined) || named.has(frame) || isInSpans(ranges ?? [], frame);
  const final = keyframes.map(
    (lines) =>
      new Map([...lines].map(([frame, line]) => [frame, isChosen(frame) ? withOrigin(line, author.origin) : line])),
  );
  const isPlainConfirmed = row.kind !== 'track' && row.origin !== author.origin && isChosen(row.frame);
  const count = final.reduce(
    (sum, lines, i) =>
      sum + [...lines].filter(([frame, line]) => originOf(keyframes[i]!.get(frame)!) !== originOf(line)).length,
    isPlainConfirmed ? 1 : 0,
  );
  if (count === 0) return { object, revision: row.revision, confirmed: 0 };

  const revision = row.revision + 1;
  const change = await recordUpdate(tx, row, revision, author, isPlainConfirmed ? row : undefined);
  for (const [place, lines] of final.entries())
    await saveKeyframes(tx, change, elementAt(place), keyframes[place]!, lines);
  await tx
    .update(annotationObjects)
    .set({
      revision,
      changedVersion: author.version,
      updatedBy: author.userId,
      updatedDate: sql`now()`,
      ...(isPlainConfirmed ? { origin: author.origin } : {}),
    })
    .where(eq(annotationObjects.id, object));
  return { object, revision, confirmed: count };
}
