import { Type } from 'typebox';

/** How the document describes an answer without a body; it is sent by `reply.send()`. */
export function empty(description: string) {
  return Type.Unsafe<void>({ type: 'null', description });
}

/** Answer 204 of what has nothing to say. */
export const DONE = { 204: empty('It is done.') } as const;

/** Answer 304 to `If-None-Match`. */
export const UNCHANGED = { 304: empty('The client has the present one already.') } as const;

/** How the document describes an answer whose body is a file of one of these types. */
export function file(description: string, ...types: readonly string[]) {
  const schema = Type.Unsafe<unknown>({ type: 'string', format: 'binary' });
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}

/** How the document describes an answer that is a stream of server-sent events. */
export function eventStream(description: string) {
  return { description, content: { 'text/event-stream': { schema: Type.Unsafe<unknown>({ type: 'string' }) } } };
}
