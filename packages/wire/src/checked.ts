import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** An answer that does not have the form that the contract gives it. */
export class WireError extends Error {
  readonly code = 'wire';
  override readonly name = 'WireError';
}

const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>();

/** `value` as what `schema` says. Keys that the schema does not know are left as they are. Throws WireError. */
export function checked<T extends TSchema>(schema: T, value: unknown, what: string): Static<T> {
  let validator = compiled.get(schema);
  if (!validator) {
    validator = Compile(schema) as ReturnType<typeof Compile>;
    compiled.set(schema, validator);
  }
  if (validator.Check(value)) return value as Static<T>;
  const [problem] = validator.Errors(value) as unknown as { instancePath?: string; message?: string }[];
  const where = problem?.instancePath ? ` at ${problem.instancePath}` : '';
  throw new WireError(`${what} does not have the form that is expected${where}: ${problem?.message ?? 'invalid'}.`);
}
