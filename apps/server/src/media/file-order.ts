import { createHash } from 'node:crypto';
import { compareNaturally } from '@roto/media';
import type { DataFields } from './data-fields.ts';

/**
 * The places of `names` in the order in which they become frames. `seed` makes a random order the same whenever it is made
 * for the same task. Files that a predefined order does not name keep the place that they came in.
 */
export function orderFiles(
  names: readonly string[],
  { sorting, order }: Pick<DataFields, 'sorting' | 'order'>,
  seed: string,
): number[] {
  const places = names.map((_, place) => place);
  switch (sorting) {
    case 'lexicographical':
      return places.sort((a, b) => (names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : 0));
    case 'natural':
      return places.sort((a, b) => compareNaturally(names[a]!, names[b]!));
    case 'predefined': {
      const rank = new Map(order.map((name, n) => [name, n]));
      return places.sort((a, b) => (rank.get(names[a]!) ?? a) - (rank.get(names[b]!) ?? b));
    }
    case 'random': {
      const draw = names.map((name) => createHash('sha256').update(`${seed}\0${name}`).digest('hex'));
      return places.sort((a, b) => (draw[a]! < draw[b]! ? -1 : 1));
    }
  }
}

/** What is wrong with a wanted order of files; null: nothing. */
export function problemOfOrder(order: readonly string[], names: readonly string[]): string | null {
  const wanted = new Set(order);
  if (wanted.size !== order.length) return 'A file is named twice.';
  const missing = names.find((name) => !wanted.has(name));
  if (missing !== undefined) return `The uploaded file ${missing} is not named.`;
  const known = new Set(names);
  const unknown = order.find((name) => !known.has(name));
  return unknown === undefined ? null : `There is no uploaded file ${unknown}.`;
}
