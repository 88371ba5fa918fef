import { ATTRIBUTE_INPUTS, LABEL_TYPES, type Label, type LabelAttribute } from '../../labeled/labels.ts';
import type { XmlElement } from '../xml/read.ts';

/**
 * The labels of a `<meta>`, with ids from 1: of its `<task>`, `<job>` or `<project>`. Points of skeletons, which stand
 * beside the other labels, go into their skeletons. Undefined when it names none.
 */
export function readMetaLabels(meta: XmlElement): Label[] | undefined {
  const list = meta.children.map((owner) => child(owner, 'labels')).find((labels) => labels !== undefined);
  if (!list) return undefined;
  let lastId = 0;
  const attributesOf = (label: XmlElement): LabelAttribute[] =>
    (child(label, 'attributes')?.children ?? []).map((attribute) => ({
      id: ++lastId,
      name: textOf(attribute, 'name'),
      mutable: textOf(attribute, 'mutable') === 'True',
      input_type: oneOf(ATTRIBUTE_INPUTS, textOf(attribute, 'input_type'), 'text'),
      default_value: textOf(attribute, 'default_value'),
      values: textOf(attribute, 'values') === '' ? [] : textOf(attribute, 'values').split('\n'),
    }));
  const read = list.children.map((element) => {
    const svg = child(element, 'svg')?.text;
    const label: Label & { sublabels: Label[] } = {
      id: ++lastId,
      name: textOf(element, 'name'),
      type: oneOf(LABEL_TYPES, textOf(element, 'type'), 'any'),
      color: textOf(element, 'color') || '#808080',
      attributes: attributesOf(element),
      sublabels: [],
      ...(svg === undefined ? {} : { svg }),
    };
    return { label, parent: child(element, 'parent')?.text };
  });
  for (const { label, parent } of read)
    if (parent !== undefined) read.find((one) => one.label.name === parent)?.label.sublabels.push(label);
  return read.filter(({ parent }) => parent === undefined).map(({ label }) => label);
}

function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((one) => one.name === name);
}

function textOf(element: XmlElement, name: string): string {
  return child(element, name)?.text ?? '';
}

function oneOf<T extends string>(known: readonly T[], text: string, otherwise: T): T {
  return known.find((value) => value === text) ?? otherwise;
}
