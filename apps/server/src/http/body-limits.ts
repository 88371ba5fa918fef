/** Bytes of a JSON body at an address that nothing below says more of. */
export const SMALL_BODY = 64 * 1024;

const MEBIBYTE = 1024 * 1024;

/**
 * The addresses whose JSON may be larger, and what for. All of them are guarded: who sends is known, and may send, before
 * a byte of the body is read.
 */
const LARGER: readonly (readonly [path: RegExp, bytes: number, what: string])[] = [
  [/^\/api\/(jobs|tasks)\/:id\/annotations/, Number.POSITIVE_INFINITY, 'annotations of a whole job or task'],
  [/^\/api\/functions\/queues\//, 64 * MEBIBYTE, 'results and states of agents'],
  [/^\/api\/(runs|functions|lambda)(\/|$)/, 16 * MEBIBYTE, 'masks from which objects are followed'],
  [/^\/api\/tasks\/:id\/data/, 16 * MEBIBYTE, 'names of files in order, frames that are left out'],
  [/^\/api\/jobs\/:id\/data/, 16 * MEBIBYTE, 'frames that are left out'],
  [/^\/api\/(tasks|labels)(\/:id)?$/, 4 * MEBIBYTE, 'labels with their attributes'],
];

/** Bytes of JSON that a route takes; `most` is what annotations may have. */
export function bodyLimit(url: string, most: number): number {
  const [, bytes] = LARGER.find(([path]) => path.test(url)) ?? [null, SMALL_BODY];
  return Math.min(bytes, most);
}
