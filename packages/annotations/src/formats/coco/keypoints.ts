import type { Label } from '../../labeled/labels.ts';
import type { ShapeDraft } from '../../labeled/normalise.ts';
import { bad, type Item, numbers, show } from '../json/values.ts';
import { PLACE, type Placed } from '../place.ts';

/**
 * Points of a skeleton from COCO's [x, y, v, …]: v is 0 where the point is not there, 1 where it is hidden, 2 where it is
 * seen. Points go by the names of the category; without names they are taken in the skeleton's order.
 */
export function elementsOfKeypoints(
  annotation: Item,
  category: Item,
  label: Label,
  whole: Pick<ShapeDraft, 'frame' | 'source'> & Placed,
  place: string,
): ShapeDraft[] {
  const values = numbers(annotation.keypoints, `${place}: keypoints`);
  const names = namesOf(category, label);
  if (values.length !== 3 * names.length)
    throw bad(
      `${place}: keypoints`,
      `is a list of ${values.length} numbers, but ${names.length} points have ${3 * names.length}`,
    );
  return names.map((name, i) => {
    const part = label.sublabels.find((sublabel) => sublabel.name === name);
    if (!part)
      throw bad(
        `${place}: keypoints`,
        `the category has a point ${show(name)}, but the skeleton "${label.name}" has ${label.sublabels.map((one) => `"${one.name}"`).join(', ')}`,
      );
    const [x, y, seen] = values.slice(3 * i, 3 * i + 3) as [number, number, number];
    return {
      type: 'points',
      frame: whole.frame,
      label_id: part.id,
      points: [x, y],
      outside: seen === 0,
      occluded: seen === 1,
      ...(whole.source === undefined ? {} : { source: whole.source }),
      ...(whole[PLACE] && { [PLACE]: whole[PLACE] }),
    };
  });
}

function namesOf(category: Item, label: Label): string[] {
  const { keypoints } = category;
  if (Array.isArray(keypoints) && keypoints.length > 0) return keypoints.map(String);
  return label.sublabels.map(({ name }) => name);
}
