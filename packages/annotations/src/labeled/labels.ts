import type { AttributeValue } from './labeled-data.ts';

export const LABEL_TYPES = [
  'any',
  'rectangle',
  'polygon',
  'polyline',
  'points',
  'ellipse',
  'cuboid',
  'mask',
  'skeleton',
  'tag',
] as const;
export type LabelType = (typeof LABEL_TYPES)[number];

export const ATTRIBUTE_INPUTS = ['select', 'radio', 'checkbox', 'number', 'text'] as const;
export type AttributeInput = (typeof ATTRIBUTE_INPUTS)[number];

/** What can be said of an object of a label. */
export type LabelAttribute = {
  readonly id: number;
  readonly name: string;
  /** May change from frame to frame of a track; then its values stand in the keyframes, else in the track. */
  readonly mutable: boolean;
  readonly input_type: AttributeInput;
  readonly default_value: string;
  /** Choices of a select or radio; of a number [least, greatest, step]. */
  readonly values: readonly string[];
};

/** A label of a task as CVAT has it; a server may add keys of its own (task_id, parent_id …). */
export type Label = {
  readonly id: number;
  readonly name: string;
  readonly type: LabelType;
  /** `#rrggbb`. */
  readonly color: string;
  readonly attributes: readonly LabelAttribute[];
  /** Points of a skeleton; of every other type none. */
  readonly sublabels: readonly Label[];
  /** Drawing of a skeleton: points and edges as SVG elements. */
  readonly svg?: string;
};

/** A label with what checking and filling ask of it at every object. */
export type IndexedLabel = {
  readonly label: Label;
  readonly attributes: ReadonlyMap<number, LabelAttribute>;
  readonly sublabels: ReadonlyMap<number, IndexedLabel>;
  /** Default values of all attributes, of those that a track holds, and of those that its keyframes hold. */
  readonly defaults: readonly AttributeValue[];
  readonly immutableDefaults: readonly AttributeValue[];
  readonly mutableDefaults: readonly AttributeValue[];
};

export type LabelIndex = ReadonlyMap<number, IndexedLabel>;

/** Labels by id, sublabels inside their skeletons. */
export function indexLabels(labels: readonly Label[]): LabelIndex {
  return new Map(labels.map((label) => [label.id, indexLabel(label)]));
}

function indexLabel(label: Label): IndexedLabel {
  const defaultsOf = (attributes: readonly LabelAttribute[]): AttributeValue[] =>
    attributes.map((attribute) => ({ spec_id: attribute.id, value: attribute.default_value }));
  return {
    label,
    attributes: new Map(label.attributes.map((attribute) => [attribute.id, attribute])),
    sublabels: indexLabels(label.sublabels),
    defaults: defaultsOf(label.attributes),
    immutableDefaults: defaultsOf(label.attributes.filter((attribute) => !attribute.mutable)),
    mutableDefaults: defaultsOf(label.attributes.filter((attribute) => attribute.mutable)),
  };
}
