import { AnnotationError } from '../../errors.ts';
import type { LabeledData } from '../../labeled/labeled-data.ts';
import type { Label } from '../../labeled/labels.ts';
import type { LabelBook } from '../label-book.ts';
import { Objects } from '../png/objects.ts';

/** A value of MOTS is class · 1000 + number of the object in its class. */
export const CLASS = 1000;
/** Class of pixels that are not judged, in files of fewer labels than that. */
const IGNORED = 10;

/** Objects with their values: classes by the place of their label from 1, numbers in each class from 1. */
export function valuesOf(data: LabeledData, labels: readonly Label[]): { objects: Objects; values: number[] } {
  const objects = new Objects(data);
  const classes = new Map(labels.map(({ id }, place) => [id, place + 1]));
  const counts = new Map<number, number>();
  const values = objects.list.map(({ labelId }) => {
    const number = (counts.get(labelId) ?? 0) + 1;
    counts.set(labelId, number);
    const value = (classes.get(labelId) ?? 0) * CLASS + number;
    if (number >= CLASS || value > 0xffff)
      throw new AnnotationError(
        'object-id',
        `Object ${number} of label ${classes.get(labelId)} cannot be written as MOTS, which holds 999 objects of a label and 65 labels; export fewer.`,
      );
    return value;
  });
  return { objects, values };
}

/** The label of a value; undefined for background and for what is not judged. `names`: the labels of the file, in order. */
export function labelOfValue(
  value: number,
  names: readonly string[] | undefined,
  book: LabelBook,
  where: string,
): Label | undefined {
  const place = Math.floor(value / CLASS) - 1;
  const known = names ?? book.labels.map(({ name }) => name);
  if (place < 0 || (place === IGNORED - 1 && known.length < IGNORED)) return undefined;
  const name = known[place];
  if (name === undefined)
    throw new AnnotationError(
      'unknown-label',
      `${where}: class ${place + 1} of value ${value} is none of the ${known.length} labels.`,
    );
  return book.label(name, where);
}
