// The next frame that the search of the player is about: with objects that the filter names, without any, or one on which
// the model was unsure.
import { type FrameNumber, type Keyframe, type ObjectRecord, toFrame } from '../document/records.ts';
import { spanOf } from '../document/visible.ts';
import { parseFilter } from '../view/filter.ts';
import type { Desk } from './desk.ts';

export type Search = 'regular' | 'filtered' | 'empty' | 'suspicious';

/** Below these a tracked keyframe wants a look. */
const UNSURE_IOU = 0.65;
const UNSURE_PRESENCE = 2;

export function findFrame(desk: Desk, search: Search, direction: 1 | -1): FrameNumber | undefined {
  const { frame, filter } = desk.view.getState();
  const { objects, deletedFrames } = desk.store.state.document;
  const passes = parseFilter(search === 'filtered' ? filter : '', desk.labels, desk.numbers);
  const records = [...objects.values()].filter(passes);
  const matches = testOf(search, records, desk.last);
  for (let at = frame + direction; at >= desk.first && at <= desk.last; at += direction) {
    if (!deletedFrames.has(toFrame(at)) && matches(at)) return toFrame(at);
  }
  return undefined;
}

function testOf(search: Search, records: readonly ObjectRecord[], last: number): (frame: number) => boolean {
  if (search === 'regular') return () => true;
  if (search === 'suspicious') {
    const frames = new Set(
      records.flatMap((record) =>
        record.kind === 'track' ? record.keyframes.filter(isUnsure).map(({ frame }) => frame as number) : [],
      ),
    );
    return (frame) => frames.has(frame);
  }
  const spans = records.map((record) => {
    const { first, last: end = last } = spanOf(record);
    return { first, end };
  });
  const isCovered = (frame: number): boolean => spans.some(({ first, end }) => frame >= first && frame <= end);
  return search === 'empty' ? (frame) => !isCovered(frame) : isCovered;
}

export function isUnsure({ origin, outside, presence, predictedIou }: Keyframe): boolean {
  if (origin !== 'tracker' || outside) return false;
  return (
    (predictedIou !== undefined && predictedIou < UNSURE_IOU) || (presence !== undefined && presence < UNSURE_PRESENCE)
  );
}
