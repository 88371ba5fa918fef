import { badRequest, HttpError } from './errors.ts';

/** Of one form: fields beside its files, bytes of one, and of all. */
export const MAX_FIELDS = 10_000;
export const MAX_FIELD_BYTES = 16 * 1024;
const MAX_BYTES = 1024 * 1024;

/** A field of a form as the parser hands it over. */
export type FieldPart = { readonly fieldname: string; readonly value: unknown; readonly valueTruncated?: boolean };

/** The fields of a form, few and small, and of them only those that somebody will read. */
export function createFields(isKnown: (name: string) => boolean) {
  const values: Record<string, unknown> = {};
  let bytes = 0;
  return {
    values: values as Readonly<Record<string, unknown>>,
    /** @throws HttpError 400 for an unknown name, 413 when it is too long or there are too many */
    add({ fieldname, value, valueTruncated }: FieldPart): void {
      if (!isKnown(fieldname)) throw badRequest(fieldname.slice(0, 100), 'There is no such field.');
      const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
      bytes += fieldname.length + text.length;
      if (valueTruncated || text.length > MAX_FIELD_BYTES || bytes > MAX_BYTES) {
        const detail = `The fields of the form are too long: ${fieldname.slice(0, 100)}. One may have ${MAX_FIELD_BYTES} bytes, all together ${MAX_BYTES}.`;
        throw new HttpError(413, { detail });
      }
      values[fieldname] = value;
    },
  };
}
