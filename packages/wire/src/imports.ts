/** Import of annotations from a file: what can be asked for beyond CVAT's own, and what comes of it. */
import type { Static } from 'typebox';
import * as Type from 'typebox';

const count = Type.Integer({ minimum: 0 });

/** Parameters of the address, beside CVAT's `format` and `filename`. Another server may ignore them. */
export const ImportParameters = Type.Object({
  import_mode: Type.Optional(
    Type.Union([Type.Literal('replace'), Type.Literal('append')], {
      description: 'Whether the file takes the place of what is there, or comes beside it.',
    }),
  ),
  dry_run: Type.Optional(Type.Boolean({ description: 'Read the file and report; change nothing.' })),
  create_labels: Type.Optional(
    Type.Boolean({ description: 'Make the labels that the file uses and the task does not have.' }),
  ),
  label_map: Type.Optional(
    Type.String({
      maxLength: 65_536,
      description: 'A JSON object: names of labels in the file, and for each the name of a label of the task.',
    }),
  ),
  first_frame: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 1,
      description: 'What number the first frame has, in a file that counts frames and does not say from where.',
    }),
  ),
});
export type ImportParameters = Static<typeof ImportParameters>;

/** What an import found, and did unless it was a dry run. */
export const ImportReport = Type.Object(
  {
    format: Type.String(),
    dry_run: Type.Boolean(),
    labels: Type.Array(
      Type.Object({
        name: Type.String(),
        tags: count,
        shapes: count,
        tracks: count,
        first_frame: count,
        last_frame: count,
      }),
    ),
    /** Names of labels that the task does not have yet. */
    new_labels: Type.Array(Type.String()),
    /** By frame; the first 200. */
    frames: Type.Array(Type.Object({ frame: count, name: Type.String(), objects: count })),
    frames_left_out: count,
    /** What was passed over and how the file was read, a sentence each. */
    notes: Type.Array(Type.String()),
  },
  { title: 'ImportReport', description: 'What an import found, and did unless it was a dry run.' },
);
export type ImportReport = Static<typeof ImportReport>;

/** Part of `GET /api/server/annotation/formats` of a server that knows the parameters above. */
export const ImportAbilities = Type.Object({
  roto: Type.Optional(Type.Object({ import_parameters: Type.Array(Type.String()) })),
});
