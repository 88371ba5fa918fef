import type { AttributeValue, LabeledShape, TrackedShape } from '../../labeled/labeled-data.ts';
import type { Label } from '../../labeled/labels.ts';
import { openTag, textElement, type XmlAttributes } from '../xml/write.ts';
import { ELEMENT_NAMES, placeAttributes } from './shape-element.ts';

/** Labels and attributes by their ids, as the files name them. */
export type Names = {
  readonly label: (id: number) => string;
  readonly attribute: (id: number) => string;
};

/** Throws nothing: an id that no label has is written as the number, and no reader will find it. */
export function namesOf(labels: readonly Label[]): Names {
  const all = labels.flatMap((label) => [label, ...label.sublabels]);
  const labelNames = new Map(all.map((label) => [label.id, label.name]));
  const attributes = all.flatMap((label) => label.attributes);
  const attributeNames = new Map(attributes.map((attribute) => [attribute.id, attribute.name]));
  return {
    label: (id) => labelNames.get(id) ?? String(id),
    attribute: (id) => attributeNames.get(id) ?? String(id),
  };
}

/** `<attribute name="pose">sit</attribute>`, a line each. */
export function writeAttributes(values: readonly AttributeValue[], names: Names): string {
  return values
    .map(({ spec_id, value }) => `${textElement('attribute', value, { name: names.attribute(spec_id) })}\n`)
    .join('');
}

/**
 * One shape with what is in it, a line each. `attributes` come first in its tag. What CVAT has no place for, and its
 * readers pass over, has names that begin with `roto_`.
 */
export function writeShape(
  shape: TrackedShape,
  attributes: XmlAttributes,
  isKeyframe: boolean,
  content: string,
): string {
  const name = ELEMENT_NAMES[shape.type];
  const tag = {
    ...attributes,
    ...placeAttributes(shape, isKeyframe),
    z_order: shape.z_order,
    roto_presence: shape.presence,
    roto_predicted_iou: shape.predicted_iou,
  };
  return content === '' ? `${openTag(name, tag, true)}\n` : `${openTag(name, tag)}\n${content}</${name}>\n`;
}

/** `occluded`; of skeletons, which in CVAT's files have none, only where it is set. */
export function occludedOf(shape: TrackedShape): boolean | undefined {
  return shape.type === 'skeleton' && !shape.occluded ? undefined : shape.occluded;
}

/** A plain shape of an image. */
export function writeImageShape(shape: LabeledShape, isKeyframe: boolean, names: Names): string {
  const attributes = {
    label: names.label(shape.label_id),
    source: shape.source,
    occluded: occludedOf(shape),
    group_id: shape.group || undefined,
    roto_score: shape.score,
  };
  const parts = shape.elements.map((element) =>
    writeShape(
      element,
      {
        label: names.label(element.label_id),
        source: element.source,
        outside: element.outside,
        occluded: element.occluded,
      },
      isKeyframe,
      writeAttributes(element.attributes, names),
    ),
  );
  return writeShape(shape, attributes, isKeyframe, parts.join('') + writeAttributes(shape.attributes, names));
}
