import { type Frame, type FrameEntry, openSource } from '@roto/media';
import type { TrackableSource } from '@roto/tracker';
import { BadRequestError } from '../errors.ts';
import type { FromWorker, RangeJob, ToWorker } from './messages.ts';

/** The frames of a task without its deleted ones, as a session counts them. */
export type FrameView = {
  readonly source: TrackableSource;
  /** Session frame → task frame. */
  frameAt(index: number): number;
  /** Task frame → session frame; undefined: deleted, or past the end. */
  indexOf(frame: number | undefined): number | undefined;
  /** The next task frame that is there, going by `sign`. */
  after(frame: number, sign: number): number | undefined;
  /** The frame itself, else the last one before it as the pass goes. */
  atOrBefore(frame: number, sign: number): number | undefined;
};

/**
 * `source` seen as the task shows it: task frame n is frame `startFrame + n · step` of the source.
 * Throws BadRequestError when the source is shorter than the task.
 */
export function frameView(
  source: TrackableSource,
  size: number,
  deleted: readonly number[],
  startFrame: number,
  step: number,
): FrameView {
  const last = startFrame + (size - 1) * step;
  if (size < 1 || last >= source.info.frameCount)
    throw new BadRequestError(
      `the task has ${size} frames, but its media ends at frame ${source.info.frameCount - 1} (frame ${last} is needed)`,
    );
  const gone = new Set(deleted.filter((frame) => frame >= 0 && frame < size));
  const there = gone.size === 0 ? undefined : Array.from({ length: size }, (_, n) => n).filter((n) => !gone.has(n));
  const places = there && new Map(there.map((frame, place) => [frame, place]));
  const count = there?.length ?? size;
  const frameAt = (index: number): number => there?.[index] ?? index;
  const indexOf = (frame: number | undefined): number | undefined =>
    frame === undefined || frame < 0 || frame >= size ? undefined : places ? places.get(frame) : frame;
  const toSource = (index: number): number => startFrame + frameAt(index) * step;
  const whole = !there && startFrame === 0 && step === 1 && size === source.info.frameCount;
  const entries: readonly FrameEntry[] = whole
    ? source.frames
    : Array.from({ length: count }, (_, index) => source.frames[toSource(index)]!);
  const seek = (frame: number, sign: number): number | undefined => {
    for (let at = frame; at >= 0 && at < size; at += sign) if (!gone.has(at)) return at;
    return undefined;
  };
  return {
    source: whole
      ? source
      : {
          info: { ...source.info, frameCount: count },
          frames: entries,
          read: (index, signal) => source.read(toSource(index), signal),
        },
    frameAt,
    indexOf,
    after: (frame, sign) => seek(frame + sign, sign),
    atOrBefore: (frame, sign) => seek(Math.min(Math.max(frame, 0), size - 1), -sign),
  };
}

type Arrived = Extract<ToWorker, { picture: number }>;

/** Pictures of a task that has no single file: the agent's process fetches them, this one decodes. */
export function pictureSource(send: (message: FromWorker) => void) {
  const waiting = new Map<number, { resolve: (path: string) => void; reject: (error: Error) => void }>();
  let asks = 0;
  return {
    arrived({ picture, path, problem }: Arrived): void {
      const who = waiting.get(picture);
      waiting.delete(picture);
      if (path === null) who?.reject(new Error(problem ?? 'A picture could not be fetched.'));
      else who?.resolve(path);
    },
    source(range: number, job: RangeJob): TrackableSource | undefined {
      const { media, size } = job;
      if (media.kind !== 'pictures') return undefined;
      const { width, height } = media;
      const entry: FrameEntry = { timeSec: 0, key: true };
      const read = async (index: number): Promise<Frame> => {
        const ask = ++asks;
        const file = await new Promise<string>((resolve, reject) => {
          waiting.set(ask, { resolve, reject });
          send({ wanted: range, frame: index, ask });
        });
        await using source = await openSource(file);
        const frame = await source.read(0);
        if (frame.width !== width || frame.height !== height)
          throw new BadRequestError('Image sizes of the start frame and the current frame are different');
        return { ...frame, index };
      };
      return {
        info: {
          name: `task ${job.params.task}`,
          kind: 'images',
          codec: 'images',
          width,
          height,
          frameCount: size,
          frameRate: 0,
          durationSec: 0,
          pixelAspect: 1,
        },
        frames: Array.from({ length: size }, () => entry),
        read,
      };
    },
  };
}
