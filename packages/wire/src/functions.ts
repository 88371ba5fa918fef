import { LABEL_TYPES, SHAPE_TYPES } from '@roto/annotations';
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { BriefUser } from './people.ts';
import { Capabilities } from './queue.ts';
import { AnyObject, Count, Fraction, Id, Instant, nullable } from './scalars.ts';

export const FUNCTION_KINDS = ['detector', 'interactor', 'reid', 'tracker'] as const;
export const FunctionKind = Type.Enum(FUNCTION_KINDS);
export type FunctionKind = Static<typeof FunctionKind>;

const Attribute = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  input_type: Type.Enum(['checkbox', 'number', 'radio', 'select', 'text']),
  values: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 }),
});
/** `unknown`: the function does not say. */
const FunctionLabelType = Type.Enum([...LABEL_TYPES, 'unknown']);
const Sublabel = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  type: Type.Optional(FunctionLabelType),
  attributes: Type.Optional(Type.Array(Attribute, { maxItems: 16 })),
});
export const FunctionLabel = Type.Object(
  { ...Sublabel.properties, sublabels: Type.Optional(Type.Array(Sublabel, { maxItems: 32 })) },
  { title: 'FunctionLabel', description: 'A label that a detector finds.' },
);
export type FunctionLabel = Static<typeof FunctionLabel>;

const ofKind = {
  labels_v2: Type.Optional(Type.Array(FunctionLabel, { maxItems: 1_024, description: 'Of a detector.' })),
  supported_shape_types: Type.Optional(
    Type.Array(Type.Enum(SHAPE_TYPES), { maxItems: SHAPE_TYPES.length, description: 'Of a tracker.' }),
  ),
  min_pos_points: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, description: 'Of an interactor.' })),
  min_neg_points: Type.Optional(Type.Integer({ minimum: -1, maximum: 10_000, description: 'Of an interactor.' })),
  startswith_box: Type.Optional(Type.Boolean({ description: 'Of an interactor.' })),
  startswith_box_optional: Type.Optional(Type.Boolean({ description: 'Of an interactor.' })),
};

export const NewFunction = Type.Object(
  {
    provider: Type.String({ minLength: 1, maxLength: 32 }),
    name: Type.String({ minLength: 1, maxLength: 128 }),
    kind: FunctionKind,
    visibility: Type.Optional(Type.Enum(['private', 'public'])),
    ...ofKind,
    url: Type.Optional(nullable(Type.String({ maxLength: 256 }))),
    api_key: Type.Optional(nullable(Type.String({ maxLength: 64 }))),
  },
  {
    title: 'NewFunction',
    description: 'A function to be registered; what belongs to one kind is refused for the others.',
  },
);
export type NewFunction = Static<typeof NewFunction>;

/** Which of the members are there depends on the kind. */
export const AnnotationFunction = Type.Object(
  {
    id: Id,
    provider: Type.String(),
    name: Type.String(),
    kind: FunctionKind,
    visibility: Type.Optional(Type.Enum(['private', 'public'])),
    ...ofKind,
    lambda_id: Type.Optional(Type.String({ description: 'Ours, of a serverless function: its id at /api/lambda.' })),
    owner: nullable(BriefUser),
    organization: nullable(Id),
    created_date: Instant,
    updated_date: Instant,
  },
  { title: 'AnnotationFunction', description: 'A function that agents serve: a tracker, a detector or an interactor.' },
);
export type AnnotationFunction = Static<typeof AnnotationFunction>;

export const Providers = Type.Object(
  {
    providers: Type.Array(Type.Object({ name: Type.String(), title: Type.String(), kinds: Type.Array(FunctionKind) })),
  },
  { title: 'Providers', description: 'Where functions of this server come from.' },
);
export type Providers = Static<typeof Providers>;

export const FunctionAgents = Type.Object(
  {
    queued: Type.Integer({ minimum: 0, description: 'Requests that wait or are in progress.' }),
    results: Type.Array(
      Type.Object({
        agent_id: Type.String(),
        capabilities: Capabilities,
        first_seen: Instant,
        last_seen: Instant,
        requests: Type.Integer({ minimum: 0, description: 'Requests that the agent holds.' }),
        busy_with: Type.Array(
          Type.Object({
            type: Type.String(),
            run: nullable(Type.String({ description: 'The run that the request belongs to.' })),
            since: nullable(Instant),
          }),
        ),
        frames_per_second: nullable(
          Type.Number({ description: 'Of the last run that the agent held and has not ended.' }),
        ),
      }),
    ),
  },
  { title: 'FunctionAgents', description: 'Agents of a function, the one seen last first.' },
);
export type FunctionAgents = Static<typeof FunctionAgents>;

/** Types of calls; which of them a function takes depends on its kind. */
export const CALL_TYPES = ['annotate_task', 'annotate_frame', 'interact', 'init_tracking', 'track'] as const;
const call = {
  type: Type.String({ maxLength: 32, description: CALL_TYPES.join(', ') }),
  task: Type.Optional(Type.Integer()),
  job: Type.Optional(Type.Integer()),
};
/** More members belong to the type: a frame, shapes, states, points. */
export const FunctionCall = Type.Object(call, {
  additionalProperties: true,
  title: 'FunctionCall',
  description: 'What a function shall do, on which task or job; further members belong to the type.',
});
export type FunctionCall = Static<typeof FunctionCall> & { readonly [member: string]: unknown };
export const NewFunctionRequest = Type.Object(
  { ...call, function: Type.Integer({ minimum: 1, maximum: 999_999_999 }) },
  {
    additionalProperties: true,
    title: 'NewFunctionRequest',
    description: 'A call of a function whose result is looked at later.',
  },
);
export type NewFunctionRequest = Static<typeof NewFunctionRequest>;

/** Objects that a detector found, in the form of `LabeledData`, or the shapes and states of a tracker. */
export const FunctionResult = Type.Unsafe<Record<string, unknown>>(
  Type.Object(
    {
      annotations: Type.Optional(AnyObject),
      shapes: Type.Optional(
        Type.Array(
          nullable(
            Type.Object({ type: Type.String(), points: Type.Array(Type.Number()) }, { additionalProperties: true }),
          ),
        ),
      ),
      states: Type.Optional(Type.Array(Type.String())),
    },
    {
      additionalProperties: true,
      title: 'FunctionResult',
      description: 'What a function answered: annotations of a detector, shapes and states of a tracker.',
    },
  ),
);
export type FunctionResult = Static<typeof FunctionResult>;

export const REQUEST_STATUSES = ['queued', 'started', 'finished', 'failed'] as const;
export const FunctionRequest = Type.Object(
  {
    id: Type.String(),
    function: Type.Object({
      id: Id,
      type: Type.String(),
      task: Id,
      job: Type.Optional(Id),
      threshold: Type.Optional(Fraction),
    }),
    status: Type.Enum(REQUEST_STATUSES),
    parked: Type.Boolean({ description: 'Failed too often to be tried again by itself.' }),
    attempts: Count,
    progress: Type.Integer({ minimum: 0, maximum: 100, description: 'Percent.' }),
    enqueued: Instant,
    started: nullable(Instant),
    ended: nullable(Instant),
    exc_info: Type.String({ description: 'Why it failed.' }),
    result: Type.Optional(Type.Unknown()),
  },
  { title: 'FunctionRequest', description: 'A call of a function that an agent does in its own time.' },
);
export type FunctionRequest = Static<typeof FunctionRequest>;
export const FunctionRequests = Type.Array(FunctionRequest, { description: 'The newest first.' });
