import type { Static } from 'typebox';
import * as Type from 'typebox';

/** `{"detail": …}`, what is wrong with each member of the request, or plain words. */
export const Problem = Type.Union(
  [
    Type.Unsafe<{ detail?: string; [member: string]: unknown }>(
      Type.Object(
        { detail: Type.Optional(Type.String({ description: 'What is wrong with the request as a whole.' })) },
        { additionalProperties: true },
      ),
    ),
    Type.Array(Type.String()),
    Type.String(),
  ],
  {
    title: 'Problem',
    description:
      'Why a request was refused: `detail`, or for members of the request a list of what is wrong with each ' +
      '(`non_field_errors` is about several of them), or the words alone.',
  },
);
export type Problem = Static<typeof Problem>;
