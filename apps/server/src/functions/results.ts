import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { badRequest, HttpError } from '../http/errors.ts';
import { fieldErrors } from '../http/validation.ts';
import { MAX_STATE } from './params.ts';

const numbers = Type.Array(Type.Number());
const shape = Type.Object({ type: Type.String({ maxLength: 32 }), points: numbers });
const state = Type.String({ minLength: 1, maxLength: MAX_STATE });

/** Results by the type of their request (contract 4.4). More keys are let through in shapes; others are dropped. */
const SCHEMAS: Record<string, TSchema> = {
  annotate_task: Type.Object({ annotations: Type.Object({}) }),
  annotate_frame: Type.Object({ annotations: Type.Object({}) }),
  interact: Type.Object({ shapes: Type.Array(shape, { maxItems: 10_000 }) }),
  init_tracking: Type.Object({ states: Type.Array(state) }),
  // The published schema allows no null among the shapes, yet stock agents send it for an object that is not found.
  track: Type.Object({ states: Type.Array(state), shapes: Type.Array(Type.Union([shape, Type.Null()])) }),
};
const CHECKS = new Map(Object.entries(SCHEMAS).map(([type, schema]) => [type, Compile(schema)]));

/**
 * The result as it is kept: what the type of the request has, fitting the request.
 * @param changing states of the answer may be others than those of the request
 * @throws HttpError 400
 */
export function checkResult(
  params: Readonly<Record<string, unknown>>,
  result: Record<string, unknown>,
  changing = false,
): Record<string, unknown> {
  const type = String(params.type);
  const check = CHECKS.get(type);
  if (!check) throw badRequest('type', `Requests of type ${type} have no result of this kind.`);
  if (!check.Check(result))
    throw new HttpError(400, fieldErrors(check.Errors(result) as unknown as Parameters<typeof fieldErrors>[0]));
  const { states, shapes } = result as { states?: string[]; shapes?: unknown[] };
  if (type === 'init_tracking' && states!.length !== (params.shapes as unknown[]).length)
    throw badRequest('states', `There are ${states!.length}, for ${(params.shapes as unknown[]).length} shapes.`);
  if (type === 'track') {
    const asked = params.states as string[];
    if (states!.length !== asked.length || (!changing && states!.some((each, at) => each !== asked[at])))
      throw badRequest('states', 'They are not those of the request, in its order.');
    if (shapes!.length !== asked.length)
      throw badRequest('shapes', `There are ${shapes!.length}, for ${asked.length} states.`);
  }
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys((SCHEMAS[type] as unknown as { properties: object }).properties))
    kept[key] = result[key];
  return kept;
}
