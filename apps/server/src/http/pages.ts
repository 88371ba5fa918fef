import { type TSchema, Type } from 'typebox';
import { HttpError } from './errors.ts';

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

/** Query parameters by which a request says in which organization it works; the guard reads them. */
export const workspaceQuery = {
  org: Type.Optional(Type.String({ description: 'Slug of an organization; empty: the personal workspace.' })),
  org_id: Type.Optional(Type.Integer({ minimum: 1 })),
};

export const pageSchema = <T extends TSchema>(item: T) =>
  Type.Object({
    count: Type.Integer(),
    next: Type.Union([Type.String({ format: 'uri' }), Type.Null()]),
    previous: Type.Union([Type.String({ format: 'uri' }), Type.Null()]),
    results: Type.Array(item),
  });

export type Page<T> = { count: number; next: string | null; previous: string | null; results: T[] };

/** What a list needs of its request. */
type Asked = {
  readonly query: { readonly page?: number; readonly page_size?: 'all' | number };
  readonly url: string;
  readonly base: string;
};

/**
 * One page of a list.
 * @param list counts everything, and reads `limit` rows from `offset`, in an order that stays the same
 * @throws HttpError 404 past the last page
 */
export async function paginate<T>(
  request: Asked,
  list: { count(): Promise<number>; rows(limit: number, offset: number): Promise<T[]> },
): Promise<Page<T>> {
  const { page = 1, page_size: size = DEFAULT_PAGE_SIZE } = request.query;
  const count = await list.count();
  const perPage = size === 'all' ? Math.max(1, count) : size;
  const pages = Math.max(1, Math.ceil(count / perPage));
  if (page > pages) throw new HttpError(404, { detail: `There is no page ${page}; the last is ${pages}.` });
  return {
    count,
    next: page < pages ? pageUrl(request, page + 1) : null,
    previous: page > 1 ? pageUrl(request, page - 1) : null,
    results: count === 0 ? [] : await list.rows(perPage, (page - 1) * perPage),
  };
}

function pageUrl({ url, base }: Asked, page: number): string {
  const [path, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  if (page === 1) parameters.delete('page');
  else parameters.set('page', String(page));
  const text = parameters.toString();
  return `${base}${path}${text ? `?${text}` : ''}`;
}
