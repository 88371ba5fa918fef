import { type FrameSource, MediaError } from '@roto/media';
import { printable } from '../print.ts';

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
): FrameSource {
  const told = new Set<number>();
  const read: FrameSource['read'] = async (index, signal) => {
    for (let at = index; ; at--) {
      try {
        const frame = await source.read(at, signal);
        if (at === index) return frame;
        if (!told.has(at)) {
          told.add(at);
          warn(
            `${printable(source.info.name)}: frame ${index} is damaged and gives no picture; that of frame ${at} stands in, ` +
              'for it and for others beside it that give none. `roto info --verify` lists them all.',
          );
        }
        return { ...frame, index, timeSec: source.frames[index]!.timeSec };
      } catch (error) {
        // Opening has decoded the first frame, so one will be found.
        const isSilent = error instanceof MediaError && error.code === 'frame-undecodable';
        if (!isSilent || at === 0 || exact.has(index)) throw error;
      }
    }
  };
  return {
    info: source.info,
    frames: source.frames,
    read,
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
