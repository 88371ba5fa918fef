import { Keyframes } from './interpolate.ts';
import type { TrackedShape } from './labeled-data.ts';
import { similarity } from './similarity.ts';

/**
 * Keyframes that may go so that what is shown on every keyframe's frame keeps an IoU of at least `iou` with what was there:
 * as many as a greedy pass finds, which takes the longest stretch from each keyframe that stays. The first and the last,
 * those that are or follow `outside`, and those that may not go stay. Returns frames in rising order.
 *
 * Types of which similarity says nothing (points, polylines, cuboids, ellipses) lose only keyframes that are equal to what
 * is shown without them.
 */
export function thinKeyframes(
  keyframes: readonly TrackedShape[],
  { iou, mayGo }: { readonly iou: number; readonly mayGo: (frame: number) => boolean },
): number[] {
  const removed: number[] = [];
  let from = 0;
  while (from < keyframes.length - 1) {
    let to = from + 1;
    // Longer stretches may be good where a shorter one is not, but hardly ever by much; a pass ends at the first bad one.
    while (to + 1 < keyframes.length && canGo(keyframes, to, mayGo) && isKept(keyframes, from, to + 1, iou)) to++;
    for (let place = from + 1; place < to; place++) removed.push(keyframes[place]!.frame);
    from = to;
  }
  return removed;
}

function canGo(keyframes: readonly TrackedShape[], place: number, mayGo: (frame: number) => boolean): boolean {
  const [before, shape] = [keyframes[place - 1]!, keyframes[place]!];
  if (!mayGo(shape.frame) || shape.outside || before.outside) return false;
  // What is not blended belongs to its keyframe.
  return (
    shape.occluded === before.occluded &&
    shape.z_order === before.z_order &&
    JSON.stringify(shape.attributes) === JSON.stringify(before.attributes)
  );
}

function isKept(keyframes: readonly TrackedShape[], from: number, to: number, iou: number): boolean {
  const shown = new Keyframes([keyframes[from]!, keyframes[to]!]);
  for (let place = from + 1; place < to; place++) {
    const was = keyframes[place]!;
    const is = shown.at(was.frame)!;
    if (similarity({ ...was, elements: [] }, { ...is, elements: [] }) < iou) return false;
  }
  return true;
}
