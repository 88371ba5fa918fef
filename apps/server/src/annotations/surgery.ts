import type { MergeBody, SplitBody, SurgeryAnswer, SwapBody, TrimBody } from '@roto/wire';
import { conflictError, isChangedByOthers } from './conflict.ts';
import { checkFrame, loadNames } from './edit.ts';
import { fieldError } from './given.ts';
import { type BegunEdit, begin, type JobEdit } from './job-edit.ts';
import { hiddenLine, inOrder, isHidden, type Lines, lineAt, only } from './keyframe-lines.ts';
import { originOf } from './keyframe-text.ts';
import { headOf, type ObjectRow } from './objects.ts';
import { changed, type Plan, writePlans } from './plan.ts';
import { insertObjects, loadKeyframes, removeObjects } from './rows.ts';

/** A track with its keyframe lines: its own, then those of a skeleton's parts. */
export type TrackLines = { readonly row: ObjectRow; readonly lines: readonly Lines[] };

/**
 * The tracks that a request names, in its order.
 * @throws HttpError 400 for what is no track of the job, 409 for what is gone or was changed by a person since
 */
export async function loadTracks(
  edit: BegunEdit,
  ids: readonly number[],
  revisions: readonly (number | undefined)[] = [],
): Promise<TrackLines[]> {
  if (new Set(ids).size !== ids.length) throw fieldError('objects', 'name an object twice');
  const pathOf = (i: number) => `objects[${i}]`;
  const rows = await loadNames(
    edit,
    ids.map((id, i) => ({ path: pathOf(i), id })),
  );
  const conflicts = [];
  const tracks: TrackLines[] = [];
  for (const [i, id] of ids.entries()) {
    const row = rows.get(id)!;
    if (row.kind !== 'track') throw fieldError(pathOf(i), `is ${id}, a ${row.kind}, not a track`);
    const revision = revisions[i];
    if (revision !== undefined && revision < row.revision && (await isChangedByOthers(edit.tx, id, revision)))
      conflicts.push({ id, path: pathOf(i) });
    tracks.push({ row, lines: await loadKeyframes(edit.tx, row) });
  }
  if (conflicts.length > 0) throw await conflictError(edit.tx, edit.job.version, conflicts);
  return tracks;
}

/** Ends a track before a frame, and makes a new one of what comes from there on. */
export async function splitTrack(
  edit: JobEdit,
  objectId: number,
  { frame, revision }: SplitBody,
): Promise<SurgeryAnswer> {
  checkFrame('frame', 'is', frame, edit.job);
  const begun = await begin(edit);
  const [track] = await loadTracks(begun, [objectId], [revision]);
  const { row, lines } = track!;
  if (frame <= row.frame) throw fieldError('frame', `is ${frame}, but track ${row.id} begins on ${row.frame}`);
  const { writer } = begun;
  const first = lines.map((its, place) => {
    const kept = only(its, (at) => at < frame);
    if (place === 0) kept.set(frame, hiddenLine(kept, frame, writer.origin));
    return kept;
  });
  const second = lines.map((its) => from(its, frame));
  await savePlans(begun, [{ track: track!, to: first }]);
  const [id] = await insertObjects(begun.tx, edit.job.id, writer, [
    { head: { ...headOf(row), frame }, lines: second.map(inOrder) },
  ]);
  return {
    version: writer.version,
    changed: [{ id: row.id, kind: 'track', revision: row.revision + 1 }],
    created: [{ id: id!, kind: 'track', revision: 1 }],
    removed: [],
  };
}

/** What is shown from a frame on: keyframes, with one on the frame itself where anything is known there. */
function from(lines: Lines, frame: number): Map<number, string> {
  const rest = only(lines, (at) => at >= frame);
  const first = lineAt(lines, frame);
  if (first !== undefined) rest.set(frame, first);
  return rest;
}

/** The first track takes in the others, which go. */
export async function mergeTracks(edit: JobEdit, { objects, revisions, gap }: MergeBody): Promise<SurgeryAnswer> {
  const begun = await begin(edit);
  const tracks = await loadTracks(begun, objects, revisions);
  const [target, ...others] = tracks as [TrackLines, ...TrackLines[]];
  for (const [i, other] of others.entries()) refuseOther(target.row, other.row, `objects[${i + 1}]`);
  const to = target.lines.map((_, place) => {
    const all = new Map<number, string>();
    for (const { lines } of tracks)
      for (const [frame, line] of lines[place] ?? []) {
        const there = all.get(frame);
        if (there === undefined || (originOf(there) === 'tracker' && originOf(line) !== 'tracker'))
          all.set(frame, line);
      }
    return all;
  });
  if (gap !== 'interpolate') closeGaps(tracks, to[0]!, begun);
  await savePlans(begun, [{ track: target, to }]);
  await removeObjects(
    begun.tx,
    edit.job.id,
    begun.writer,
    others.map(({ row }) => row),
  );
  return {
    version: begun.writer.version,
    changed: [{ id: target.row.id, kind: 'track', revision: target.row.revision + 1 }],
    created: [],
    removed: others.map(({ row }) => row.id),
  };
}

