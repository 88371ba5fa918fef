import { createHash, randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Picture } from '@roto/functions';
import { MediaError, openSource } from '@roto/media';
import { CallError } from '../errors.ts';

export type CallPicture = Picture & { /** SHA-256 of the file. */ readonly sha256: string };

/**
 * Decodes the picture of a call by the same reader as the agent's and the command's, which reads files: the picture is
 * one for a moment. Throws CallError 'bad-request' or 'too-large'.
 */
export async function readPicture(image: Buffer): Promise<CallPicture> {
  const file = path.join(tmpdir(), `roto-call-${randomUUID()}`);
  try {
    await writeFile(file, image, { mode: 0o600 });
    await using source = await openSource(file);
    const { width, height, rgb } = await source.read(0);
    return { width, height, rgb, sha256: createHash('sha256').update(image).digest('hex') };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    const message = error.message.replaceAll(file, 'the image');
    throw new CallError(error.code === 'too-large' ? 'too-large' : 'bad-request', `image: ${message}`, {
      cause: error,
    });
  } finally {
    await rm(file, { force: true });
  }
}
