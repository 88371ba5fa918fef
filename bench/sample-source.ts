// A rendered clip as a source, for benchmarks: no decoder, so that only the tracker is measured.
import type { Mask } from '@roto/geometry';
import { makeScene, renderFrame } from '@roto/sample';
import type { TrackableSource } from '@roto/tracker';

export type SampleSource = {
  readonly source: TrackableSource /** Of the first object on frame 0. */;
  readonly mask: Mask;
};

/**
 * `frameCount` frames out of `rendered` different ones, played forward and back again and again so that the motion
 * stays continuous. 1280 × 720.
 */
export function sampleSource(frameCount: number, rendered: number, seed = 7): SampleSource {
  const scene = makeScene({ seed });
  const frames = Array.from({ length: Math.min(rendered, frameCount) }, (_, index) => renderFrame(scene, index));
  const { width, height, frameRate } = scene;
  const turn = 2 * Math.max(1, frames.length - 1);
  const timeSec = (index: number) => index / frameRate;
  return {
    mask: frames[0]!.masks[0]!,
    source: {
      info: {
        name: `rendered clip, seed ${seed}`,
        kind: 'images',
        codec: 'none',
        width,
        height,
        frameCount,
        frameRate,
        durationSec: frameCount / frameRate,
        pixelAspect: 1,
      },
      frames: Array.from({ length: frameCount }, (_, index) => ({ timeSec: timeSec(index), key: true })),
      async read(index) {
        const place = index % turn;
        const { rgb } = frames[place < frames.length ? place : turn - place]!;
        return { index, timeSec: timeSec(index), width, height, rgb };
      },
    },
  };
}
