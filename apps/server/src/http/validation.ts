import Ajv, { type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';

const common = { allErrors: false, strict: false, useDefaults: true, removeAdditional: false } as const;
/** Bodies mean what they say: "5" is no number. */
const exact = new Ajv.default({ ...common, coerceTypes: false });
/** Addresses and headers carry text only. */
const fromText = new Ajv.default({ ...common, coerceTypes: 'array' });
addFormats.default(exact);
addFormats.default(fromText);

/** Checks requests by their schemas. Booleans in addresses are read as Python writes them, too: `True`, `False`. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return exact.compile(schema);
  const check = fromText.compile(schema);
  const booleans = Object.entries((schema as { properties?: Record<string, { type?: unknown }> }).properties ?? {})
    .filter(([, { type }]) => type === 'boolean')
    .map(([name]) => name);
  return (value: Record<string, unknown>) => {
    for (const name of booleans) {
      const given = value[name];
      if (typeof given !== 'string') continue;
      const lower = given.toLowerCase();
      value[name] = lower === '1' ? 'true' : lower === '0' ? 'false' : lower;
    }
    // `value` has no parent here, so an array or a number in its place could not be put back; there is always an object.
    return check(value) ? { value } : { error: check.errors as unknown as Error };
  };
};

/** What a request was refused for, as CVAT's clients read it: field → problems. */
export function fieldErrors(problems: readonly FastifySchemaValidationError[]): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const problem of problems as readonly ErrorObject[]) {
    const path = problem.instancePath.split('/').slice(1).map(decodePointer);
    const missing = problem.keyword === 'required' ? String(problem.params.missingProperty) : undefined;
    const unknown = problem.keyword === 'additionalProperties' ? String(problem.params.additionalProperty) : undefined;
    const full = [...path, ...((missing ?? unknown) ? [(missing ?? unknown)!] : [])];
    const field = full[0] ?? 'non_field_errors';
    const where = full.length > 1 ? `${full.join('.')}: ` : '';
    const what = missing
      ? 'This field is required.'
      : unknown
        ? 'There is no such field.'
        : `It ${problem.message ?? 'is not valid'}${allowed(problem)}.`;
    fields[field] = [...(fields[field] ?? []), where + what];
  }
  return fields;
}

function allowed({ keyword, params }: ErrorObject): string {
  if (keyword === 'enum') return `: ${(params.allowedValues as unknown[]).join(', ')}`;
  if (keyword === 'const') return `: ${String(params.allowedValue)}`;
  return '';
}

function decodePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
