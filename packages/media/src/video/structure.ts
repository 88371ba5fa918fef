import { open } from 'node:fs/promises';
import { asFileError } from '../sniff.ts';
import { aviStructure } from './avi-structure.ts';
import type { ContainerKind } from './containers.ts';
import { matroskaStructure } from './matroska-structure.ts';
import { mp4Structure } from './mp4-structure.ts';

/**
 * What a container's own structure says of its wholeness, read beside the demuxer: FFmpeg takes the end of a cut file
 * for the end of the video, and passes over what it cannot understand.
 */
export type Structure = {
  /** Bytes by which the file is shorter than it says; 0 where it is whole, or does not say. */
  readonly missingBytes: number;
  /** Packets of the stream whose data begins past the end; undefined where no index lists all packets. */
  readonly missingPackets: number | undefined;
  /** Byte positions from which on something is illegible that may have held packets; the first 100. */
  readonly illegible: readonly number[];
};

/** Reads heads of boxes or elements and, of an MP4 file, the index. `trackId` names the stream in it. */
export async function readStructure(path: string, kind: ContainerKind, trackId: number): Promise<Structure> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    switch (kind) {
      case 'mov':
        return await mp4Structure(file, size, trackId);
      case 'matroska':
        return await matroskaStructure(file, size);
      case 'avi':
        return await aviStructure(file, size);
      default:
        // They say nothing of their length: whoever reads them cannot know whether they are whole.
        return { missingBytes: 0, missingPackets: undefined, illegible: [] };
    }
  } catch (error) {
    throw asFileError(path, error);
  }
}
