import type { TrackedShape } from '@roto/annotations';
import type { ORIGINS } from '../database/schema/index.ts';

/**
 * Keyframes as they lie in the database and go out: one JSON object to a line, ready to be sent. Reading a job is
 * joining such text, and saving a track is comparing it, with nothing parsed.
 *
 * A line is its core (what a client sees and may change), then `,"origin":"person"` and what the model said. JSON text
 * never holds a raw line break, nor `,"origin":"` inside a string, where its quotes would be escaped: cutting is exact.
 */
export type Origin = (typeof ORIGINS)[number];

const BETWEEN = ',\n';
const ORIGIN = ',"origin":"';
const FRAME = '{"frame":';
export const FRAMES_PER_BLOCK = 16;

export function blockOf(frame: number): number {
  return Math.floor(frame / FRAMES_PER_BLOCK);
}

/** What a client may change of a keyframe, without its closing brace. */
export function keyframeCore(shape: TrackedShape): string {
  const { frame, type, occluded, outside, z_order, rotation, points, attributes } = shape;
  const text = JSON.stringify({ frame, type, occluded, outside, z_order, rotation, points, attributes });
  return text.slice(0, -1);
}

/** What the model said of a keyframe: object score logit, and its own estimate of the mask's IoU. */
export type Signals = { readonly presence?: number; readonly predictedIou?: number };

export function keyframeLine(core: string, origin: Origin, signals: Signals = {}): string {
  return `${core}${ORIGIN}${origin}"${signalMembers(signals)}}`;
}

/** Signals as JSON members that follow others. */
export function signalMembers({ presence, predictedIou }: Signals): string {
  return (
    (presence === undefined ? '' : `,"presence":${JSON.stringify(presence)}`) +
    (predictedIou === undefined ? '' : `,"predicted_iou":${JSON.stringify(predictedIou)}`)
  );
}

export function coreOf(line: string): string {
  return line.slice(0, line.lastIndexOf(ORIGIN));
}

export function originOf(line: string): Origin {
  const start = line.lastIndexOf(ORIGIN) + ORIGIN.length;
  return line.slice(start, line.indexOf('"', start)) as Origin;
}

export function withOrigin(line: string, origin: Origin): string {
  const start = line.lastIndexOf(ORIGIN) + ORIGIN.length;
  return line.slice(0, start) + origin + line.slice(line.indexOf('"', start));
}

export function frameOf(line: string): number {
  return Number.parseInt(line.slice(FRAME.length), 10);
}

/** The keyframe with the keys that are ours: `origin`, `presence`, `predicted_iou`. */
export function parseKeyframe(line: string): TrackedShape & { readonly origin: Origin } {
  return JSON.parse(line);
}

export function splitKeyframes(text: string): string[] {
  return text === '' ? [] : text.split(BETWEEN);
}

export function joinKeyframes(lines: Iterable<string>): string {
  return [...lines].join(BETWEEN);
}

/** Lines by frame. */
export function keyframesByFrame(text: string): Map<number, string> {
  return new Map(splitKeyframes(text).map((line) => [frameOf(line), line]));
}

/** Lines in order of frames, put into blocks. */
export function intoBlocks(lines: readonly string[]): { readonly block: number; readonly shapes: string }[] {
  const blocks: { block: number; shapes: string }[] = [];
  for (const line of lines) {
    const block = blockOf(frameOf(line));
    const last = blocks.at(-1);
    if (last?.block === block) last.shapes += BETWEEN + line;
    else blocks.push({ block, shapes: line });
  }
  return blocks;
}
