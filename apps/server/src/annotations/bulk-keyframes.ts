import { thinKeyframes } from '@roto/annotations';
import type { DeleteKeyframesBody, SurgeryAnswer, ThinBody } from '@roto/wire';
import { fieldError } from './given.ts';
import { begin, type JobEdit } from './job-edit.ts';
import { hiddenLine, inOrder, isHidden, lineAt, only } from './keyframe-lines.ts';
import { originOf, parseKeyframe } from './keyframe-text.ts';
import { isInSpans, joinSpans } from './spans.ts';
import { answerOf, type Change, countGone, loadTracks, savePlans } from './surgery.ts';

/** Removes a tracker's keyframes that are not needed; the parts of skeletons stay. */
export async function thinTracks(edit: JobEdit, { objects, revisions, iou, ranges }: ThinBody): Promise<SurgeryAnswer> {
  const begun = await begin(edit);
  const changes: Change[] = [];
  for (const track of await loadTracks(begun, objects, revisions)) {
    const [own, ...parts] = track.lines as [ReadonlyMap<number, string>, ...ReadonlyMap<number, string>[]];
    const mayGo = (frame: number) =>
      originOf(own.get(frame)!) === 'tracker' && (ranges === undefined || isInSpans(ranges, frame));
    const gone = new Set(thinKeyframes(inOrder(own).map(parseKeyframe), { iou, mayGo }));
    changes.push({ track, to: [only(own, (frame) => !gone.has(frame)), ...parts], counts: true });
  }
  return answerOf(begun, await savePlans(begun, changes));
}

/**
 * Removes keyframes on ranges of frames.
 * @throws HttpError 400 for a track that would have no keyframe left
 */
export async function deleteKeyframes(edit: JobEdit, body: DeleteKeyframesBody): Promise<SurgeryAnswer> {
  const { objects, revisions, origin, hole = false, dry_run: dryRun = false } = body;
  const ranges = joinSpans(body.ranges);
  // Counting changes nothing.
  const asIs = { ...edit, writer: { ...edit.author, version: edit.job.version } };
  const begun = dryRun ? asIs : await begin(edit);
  const changes = (await loadTracks(begun, objects, revisions)).map((track): Change => {
    const to = track.lines.map((its) => {
      const isGone = (frame: number) =>
        isInSpans(ranges, frame) && (origin === undefined || originOf(its.get(frame)!) === origin);
      return only(its, (frame) => !isGone(frame));
    });
    if (to[0]!.size === 0)
      throw fieldError('objects', `hold ${track.row.id}, a track that would have no keyframe left; remove it instead`);
    if (hole) {
      const own = track.lines[0]!;
      for (const [first, last] of ranges) {
        const back = last + 1 > edit.job.stop ? undefined : lineAt(own, last + 1);
        if (first < track.row.frame || isHidden(lineAt(own, first))) continue;
        to[0]!.set(first, hiddenLine(own, first, begun.writer.origin));
        if (back !== undefined && !isHidden(back)) to[0]!.set(last + 1, back);
      }
    }
    return { track, to, counts: true };
  });
  if (dryRun)
    return answerOf(
      begun,
      changes.map((change) => ({
        id: change.track.row.id,
        kind: 'track',
        revision: change.track.row.revision,
        ...countGone(change),
      })),
    );
  return answerOf(begun, await savePlans(begun, changes));
}
