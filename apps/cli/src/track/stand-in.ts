import { type Frame, type FrameSource, MediaError } from '@roto/media';
import { printable } from '../print.ts';

export type StandInSource = FrameSource & {
  /** The frame whose picture was read in place of that of `frame`; undefined where that was read itself, or not at all. */
  pictureOf(frame: number): number | undefined;
};

/**
 * The source of a pass. A frame that is listed and gives no picture, which only shows when it is read, does not end
 * the pass: the last picture before it stands in for it, and `warn` is told once for all frames that one picture
 * stands in for. Which picture that is does not depend on the way in which the pass goes.
 * A frame in `exact` carries a prompt, which means the picture that belongs there: for it the error stays.
 */
export function withStandIns(
  source: FrameSource,
  exact: ReadonlySet<number>,
  warn: (message: string) => void,
): StandInSource {
  /** Of every frame that is known to give no picture, the one that stands in: a long stretch is gone over once. */
  const standIns = new Map<number, number>();
  const told = new Set<number>();
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
        tell(index, at);
        return { ...frame, index, timeSec: source.frames[index]!.timeSec };
      } catch (error) {
        // Opening has decoded the first frame, so one will be found.
        const isSilent = error instanceof MediaError && error.code === 'frame-undecodable';
        if (!isSilent || at === 0) throw error;
        passed.push(at);
      }
    }
  }

  function tell(frame: number, at: number): void {
    if (told.has(at)) return;
    told.add(at);
    warn(
      `${printable(source.info.name)}: frame ${frame} is damaged and gives no picture; that of frame ${at} stands in, ` +
        'for it and for others beside it that give none. In results.jsonl they have "pictureOf"; `roto info --verify` ' +
        'finds all of the video.',
    );
  }

  return {
    info: source.info,
    frames: source.frames,
    read: (index, signal) => (exact.has(index) ? source.read(index, signal) : read(index, signal)),
    pictureOf: (frame) => standIns.get(frame),
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
