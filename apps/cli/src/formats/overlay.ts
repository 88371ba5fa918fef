import type { FrameResults, ResultHeader } from '@roto/annotations/results';
import { type FrameSource, type VideoFrame, writeVideo } from '@roto/media';
import { paintFrame } from '../overlay/paint.ts';

/** Frames a second where the source has no times of its own (a list of images). */
const IMAGES_RATE = 10;

/** The tracked frames as a video, with masks, outlines and labels over them. Its first frame has time 0. */
export async function writeOverlay(
  file: string,
  { source: { width, height, frameRate } }: ResultHeader,
  frames: FrameResults,
  source: FrameSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  const timed = frameRate > 0;
  const format = { width, height, frameRate: Math.min(timed ? frameRate : IMAGES_RATE, 1000) };
  await writeVideo(file, format, painted(frames, source, timed), signal);
}

async function* painted(frames: FrameResults, source: FrameSource, timed: boolean): AsyncGenerator<VideoFrame> {
  let start: number | undefined;
  for await (const result of frames()) {
    const { width, height, rgb: shown } = await source.read(result.frame);
    const rgb = shown.slice();
    paintFrame({ width, height, rgb }, result);
    start ??= result.timeSec;
    yield timed ? { rgb, timeSec: result.timeSec - start } : { rgb };
  }
}
