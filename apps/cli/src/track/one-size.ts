import type { FrameSource } from '@roto/media';
import { usageError } from '../errors.ts';
import { printable } from '../print.ts';
import type { PassPlan } from './pass.ts';

/** The source with the size of its frame `index` as its own: of images that differ, the prompted one counts. */
export function inSizeOf(source: FrameSource, index: number): FrameSource {
  const { width, height } = source.frames[index] ?? {};
  if (width === undefined || height === undefined) return source;
  return {
    info: { ...source.info, width, height },
    frames: source.frames,
    read: (frame, signal) => source.read(frame, signal),
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/** Refuses to follow an object into a picture of another size. Throws a usage error that names its frame. */
export function checkOneSize({ info, frames }: FrameSource, { from, to, direction }: PassPlan): void {
  const step = direction === 'forward' ? 1 : -1;
  for (let index = from; (to - index) * step >= 0; index += step) {
    const { width = info.width, height = info.height, name } = frames[index]!;
    if (width === info.width && height === info.height) continue;
    const before = index - step;
    throw usageError(
      `Frame ${index}${name === undefined ? '' : ` (${printable(name)})`} is ${width} × ${height}, but frame ${from} is ` +
        `${info.width} × ${info.height}: an object cannot be followed into a picture of another size. ` +
        (index === from
          ? 'Prompt frames of one size.'
          : `Give --to ${before}, and prompt the object again on frame ${index}.`),
    );
  }
}
