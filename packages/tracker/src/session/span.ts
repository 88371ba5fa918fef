import type { Direction } from '../bank/visited.ts';
import { TrackerError } from '../errors.ts';

/** The frames of one pass, both ends included; `to` < `from` going backward. */
export type PassRange = { readonly from: number; readonly to: number; readonly direction: Direction };

type Wanted = { readonly from?: number; readonly to?: number; readonly direction?: Direction };

/**
 * Fills in what the caller left open: a pass sets out from the earliest prompted frame (backward: the latest) and goes
 * to the end of the video (backward: its beginning). Throws 'bad-frame'.
 */
export function passRange(wanted: Wanted, frameCount: number, prompted: () => readonly number[]): PassRange {
  const turned = wanted.from !== undefined && wanted.to !== undefined && wanted.to < wanted.from;
  const direction = wanted.direction ?? (turned ? 'backward' : 'forward');
  const range =
    direction === 'forward'
      ? { from: wanted.from ?? Math.min(...prompted()), to: wanted.to ?? frameCount - 1, direction }
      : { from: wanted.from ?? Math.max(...prompted()), to: wanted.to ?? 0, direction };
  for (const frame of [range.from, range.to])
    if (!(Number.isInteger(frame) && frame >= 0 && frame < frameCount))
      throw new TrackerError('bad-frame', `The video has frames 0 to ${frameCount - 1}; there is no frame ${frame}.`);
  const against = direction === 'forward' ? range.to < range.from : range.to > range.from;
  if (against)
    throw new TrackerError(
      'bad-frame',
      `A ${direction} pass from frame ${range.from} cannot reach frame ${range.to}; give the other direction, or other frames.`,
    );
  return range;
}

export function* frameOrder(range: PassRange): Generator<number, void, undefined> {
  const step = range.direction === 'forward' ? 1 : -1;
  for (let frame = range.from; frame !== range.to + step; frame += step) yield frame;
}
