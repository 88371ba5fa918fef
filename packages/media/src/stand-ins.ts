import { MediaError } from './errors.ts';
import type { Frame, FrameSource } from './frame-source.ts';

/** What is read of a source. */
export type Readable = Pick<FrameSource, 'info' | 'frames' | 'read'>;

export type StandIns = Readable & {
  /** The frame whose picture was read in place of that of `frame`; undefined where that was read itself, or not at all. */
  pictureOf(frame: number): number | undefined;
};

/**
 * A source whose frames without a picture do not end what is done with it. Such a frame is listed, and only shows when
 * it is read: the last picture before it stands in for it. `onStandIn` is called once for all frames that one picture
 * stands in for. Which picture that is does not depend on the order of reading.
 * For a frame in `exact` the error stays: it carries a prompt, which means the picture that belongs there.
 */
export function withStandIns(
  source: Readable,
  exact: ReadonlySet<number>,
  onStandIn: (frame: number, pictureOf: number) => void,
): StandIns {
  /** Of every frame that is known to give no picture, the one that stands in: a long stretch is gone over once. */
  const standIns = new Map<number, number>();
  const reported = new Set<number>();
  // The last picture that stood in. The next frame most often wants it too, and to decode it again may take a whole group.
  let held: Frame | undefined;

  async function read(index: number, signal?: AbortSignal): Promise<Frame> {
    const passed: number[] = [];
    for (let at = index; ; at--) {
      at = standIns.get(at) ?? at;
      try {
        const frame = held?.index === at ? held : await source.read(at, signal);
        if (at === index) return frame;
        held = frame;
        for (const silent of passed) standIns.set(silent, at);
        if (!reported.has(at)) {
          reported.add(at);
          onStandIn(index, at);
        }
        return { ...frame, index, timeSec: source.frames[index]!.timeSec };
      } catch (error) {
        // Opening has decoded the first frame, so one will be found.
        const isSilent = error instanceof MediaError && error.code === 'frame-undecodable';
        if (!isSilent || at === 0) throw error;
        passed.push(at);
      }
    }
  }

  return {
    info: source.info,
    frames: source.frames,
    read: (index, signal) => (exact.has(index) ? source.read(index, signal) : read(index, signal)),
    pictureOf: (frame) => standIns.get(frame),
  };
}
