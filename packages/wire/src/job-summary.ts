/** `GET /api/jobs/{id}/annotations/summary`: what a timeline shows of a job of any length, without its geometry (ours). */
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { FrameSpan } from './job-annotations.ts';

const id = Type.Integer({ minimum: 1 });
const frame = Type.Integer({ minimum: 0 });
/** One value for each bucket; null: nothing there. */
const buckets = Type.Array(Type.Union([Type.Integer(), Type.Null()]));

export const SummaryQuery = Type.Object({
  /** Into how many parts the frames are divided. */
  buckets: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_000, default: 80 })),
  from: Type.Optional(frame),
  to: Type.Optional(frame),
});
export type SummaryQuery = Static<typeof SummaryQuery>;

export const TrackSummary = Type.Object(
  {
    id,
    label_id: id,
    revision: Type.Integer({ minimum: 0 }),
    /** First and last keyframe. */
    first: frame,
    last: frame,
    keyframes: Type.Integer({ minimum: 0 }),
    /** Runs of keyframes on neighbouring frames, by origin; those of `outside` apart. At most 200 of each. */
    spans: Type.Object({
      person: Type.Array(FrameSpan),
      import: Type.Array(FrameSpan),
      tracker: Type.Array(FrameSpan),
      outside: Type.Array(FrameSpan),
    }),
    /** Object score logit × 10, least of the bucket. */
    presence_min: buckets,
    /** Predicted IoU × 100, least and mean. */
    iou_min: buckets,
    iou_mean: buckets,
    /** 0 nothing, 1 worth a look, 2 bad: the worst of the bucket; null: no keyframe of a tracker. */
    severity: buckets,
    /** The worst first, at most 50. */
    suspicious: Type.Array(
      Type.Object({
        from: frame,
        to: frame,
        worst: frame,
        severity: Type.Number(),
        reasons: Type.Array(Type.String()),
      }),
    ),
    /** How many there are. */
    suspicious_count: Type.Integer({ minimum: 0 }),
  },
  { title: 'TrackSummary', description: 'Keyframes, scores and suspicious spans of a track, without geometry.' },
);
export type TrackSummary = Static<typeof TrackSummary>;

export const JobSummary = Type.Object(
  {
    version: Type.Integer({ minimum: 0 }),
    from: frame,
    to: frame,
    buckets: Type.Integer({ minimum: 1 }),
    /** Frames that begin a scene; null: not looked for yet. */
    scene_cuts: Type.Union([Type.Array(frame), Type.Null()]),
    tracks: Type.Array(TrackSummary),
    /** Tags and plain shapes of each label: how many in each bucket. */
    plain: Type.Array(Type.Object({ label_id: id, kind: Type.String(), counts: Type.Array(Type.Integer()) })),
  },
  { title: 'JobSummary', description: 'What a timeline shows of a job.' },
);
export type JobSummary = Static<typeof JobSummary>;
