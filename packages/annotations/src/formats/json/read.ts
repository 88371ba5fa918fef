import { AnnotationError } from '../../errors.ts';
import { decodeUtf8 } from '../bytes.ts';
import type { ImportedFile } from '../format.ts';
import { JsonError, parseJsonInPieces } from './parse-in-pieces.ts';

/** COCO's own training set, the largest of the public ones, has 450 million characters and 3.4 million containers. */
export const DATASET_LIMITS = { maxCharacters: 500_000_000, maxContainers: 4_000_000 };

/** Between so many others may work. */
export const ITEMS_AT_ONCE = 500;

/**
 * Reads a file of JSON piece by piece: its text is never whole in memory, and others may work meanwhile.
 * @throws AnnotationError 'file' for what is no JSON, and past the limits
 */
export async function readJson(
  file: ImportedFile,
  { maxCharacters, maxContainers }: { readonly maxCharacters: number; readonly maxContainers: number } = DATASET_LIMITS,
): Promise<unknown> {
  try {
    return await parseJsonInPieces(counted(file, maxCharacters), { maxContainers });
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new AnnotationError('file', `${file.path} is not valid JSON: ${cause.message}.`, cause);
  }
}

async function* counted(file: ImportedFile, maxCharacters: number): AsyncGenerator<string> {
  let length = 0;
  for await (const piece of decodeUtf8(file)) {
    length += piece.length;
    if (length > maxCharacters)
      throw new AnnotationError('file', `${file.path} has more than ${maxCharacters} characters; split it.`);
    yield piece;
  }
}
