// What the rows of the timeline show, from the document: one row a track, one a label for shapes of single frames.
import { isUnsure } from '../commands/find-frame.ts';
import type { JobDocument, Keyframe, Origin, TrackRecord, Uid } from '../document/records.ts';
import { spanOf } from '../document/visible.ts';

export type Row =
  | {
      readonly kind: 'track';
      readonly uid: Uid;
      readonly track: TrackRecord;
      /** Frames on which it can be seen: pairs of first and last. */
      readonly spans: readonly (readonly [number, number])[];
      readonly marks: readonly Mark[];
      /** Frames on which the model was unsure: pairs of first and last. */
      readonly unsure: readonly (readonly [number, number])[];
    }
  | { readonly kind: 'shapes'; readonly label: number; readonly frames: readonly number[] };

export interface Mark {
  readonly frame: number;
  readonly origin: Origin;
  readonly outside: boolean;
  readonly predictedIou: number | undefined;
}

/** Rows of a record stay the same value as long as the record does. */
const trackRows = new WeakMap<TrackRecord, { last: number; row: Row }>();

export function rowsOf(document: JobDocument, last: number): readonly Row[] {
  const rows: Row[] = [];
  const shapes = new Map<number, number[]>();
  for (const record of document.objects.values()) {
    if (record.kind === 'track') rows.push(trackRow(record, last));
    else {
      const frames = shapes.get(record.label);
      if (frames) frames.push(record.frame);
      else shapes.set(record.label, [record.frame]);
    }
  }
  for (const [label, frames] of shapes) rows.push({ kind: 'shapes', label, frames: frames.sort((a, b) => a - b) });
  return rows;
}

function trackRow(track: TrackRecord, last: number): Row {
  const known = trackRows.get(track);
  if (known?.last === last) return known.row;
  const marks = track.keyframes.map(({ frame, origin, outside, predictedIou }) => ({
    frame,
    origin,
    outside,
    predictedIou,
  }));
  const row: Row = {
    kind: 'track',
    uid: track.uid,
    track,
    spans: spansOf(track, last),
    marks,
    unsure: unsureOf(track),
  };
  trackRows.set(track, { last, row });
  return row;
}

function spansOf(track: TrackRecord, end: number): readonly (readonly [number, number])[] {
  const spans: [number, number][] = [];
  let from: number | undefined;
  for (const { frame, outside } of track.keyframes) {
    if (outside && from !== undefined) {
      spans.push([from, frame - 1]);
      from = undefined;
    } else if (!outside) from ??= frame;
  }
  if (from !== undefined) spans.push([from, Math.max(from, spanOf(track).last ?? end)]);
  return spans;
}

/** Unsure keyframes at most three frames apart are one span. */
function unsureOf({ keyframes }: TrackRecord): readonly (readonly [number, number])[] {
  const spans: [number, number][] = [];
  for (const { frame } of keyframes.filter((keyframe: Keyframe) => isUnsure(keyframe))) {
    const open = spans.at(-1);
    if (open && frame - open[1] <= 3) open[1] = frame;
    else spans.push([frame, frame]);
  }
  return spans;
}
