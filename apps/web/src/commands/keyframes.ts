// Going along a track. R and E stop where a person would look: at keyframes of a person, at lone imported ones, and where the
// object comes into view or leaves it. A tracked object has a keyframe on every frame; those have keys of their own.
import type { FrameNumber, Keyframe, TrackRecord } from '../document/records.ts';
import { spanOf } from '../document/visible.ts';
import { type Desk, recordsOf } from './desk.ts';

export type KeyframeStops = 'person' | 'all';

export function nextStop(
  track: TrackRecord,
  frame: FrameNumber,
  direction: 1 | -1,
  stops: KeyframeStops,
): FrameNumber | undefined {
  const { keyframes } = track;
  const indexes = direction > 0 ? keyframes.keys() : [...keyframes.keys()].reverse();
  for (const index of indexes) {
    const keyframe = keyframes[index]!;
    if (direction * (keyframe.frame - frame) > 0 && (stops === 'all' || isStop(keyframes, index)))
      return keyframe.frame;
  }
  return undefined;
}

function isStop(keyframes: readonly Keyframe[], index: number): boolean {
  const keyframe = keyframes[index]!;
  const before = keyframes[index - 1];
  const after = keyframes[index + 1];
  if (keyframe.origin === 'person') return true;
  if (!before || !after) return true;
  if (keyframe.outside !== before.outside) return true;
  return keyframe.origin === 'import' && keyframe.frame - before.frame > 1 && after.frame - keyframe.frame > 1;
}

/** Takes the view to the next stop of the selected track. */
export function goToKeyframe(desk: Desk, direction: 1 | -1, stops: KeyframeStops): boolean {
  const track = selectedTrack(desk);
  const to = track && nextStop(track, desk.view.getState().frame, direction, stops);
  if (to === undefined || to < desk.first || to > desk.last) return false;
  desk.goTo(to);
  return true;
}

export function goToEnd(desk: Desk, which: 'first' | 'last'): boolean {
  const track = selectedTrack(desk);
  if (!track) return false;
  const { first, last = desk.last } = spanOf(track);
  desk.goTo(which === 'first' ? first : last);
  return true;
}

/** Half way between the keyframes of a person around this frame: the best place for one more. */
export function goHalfWay(desk: Desk): boolean {
  const track = selectedTrack(desk);
  if (!track) return false;
  const { frame } = desk.view.getState();
  const before = nextStop(track, (frame + 1) as FrameNumber, -1, 'person');
  const after = nextStop(track, frame, 1, 'person');
  if (before === undefined || after === undefined || after - before < 2) return false;
  desk.goTo(Math.floor((before + after) / 2) as FrameNumber);
  return true;
}

/** The first frame of the track that begins next, or before. */
export function goToTrackStart(desk: Desk, direction: 1 | -1): boolean {
  const { frame } = desk.view.getState();
  let best: { frame: FrameNumber; track: TrackRecord } | undefined;
  for (const record of desk.store.state.document.objects.values()) {
    if (record.kind !== 'track') continue;
    const { first } = spanOf(record);
    if (direction * (first - frame) > 0 && (!best || direction * (best.frame - first) > 0)) {
      best = { frame: first, track: record };
    }
  }
  if (!best) return false;
  desk.goTo(best.frame);
  desk.view.setState({ selection: [best.track.uid] });
  return true;
}

function selectedTrack(desk: Desk): TrackRecord | undefined {
  return recordsOf(desk, desk.view.getState().selection).find((record) => record.kind === 'track');
}
