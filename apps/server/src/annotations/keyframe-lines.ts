import { Keyframes, type TrackedShape } from '@roto/annotations';
import { keyframeCore, keyframeLine, type Origin, originOf, parseKeyframe } from './keyframe-text.ts';

/** Keyframe lines by frame, of a track itself or of one part of a skeleton. */
export type Lines = ReadonlyMap<number, string>;

export const inOrder = (lines: Lines): string[] => [...lines].sort(([a], [b]) => a - b).map(([, line]) => line);

/** Lines of the frames that are chosen. */
export function only(lines: Lines, isChosen: (frame: number) => boolean): Map<number, string> {
  return new Map([...lines].filter(([frame]) => isChosen(frame)));
}

/** Frame of the last keyframe at or before a frame. */
function lastAt(lines: Lines, frame: number): number | undefined {
  let found: number | undefined;
  for (const at of lines.keys()) if (at <= frame && (found === undefined || at > found)) found = at;
  return found;
}

/**
 * The keyframe on a frame, or one that shows what is shown there, of the origin of the keyframe before it; undefined before
 * the first.
 */
export function lineAt(lines: Lines, frame: number): string | undefined {
  const there = lines.get(frame);
  if (there !== undefined) return there;
  const before = lastAt(lines, frame);
  if (before === undefined) return undefined;
  const after = [...lines.keys()].filter((at) => at > frame);
  const near = [before, ...(after.length === 0 ? [] : [Math.min(...after)])];
  const shown = new Keyframes(near.map((at) => parseKeyframe(lines.get(at)!))).at(frame)!;
  return keyframeLine(keyframeCore(shown), originOf(lines.get(before)!));
}

/** A keyframe that takes the object out of the picture: the last shape before it, or the first after it. */
export function hiddenLine(lines: Lines, frame: number, origin: Origin): string {
  const near = lastAt(lines, frame) ?? Math.min(...lines.keys());
  return keyframeLine(keyframeCore({ ...parseKeyframe(lines.get(near)!), frame, outside: true }), origin);
}

export function isHidden(line: string | undefined): boolean {
  return line === undefined || (parseKeyframe(line) as TrackedShape).outside;
}
