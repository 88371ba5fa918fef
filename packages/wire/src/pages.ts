import type { Static, TSchema } from 'typebox';
import * as Type from 'typebox';
import { nullable, Uri } from './scalars.ts';

export const DEFAULT_PAGE_SIZE = 10;

/** Query parameters of every list; spread into the schema of its query. */
export const pageQuery = {
  page: Type.Optional(Type.Integer({ minimum: 1, description: 'Number of the page, from 1.' })),
  page_size: Type.Optional(
    Type.Union([Type.Literal('all'), Type.Integer({ minimum: 1, maximum: 10_000 })], {
      description: `Results on a page, ${DEFAULT_PAGE_SIZE} without it; "all" for one page with everything.`,
    }),
  ),
};

/** Query parameters by which a request says in which organization it works. */
export const workspaceQuery = {
  org: Type.Optional(Type.String({ description: 'Slug of an organization; empty: the personal workspace.' })),
  org_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 })),
};

/** One page of a list; `title` names it in the document. */
export const pageOf = <T extends TSchema>(item: T, title: string) =>
  Type.Object(
    { count: Type.Integer({ minimum: 0 }), next: nullable(Uri), previous: nullable(Uri), results: Type.Array(item) },
    { title, description: 'One page of a list, with the addresses of the next and the previous one.' },
  );

/** A page of any list, as every server answers it. */
export const AnyPage = Type.Object({
  count: Type.Optional(Type.Integer({ minimum: 0 })),
  next: nullable(Type.String()),
  results: Type.Array(Type.Unknown()),
});
export type AnyPage = Static<typeof AnyPage>;
