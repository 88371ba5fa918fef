import { ATTRIBUTE_INPUTS, LABEL_TYPES } from '@roto/annotations';
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Id, Nothing, nullable } from './scalars.ts';

export const Attribute = Type.Object(
  {
    id: Id,
    name: Type.String(),
    mutable: Type.Boolean({ description: 'May differ from keyframe to keyframe of a track.' }),
    input_type: Type.Enum(ATTRIBUTE_INPUTS),
    default_value: Type.String(),
    values: Type.Array(Type.String(), { description: 'Choices; of a number its least, its greatest and its step.' }),
  },
  { title: 'Attribute', description: 'What can be said of an object of a label.' },
);
export type Attribute = Static<typeof Attribute>;

const label = {
  id: Id,
  name: Type.String(),
  color: Type.String({ description: '#rrggbb' }),
  type: Type.Enum(LABEL_TYPES),
  attributes: Type.Array(Attribute),
  parent_id: nullable(Id),
  has_parent: Type.Boolean(),
};
export const Sublabel = Type.Object(
  { ...label, sublabels: Nothing },
  { title: 'Sublabel', description: 'A point of a skeleton.' },
);
export type Sublabel = Static<typeof Sublabel>;
export const Label = Type.Object(
  {
    ...label,
    svg: Type.Optional(Type.String({ description: 'Drawing of a skeleton: points, edges and names.' })),
    sublabels: Type.Array(Sublabel),
    task_id: Id,
  },
  { title: 'Label', description: 'A kind of object that is annotated in a task.' },
);
export type Label = Static<typeof Label>;

/** At most this many labels in a task, parts of a skeleton, or attributes of a label. */
const MOST = 1000;

export const AttributeInput = Type.Object(
  {
    id: Type.Optional(Type.Integer()),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    mutable: Type.Optional(Type.Boolean()),
    input_type: Type.Optional(Type.String()),
    default_value: Type.Optional(Type.String({ maxLength: 128 })),
    values: Type.Optional(Type.Array(Type.String({ maxLength: 4096 }), { maxItems: MOST })),
    deleted: Type.Optional(Type.Boolean()),
  },
  { title: 'AttributeInput', description: 'An attribute of a label as clients write it.' },
);
export type AttributeInput = Static<typeof AttributeInput>;

const input = {
  id: Type.Optional(Type.Integer()),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  color: Type.Optional(Type.String()),
  type: Type.Optional(Type.String()),
  attributes: Type.Optional(Type.Array(AttributeInput, { maxItems: MOST })),
  deleted: Type.Optional(Type.Boolean()),
};
export const LabelInput = Type.Object(
  {
    ...input,
    svg: Type.Optional(Type.String({ maxLength: 100_000 })),
    sublabels: Type.Optional(
      Type.Array(
        Type.Object(input, { title: 'SublabelInput', description: 'A point of a skeleton as clients write it.' }),
        {
          maxItems: MOST,
        },
      ),
    ),
  },
  {
    title: 'LabelInput',
    description:
      'A label as clients write it. With `id`, in a change only, it means the label that is there; `deleted` removes it.',
  },
);
export type LabelInput = Static<typeof LabelInput>;
export const LabelInputs = Type.Array(LabelInput, { maxItems: MOST });
