/** Changes of annotations, as the server keeps them (ours). */
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { AnyObject, BigId, Count, Frame, Id, Instant, nullable } from './scalars.ts';

export const AnnotationChange = Type.Object(
  {
    id: BigId,
    object: BigId,
    kind: Type.Enum(['tag', 'shape', 'track']),
    action: Type.Enum(['create', 'update', 'delete']),
    revision: Type.Integer({ minimum: 0, description: 'That of the object after the change.' }),
    date: Instant,
    until: Type.String({ format: 'date-time', description: 'Saves of one person in a row are one change.' }),
    user: nullable(Type.Object({ id: Id, username: nullable(Type.String()) })),
    origin: Type.Enum(['person', 'import', 'tracker']),
    run: nullable(Type.String()),
    frames: Type.Unsafe<[number, number][]>(
      Type.Array(Type.Array(Frame, { minItems: 2, maxItems: 2 }), {
        description: 'Keyframes that changed, as spans; both ends inclusive.',
      }),
    ),
    before: Type.Optional(
      Type.Object(
        { object: Type.Unknown(), keyframes: Type.Array(AnyObject) },
        { description: 'What was there before; only when it was asked for.' },
      ),
    ),
  },
  { title: 'AnnotationChange', description: 'One change of one object of a job.' },
);
export type AnnotationChange = Static<typeof AnnotationChange>;

export const Revert = Type.Object(
  { force: Type.Optional(Type.Boolean({ description: 'Also where it was changed again since.' })) },
  { title: 'Revert', description: 'Whether to undo a change although others changed the same since.' },
);
export type Revert = Static<typeof Revert>;
export const Reverted = Type.Object(
  { object: BigId, revision: nullable(Count) },
  { title: 'Reverted', description: 'The object that is as it was before; revision null: it is gone again.' },
);
export type Reverted = Static<typeof Reverted>;
