import type { Static, TSchema } from 'typebox';
import { Check, Errors } from 'typebox/schema';

/** An answer that does not have the form that the contract gives it. */
export class WireError extends Error {
  readonly code = 'wire';
  override readonly name = 'WireError';
}

/**
 * Returns `value` as what `schema` says; members that the schema does not know are left as they are. Interprets the schema:
 * compiled ones are faster, but a page whose content security policy forbids `eval` cannot make them.
 * @throws WireError
 */
export function checked<T extends TSchema>(schema: T, value: unknown, what: string): Static<T> {
  if (Check(schema, value)) return value as Static<T>;
  const [problem] = Errors(schema, value)[1];
  const where = problem?.instancePath ? ` at ${problem.instancePath}` : '';
  throw new WireError(`${what} does not have the form that is expected${where}: ${problem?.message ?? 'invalid'}.`);
}