/** Where one of the tracks has ended before the next begins, the object is out of the picture. */
function closeGaps(tracks: readonly TrackLines[], own: Map<number, string>, { writer }: BegunEdit): void {
  const spans = tracks
    .map(({ lines }) => [...lines[0]!.keys()])
    .map((frames) => [Math.min(...frames), Math.max(...frames)] as const)
    .sort(([a], [b]) => a - b);
  let end = spans[0]![1];
  for (const [first, last] of spans.slice(1)) {
    if (first > end + 1 && !isHidden(own.get(end))) own.set(end + 1, hiddenLine(own, end + 1, writer.origin));
    end = Math.max(end, last);
  }
}

/** Lets a track begin, or end, with a frame. */
export async function trimTrack(edit: JobEdit, objectId: number, body: TrimBody): Promise<SurgeryAnswer> {
  const { frame, side, revision } = body;
  checkFrame('frame', 'is', frame, edit.job);
  const begun = await begin(edit);
  const [track] = await loadTracks(begun, [objectId], [revision]);
  const { row, lines } = track!;
  if (frame < row.frame) throw fieldError('frame', `is ${frame}, but track ${row.id} begins on ${row.frame}`);
  const to = lines.map((its, place) => {
    if (side === 'before') return from(its, frame);
    const kept = only(its, (at) => at <= frame);
    // What is shown on the last frame may come from a keyframe that goes.
    const last = lineAt(its, frame);
    if (last !== undefined) kept.set(frame, last);
    const end = frame + 1;
    if (place === 0 && end <= edit.job.stop && !isHidden(last))
      kept.set(end, hiddenLine(kept, end, begun.writer.origin));
    return kept;
  });
  return answerOf(begun, await savePlans(begun, [{ track: track!, to, counts: true }]));
}

/** Two tracks change places from a frame on. */
export async function swapTracks(edit: JobEdit, { objects, revisions, frame }: SwapBody): Promise<SurgeryAnswer> {
  checkFrame('frame', 'is', frame, edit.job);
  const begun = await begin(edit);
  const [a, b] = (await loadTracks(begun, objects, revisions)) as [TrackLines, TrackLines];
  refuseOther(a.row, b.row, 'objects[1]');
  const joined = (own: TrackLines, other: TrackLines) =>
    own.lines.map((its, place) => {
      const rest = from(other.lines[place] ?? new Map(), frame);
      const kept = only(its, (at) => at < frame);
      // The other is not there yet, or never: this one is out of the picture until it is.
      if (place === 0 && !rest.has(frame) && kept.size > 0)
        rest.set(frame, hiddenLine(kept, frame, begun.writer.origin));
      return new Map([...kept, ...rest]);
    });
  const plans = [
    { track: a, to: joined(a, b) },
    { track: b, to: joined(b, a) },
  ];
  for (const { track, to } of plans)
    if (to[0]!.size === 0) throw fieldError('frame', `is ${frame}, which leaves nothing of track ${track.row.id}`);
  return answerOf(begun, await savePlans(begun, plans));
}

function refuseOther(one: ObjectRow, other: ObjectRow, path: string): void {
  const partsOf = ({ elements }: ObjectRow) => elements.map((text) => JSON.parse(`{${text}}`).label_id).join();
  const problem =
    one.labelId !== other.labelId
      ? `has another label than object ${one.id}`
      : one.type !== other.type
        ? `is a track of ${other.type} shapes, object ${one.id} one of ${one.type} shapes`
        : partsOf(one) !== partsOf(other)
          ? `has other parts than object ${one.id}`
          : undefined;
  if (problem) throw fieldError(path, `is ${other.id}, which ${problem}`);
}

export type Change = {
  readonly track: TrackLines;
  readonly to: readonly Lines[];
  /** Say how many keyframes went. */
  readonly counts?: boolean;
};
type Changed = SurgeryAnswer['changed'];

/** Writes tracks as they are to be; those that stay as they are, are not written. */
export async function savePlans(begun: BegunEdit, changes: readonly Change[]): Promise<Changed> {
  const plans = changes.map(({ track: { row, lines }, to }): Plan => {
    const isSame = to.every(
      (its, i) => its.size === lines[i]!.size && [...its].every(([f, l]) => lines[i]!.get(f) === l),
    );
    const frame = Math.min(...to[0]!.keys());
    return {
      row,
      from: lines,
      to,
      merged: false,
      next: isSame ? row : { ...row, frame, ...changed(row, begun.writer) },
    };
  });
  await writePlans(begun.tx, begun.job.id, begun.writer, plans);
  return plans.map(({ row, next }, i) => ({
    id: row.id,
    kind: 'track',
    revision: next.revision,
    ...(changes[i]!.counts ? countGone(changes[i]!) : {}),
  }));
}

export function countGone({ track, to }: Change): { removed_keyframes: number; removed_of_persons: number } {
  const gone = track.lines.flatMap((its, place) => [...its].filter(([frame]) => !to[place]!.has(frame)));
  const isOfPerson = ([, line]: [number, string]) => originOf(line) === 'person';
  return { removed_keyframes: gone.length, removed_of_persons: gone.filter(isOfPerson).length };
}

export function answerOf({ writer }: BegunEdit, changed: Changed): SurgeryAnswer {
  return { version: writer.version, changed, created: [], removed: [] };
}
