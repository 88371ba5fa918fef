import { createReadStream } from 'node:fs';
import { davisPalette } from '@roto/annotations/formats';
import { readResults } from '@roto/annotations/results';
import { createMask, decodeRle, jAndF, type Mask } from '@roto/geometry';
import { openSource } from '@roto/media';

/** J, F and their mean over the scored frames, 0…1. */
export type ObjectScore = {
  readonly id: number;
  readonly label: string;
  readonly j: number;
  readonly f: number;
  readonly mean: number;
  /** Frames that the means are over. */
  readonly frames: number;
};

/**
 * Compares results with true masks as DAVIS does for tracking from a first mask: the means over all frames but the
 * prompted first and the last one. An object that is rightly empty on a frame scores 1 there.
 */
export async function scoreResults(resultsFile: string, truthFolder: string): Promise<ObjectScore[]> {
  await using truth = await openSource(truthFolder);
  const idOf = new Map(davisPalette().map(([r, g, b], id) => [(r! << 16) | (g! << 8) | b!, id]));
  const sums = new Map<number, { label: string; j: number; f: number; frames: number }>();
  let last: number | undefined;
  let first: number | undefined;
  for await (const event of readResults(createReadStream(resultsFile))) {
    if (event.kind === 'header') last = event.header.source.frameCount - 1;
    if (event.kind !== 'frame') continue;
    const { frame, objects } = event.frame;
    first ??= frame;
    if (frame === first || frame === last) continue;
    const { rgb, width, height } = await truth.read(frame);
    const ids = Uint8Array.from(
      { length: width * height },
      (_, i) => idOf.get((rgb[3 * i]! << 16) | (rgb[3 * i + 1]! << 8) | rgb[3 * i + 2]!) ?? 0,
    );
    for (const { id, label, mask } of objects) {
      const { j, f } = jAndF(decodeRle(mask), maskOf(ids, id, width, height));
      const sum = sums.get(id) ?? { label, j: 0, f: 0, frames: 0 };
      sums.set(id, { label, j: sum.j + j, f: sum.f + f, frames: sum.frames + 1 });
    }
  }
  return [...sums].map(([id, { label, j, f, frames }]) => ({
    id,
    label,
    j: j / frames,
    f: f / frames,
    mean: (j + f) / (2 * frames),
    frames,
  }));
}

function maskOf(ids: Uint8Array, id: number, width: number, height: number): Mask {
  return createMask(
    width,
    height,
    ids.map((value) => (value === id ? 1 : 0)),
  );
}

export function meanScore(scores: readonly ObjectScore[]): number {
  return scores.reduce((sum, { mean }) => sum + mean, 0) / scores.length;
}
