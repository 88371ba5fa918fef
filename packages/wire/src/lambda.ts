/** Serverless functions, as CVAT's lambda manager has them. Errors are JSON strings. */
import type { Static } from 'typebox';
import * as Type from 'typebox';

export const LambdaFunctionShown = Type.Object(
  {
    id: Type.String(),
    kind: Type.Union([
      Type.Literal('detector'),
      Type.Literal('interactor'),
      Type.Literal('reid'),
      Type.Literal('tracker'),
    ]),
    name: Type.String(),
    description: Type.String(),
    version: Type.Integer(),
    labels_v2: Type.Array(Type.Object({}, { additionalProperties: true })),
  },
  {
    title: 'LambdaFunction',
    description: 'A serverless function; trackers and interactors have more members, as CVAT shows them.',
    additionalProperties: true,
  },
);
export type LambdaFunctionShown = Static<typeof LambdaFunctionShown>;

export const LambdaCall = Type.Object(
  {
    task: Type.Optional(Type.Integer()),
    job: Type.Optional(Type.Integer()),
    frame: Type.Optional(Type.Integer()),
    shapes: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Null(),
          Type.Object({ type: Type.String({ maxLength: 32 }), points: Type.Array(Type.Number()) }),
        ]),
        {
          maxItems: 1_024,
        },
      ),
    ),
    states: Type.Optional(
      Type.Array(Type.Union([Type.Null(), Type.String({ maxLength: 8_192 })]), { maxItems: 1_024 }),
    ),
  },
  {
    title: 'LambdaCall',
    description: 'What a function is asked: `task` or `job`, `frame`, and what its kind takes.',
    additionalProperties: true,
  },
);
export type LambdaCall = Static<typeof LambdaCall>;

export const LambdaAnswer = Type.Unsafe<unknown>(
  Type.Object({}, { title: 'LambdaAnswer', description: 'The answer of the function.', additionalProperties: true }),
);

export const LambdaProblem = Type.String({ title: 'LambdaProblem', description: 'Why it was refused.' });
