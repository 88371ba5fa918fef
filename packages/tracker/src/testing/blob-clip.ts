import type { Mask } from '@roto/geometry';
import type { TrackableSource } from '../session/frame-features.ts';

export type Blob = { readonly colour: readonly [number, number, number]; at(frame: number): { x: number; y: number } };

/** Two discs on grey that walk about; the first goes right, the second down. */
export const red: Blob = { colour: [220, 40, 30], at: (frame) => ({ x: 12 + (frame % 18), y: 20 }) };
export const green: Blob = { colour: [30, 200, 60], at: (frame) => ({ x: 48, y: 12 + (frame % 40) }) };

const RADIUS = 8;

/**
 * A clip made on the fly, 64×64: `blobs` over grey. The blue of pixel (0, 0) is the frame index modulo 256, which the
 * test model reads. `reads` counts how often each frame was read.
 */
export function createBlobClip(
  frameCount: number,
  blobs: readonly Blob[] = [red, green],
): TrackableSource & { readonly reads: Map<number, number> } {
  const [width, height] = [64, 64];
  const reads = new Map<number, number>();
  return {
    reads,
    info: {
      name: 'blobs',
      kind: 'video',
      codec: 'none',
      width,
      height,
      frameCount,
      frameRate: 10,
      pixelAspect: 1,
      durationSec: frameCount / 10,
    },
    frames: Array.from({ length: frameCount }, (_, i) => ({ timeSec: i / 10, key: i === 0 })),
    async read(index) {
      reads.set(index, (reads.get(index) ?? 0) + 1);
      const rgb = new Uint8Array(width * height * 3).fill(128);
      for (const blob of blobs) {
        const { data } = blobMask(blob, index);
        for (let i = 0; i < data.length; i++) if (data[i]) rgb.set(blob.colour, i * 3);
      }
      rgb[2] = index % 256;
      return { index, timeSec: index / 10, width, height, rgb };
    },
  };
}

/** Where the blob truly is. */
export function blobMask(blob: Blob, frame: number): Mask {
  const { x, y } = blob.at(frame);
  const data = new Uint8Array(64 * 64);
  for (let py = 0; py < 64; py++)
    for (let px = 0; px < 64; px++) data[py * 64 + px] = Math.hypot(px + 0.5 - x, py + 0.5 - y) <= RADIUS ? 1 : 0;
  return { width: 64, height: 64, data };
}
