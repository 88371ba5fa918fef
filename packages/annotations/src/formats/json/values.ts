import { AnnotationError } from '../../errors.ts';

/** An object of a JSON file, of which nothing is known yet. */
export type Item = { readonly [key: string]: unknown };

export function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a list, each with its place. Throws 'file' for what is no list of objects. */
export function* items(list: unknown, place: string): Generator<[Item, () => string]> {
  if (!Array.isArray(list)) throw bad(place, 'must be a list');
  for (const [i, item] of list.entries()) {
    const where = (): string =>
      `${place}[${i}]${isItem(item) && item.id !== undefined ? ` (id ${show(item.id)})` : ''}`;
    if (!isItem(item)) throw bad(where(), `is ${show(item)}, but it must be an object`);
    yield [item, where];
  }
}

export function numbers(value: unknown, place: string, count?: number): number[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'number' && Number.isFinite(one)))
    throw bad(place, `is ${show(value)}, but it must be a list of numbers`);
  if (count !== undefined && value.length !== count)
    throw bad(place, `is a list of ${value.length} numbers, but it must have ${count}`);
  return value;
}

export function asNumber(value: unknown, otherwise: number, place: string): number {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw bad(place, `${show(value)} stands where a number belongs`);
  return value;
}

export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Sums of decimal fractions, without their last bits. */
export function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

export function bad(place: string, what: string): AnnotationError {
  return new AnnotationError('file', `${place}: ${what}.`);
}

export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
