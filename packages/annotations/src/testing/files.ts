import type { ExportedFile, ImportedFile, TaskInfo } from '../formats/index.ts';
import { frameSet } from './labels.ts';

/** The task that the tests' annotations belong to: every second frame of a video from frame 10 on. */
export const videoTask: TaskInfo = {
  ...frameSet,
  id: 7,
  name: 'Street & "co" <1>',
  kind: 'video',
  names: ['street.mp4'],
  frameRate: 25,
  startFrame: 10,
  step: 2,
};

/** Images in folders, two of one name. */
export const imageTask: TaskInfo = {
  ...frameSet,
  id: 8,
  name: 'Images',
  kind: 'images',
  names: Array.from({ length: frameSet.frameCount }, (_, i) => (i < 2 ? `${'ab'[i]}/same.jpg` : `b/picture ${i}.jpg`)),
  frameRate: 0,
  startFrame: 0,
  step: 1,
};

/** What a writer wrote, as a reader gets it, in pieces that end anywhere. */
export function reopened(files: Iterable<ExportedFile>, pieceLength = 1009): ImportedFile[] {
  return [...files].map(({ path, content }) => fileOf(path, bytesOf(content), pieceLength));
}

export function fileOf(path: string, content: string | Uint8Array, pieceLength = 1009): ImportedFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return {
    path,
    *open() {
      for (let from = 0; from < bytes.length; from += pieceLength) yield bytes.subarray(from, from + pieceLength);
    },
  };
}

export function bytesOf(content: Iterable<string | Uint8Array>): Uint8Array {
  const pieces = [...content].map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece));
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

export function textOf(files: Iterable<ExportedFile>): string {
  return [...files].map(({ content }) => new TextDecoder().decode(bytesOf(content))).join('');
}
