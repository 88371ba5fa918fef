import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { CallError } from '../errors.ts';

const Dropped = Compile(
  Type.Object({
    states: Type.Array(Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) }), { maxItems: 1_000 }),
  }),
);

/** Ids of the states that a caller does not need any more. Throws CallError 'bad-request'. */
export function readDropped(body: Uint8Array): string[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (cause) {
    throw new CallError('bad-request', 'The body is not JSON.', { cause });
  }
  if (!Dropped.Check(value))
    throw new CallError('bad-request', 'states: must be a list of at most 1000 states with an id.');
  return value.states.map(({ id }) => id);
}
