import { DEFAULT_PAGE_SIZE } from '@roto/wire';
import { HttpError } from './errors.ts';

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
