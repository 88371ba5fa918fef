import type { Static, TSchema } from 'typebox';
import * as Type from 'typebox';

/** Pieces that the schemas of all nouns are made of. */
export const Id = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
/** Of annotation objects and their changes, which a server has many of. */
export const BigId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** Number of a frame of a task, from 0. */
export const Frame = Type.Integer({ minimum: 0, maximum: 1e9 });
export const Count = Type.Integer({ minimum: 0 });
/** 0…1. */
export const Fraction = Type.Number({ minimum: 0, maximum: 1 });
export const Instant = Type.String({ format: 'date-time' });
export const Uri = Type.String({ format: 'uri' });

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Any JSON object. */
export const AnyObject = Type.Unsafe<Record<string, unknown>>(Type.Object({}, { additionalProperties: true }));

/** A list that is always empty, where CVAT has something that this server does not. */
export const Nothing = Type.Unsafe<never[]>(Type.Array(Type.Unknown(), { maxItems: 0 }));

/**
 * The same shape, of which only the named members are checked: for clients that also talk to servers of other versions,
 * and need no more than these to go on.
 */
export function outline<Members extends Record<string, TSchema>>(
  schema: Type.TObject<Members>,
  ...names: (keyof Members & string)[]
): Type.TUnsafe<Static<Type.TObject<Members>>> {
  const members = Object.fromEntries(names.map((name) => [name, schema.properties[name] as TSchema]));
  return Type.Unsafe<Static<Type.TObject<Members>>>(Type.Object(members));
}
