import type { FileHandle } from 'node:fs/promises';
import type { Structure } from './structure.ts';

/** Parts of an OpenDML file; each holds up to a gigabyte or two. */
const MOST_PARTS = 10_000;

/** An AVI file is a row of RIFF chunks (the second and later ones are of OpenDML), each of which states its length. */
export async function aviStructure(file: FileHandle, size: number): Promise<Structure> {
  const head = Buffer.alloc(8);
  let missingBytes = 0;
  for (let at = 0, part = 0; at + 8 <= size && part < MOST_PARTS; part++) {
    const { bytesRead } = await file.read(head, 0, 8, at);
    if (bytesRead < 8 || head.toString('latin1', 0, 4) !== 'RIFF') break;
    const length = head.readUInt32LE(4);
    // Recorders that were cut off leave 0 or all ones.
    if (length === 0 || length === 0xffffffff) break;
    at += 8 + length + (length % 2);
    missingBytes = Math.max(0, at - (length % 2) - size);
  }
  return { missingBytes, missingPackets: undefined, illegible: [] };
}
