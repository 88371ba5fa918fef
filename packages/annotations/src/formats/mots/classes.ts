import { AnnotationError } from '../../errors.ts';
import type { LabeledData } from '../../labeled/labeled-data.ts';
import type { Label } from '../../labeled/labels.ts';
import type { Place } from '../place.ts';
import { Objects } from '../png/objects.ts';
import type { Reading } from '../reading.ts';

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

/**
 * Values of one file, as MOTS has them or raw. Raw ones, all below 1000, have no class in them: then the class stands in a
 * column of its own, or the task has one label only.
 */
export class Values {
  readonly #names: readonly string[];
  readonly #isRaw: boolean;
  readonly #reading: Reading;

  /** `greatest`: of all values; `names`: the labels of the file, in order; without them the task's. */
  constructor(greatest: number, names: readonly string[] | undefined, reading: Reading) {
    this.#names = names ?? reading.book.labels.map(({ name }) => name);
    this.#reading = reading;
    this.#isRaw = greatest < CLASS;
    if (this.#isRaw && greatest > 0)
      reading.report.say(`All values are below ${CLASS}: they are the objects' own numbers, without a class.`);
  }

  /** The label of a value; undefined, with a note, for background and for what is not judged. */
  labelOf(value: number, place: Place, classColumn?: number): Label | undefined {
    const { book, report } = this.#reading;
    const classNumber = this.#isRaw ? classColumn : Math.floor(value / CLASS);
    if (classNumber === IGNORED && this.#names.length < IGNORED) {
      report.passOver(`class ${IGNORED} is not judged in MOTS, and was passed over`, place());
      return undefined;
    }
    if (classNumber === 0 && !this.#isRaw) {
      report.passOver(`values below ${CLASS} have no class in a file with others, and were passed over`, place());
      return undefined;
    }
    const name = classNumber === undefined ? undefined : this.#names[classNumber - 1];
    if (name !== undefined) return book.label(name, place());
    const [only, ...others] = this.#names;
    if (only !== undefined && others.length === 0 && this.#isRaw) return book.label(only, place());
    if (only === undefined) return book.label(`class ${classNumber ?? 1}`, place());
    throw new AnnotationError(
      'unknown-label',
      `${place()}: ${classNumber === undefined ? `nothing says which of the ${this.#names.length} labels object ${value} has; give it a value of class · 1000 + number` : `class ${classNumber} of value ${value} is none of the ${this.#names.length} labels (${this.#names.join(', ')})`}. A labels.txt lists the classes in order.`,
    );
  }
}
