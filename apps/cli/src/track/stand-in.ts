import { type FrameSource, type StandIns, withStandIns as standIns } from '@roto/media';
import { printable } from '../print.ts';

export type StandInSource = FrameSource & StandIns;

/** The source of a pass: a damaged frame does not end it, and `warn` is called once for each picture that stands in. */
export function withStandIns(
  source: FrameSource,
  exact: ReadonlySet<number>,
  warn: (message: string) => void,
): StandInSource {
  return {
    ...standIns(source, exact, (frame, at) =>
      warn(
        `${printable(source.info.name)}: frame ${frame} is damaged and gives no picture; that of frame ${at} stands in, ` +
          'for it and for others beside it that give none. In results.jsonl they have "pictureOf"; `roto info --verify` ' +
          'finds all of the video.',
      ),
    ),
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}
