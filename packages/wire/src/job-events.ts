/**
 * `GET /api/jobs/{id}/events?since&objects`: one stream of server-sent events for all that a page must hear of a job.
 *
 * Read the job first; its `version` is `since`. A stream that breaks goes on by Last-Event-ID, which is the version of the
 * last `version` event. Without either the stream begins with what happens from now on. What one save changed comes as
 * `object` events, `keyframes` events, and one `version` event with the id.
 *
 * objects: `all`, or ids separated by commas, of which the changed keyframes are sent too.
 *
 * event       data          when
 * object      ObjectEvent   an object was made, changed or removed
 * keyframes   KeyframesEvent  keyframes of an object asked for changed
 * version     VersionEvent  all until this version has been sent
 * reset       VersionEvent  what was missed cannot be told; read the job again
 * run         RunEvent      a run of the job was started, came on, ended or was deleted; at the beginning, each under way
 * media       MediaEvent    frames of the task were removed or restored
 * people      PeopleEvent   somebody opened or left the job; at the beginning
 *
 * The stream ends when its reader loses the right to view the job; coming back is then answered with 401, 403 or 404.
 */
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Origin, StoredKeyframe } from './annotations.ts';
import { FrameSpan, ObjectKind } from './job-annotations.ts';
import { RunProgress } from './runs.ts';

const id = Type.Integer({ minimum: 1 });
const frame = Type.Integer({ minimum: 0 });
const version = Type.Integer({ minimum: 0 });
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const JobEventsQuery = Type.Object({
  since: Type.Optional(version),
  objects: Type.Optional(Type.String({ pattern: '^(all|\\d{1,15}(,\\d{1,15})*)$', maxLength: 65_536 })),
});
export type JobEventsQuery = Static<typeof JobEventsQuery>;

export const Person = Type.Object(
  { id, username: Type.String() },
  { title: 'Person', description: 'Somebody who has the job open.' },
);
export type Person = Static<typeof Person>;

export const ObjectEvent = Type.Object(
  {
    id,
    kind: ObjectKind,
    action: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('delete')]),
    /** Null of objects that are gone. */
    revision: nullable(Type.Integer({ minimum: 0 })),
    uid: Type.Optional(Type.String()),
    /** Of a track: frames whose keyframes changed or went, as spans. Of a tag or shape: its frame. Of a new track: none. */
    frames: Type.Array(FrameSpan),
    /** Who changed it last, and from what. */
    by: nullable(Person),
    origin: nullable(Origin),
    /** The run that changed it last. */
    run: nullable(Type.String()),
  },
  { title: 'ObjectEvent', description: 'An object was made, changed or removed.' },
);
export type ObjectEvent = Static<typeof ObjectEvent>;

/**
 * Keyframes of a track on the wire's form (frame, type, points, outside, …, origin, presence, predicted_iou); of a tag or
 * shape, the object itself in `object`.
 */
export const KeyframesEvent = Type.Object(
  {
    id,
    revision: Type.Integer({ minimum: 0 }),
    /** All keyframes of the track are there; forget those that you had. */
    whole: Type.Boolean(),
    /** The object without its keyframes, as it is now. */
    object: Type.Unknown(),
    keyframes: Type.Array(
      Type.Object({
        /** Part of a skeleton, from 0; null: the track's own. */
        element: nullable(Type.Integer({ minimum: 0 })),
        shapes: Type.Array(StoredKeyframe),
        removed_frames: Type.Array(frame),
      }),
    ),
  },
  { title: 'KeyframesEvent', description: 'Keyframes of an object that was asked for changed.' },
);
export type KeyframesEvent = Static<typeof KeyframesEvent>;

export const VersionEvent = Type.Object(
  { version },
  { title: 'VersionEvent', description: 'All changes until this version have been sent.' },
);
export type VersionEvent = Static<typeof VersionEvent>;

export const RunEvent = Type.Union([RunProgress, Type.Object({ id: Type.String(), deleted: Type.Literal(true) })]);
export type RunEvent = Static<typeof RunEvent>;

export const MediaEvent = Type.Object(
  { deleted_frames: Type.Array(frame) },
  { title: 'MediaEvent', description: 'Frames of the task were deleted or restored.' },
);
export type MediaEvent = Static<typeof MediaEvent>;

export const PeopleEvent = Type.Object(
  { people: Type.Array(Person) },
  { title: 'PeopleEvent', description: 'Who has the job open.' },
);
export type PeopleEvent = Static<typeof PeopleEvent>;
