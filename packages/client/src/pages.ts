import { AnyPage, checked } from '@roto/wire';
import type { Static, TSchema } from 'typebox';
import type { Http, Query } from './http.ts';

/** All results of a list, page after page. An entry that comes twice because the list grew is given once. */
export async function* pages<T extends TSchema>(
  http: Http,
  path: string,
  schema: T,
  query: Query = {},
  signal?: AbortSignal,
): AsyncGenerator<Static<T>, void, undefined> {
  const seen = new Set<unknown>();
  for (let page = 1; ; page++) {
    const { next, results } = await http.json('GET', path, AnyPage, { query: { ...query, page }, signal });
    for (const result of results) {
      const entry = checked(schema, result, `An entry of ${path}`);
      const { id } = entry as { id?: unknown };
      if (id !== undefined && seen.has(id)) continue;
      seen.add(id);
      yield entry;
    }
    // An empty page ends the list too: a server that always promises another one would be asked for ever.
    if (!next || results.length === 0) return;
  }
}
