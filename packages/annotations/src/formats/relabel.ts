import type { AttributeValue, LabeledData, LabeledShape, LabeledTrack } from '../labeled/labeled-data.ts';
import type { Label } from '../labeled/labels.ts';

/**
 * Annotations with the ids of other labels in place of those they have, where the two lists have the same names: what a
 * reader made with labels of its own, once a server has given these their numbers. Ids that no pair has stay.
 */
export function relabel(data: LabeledData, from: readonly Label[], to: readonly Label[]): LabeledData {
  const ids = new Map<number, number>();
  const specs = new Map<number, number>();
  pair(from, to, ids, specs);
  if ([...ids, ...specs].every(([a, b]) => a === b)) return data;
  const values = (list: readonly AttributeValue[]): AttributeValue[] =>
    list.map(({ spec_id, value }) => ({ spec_id: specs.get(spec_id) ?? spec_id, value }));
  const owner = <T extends { readonly label_id: number; readonly attributes: readonly AttributeValue[] }>(
    one: T,
  ): T => ({
    ...one,
    label_id: ids.get(one.label_id) ?? one.label_id,
    attributes: values(one.attributes),
  });
  const shape = (one: LabeledShape): LabeledShape => ({ ...owner(one), elements: one.elements.map(shape) });
  const track = (one: LabeledTrack): LabeledTrack => ({
    ...owner(one),
    shapes: one.shapes.map((keyframe) => ({ ...keyframe, attributes: values(keyframe.attributes) })),
    elements: one.elements.map(track),
  });
  return { ...data, tags: data.tags.map(owner), shapes: data.shapes.map(shape), tracks: data.tracks.map(track) };
}

function pair(
  from: readonly Label[],
  to: readonly Label[],
  ids: Map<number, number>,
  specs: Map<number, number>,
): void {
  for (const label of from) {
    const other = to.find(({ name }) => name === label.name);
    if (!other) continue;
    ids.set(label.id, other.id);
    for (const { id, name } of label.attributes) {
      const attribute = other.attributes.find((one) => one.name === name);
      if (attribute) specs.set(id, attribute.id);
    }
    pair(label.sublabels, other.sublabels, ids, specs);
  }
}
