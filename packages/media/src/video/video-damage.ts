import { asRanges, type Damage, type Gap, LISTED } from '../damage.ts';
import type { FrameEntry } from '../frame-source.ts';
import type { FrameList } from './frame-list.ts';
import type { PacketTable } from './packet-table.ts';
import type { Structure } from './structure.ts';

/** What opening has found out about a video. */
export type Findings = {
  readonly table: PacketTable;
  readonly list: FrameList;
  readonly frames: readonly FrameEntry[];
  /** Frames of the list that give no picture, as far as they were looked for. */
  readonly unreadable: readonly number[];
  readonly isDoubtful: (packet: number) => boolean;
  readonly structure: Structure;
  readonly secondsPerTick: number;
  /** Seconds between two frames. */
  readonly interval: number;
};

/** The damage of a video; undefined when nothing is known of any. */
export function damageOf(findings: Findings): Damage | undefined {
  const { list, unreadable, isDoubtful, structure } = findings;
  const silent = new Set(unreadable);
  const doubtful: number[] = [];
  for (const [frame, packet] of list.packet.entries())
    if (!silent.has(frame) && isDoubtful(packet)) doubtful.push(frame);
  const gaps = gapsOf(findings);
  const damage: Damage = {
    lostFrames: list.lost.length + (structure.missingPackets ?? 0),
    gaps: gaps.slice(0, LISTED),
    unreadableFrames: unreadable.length,
    unreadable: asRanges(unreadable),
    doubtfulFrames: doubtful.length,
    doubtful: asRanges(doubtful),
    missingBytes: structure.missingBytes,
    uncounted: gaps.some((gap) => gap.uncounted),
  };
  const isWhole = gaps.length + unreadable.length + doubtful.length + structure.missingBytes === 0;
  return isWhole ? undefined : damage;
}

/**
 * Lost pictures by the frames between which they would be shown. Those past the end of the file have no timestamp and
 * are put behind the last frame, although a few of them may belong just before it where there are B-frames.
 */
function gapsOf({ table, list, frames, structure, secondsPerTick, interval }: Findings): Gap[] {
  const timed = [list.packet, list.lost].every((all) => all.every((packet) => !Number.isNaN(table.pts[packet]!)));
  // Where times are missing, the order of the packets is the nearest thing.
  const orders = timed ? list.time : list.packet.toSorted((a, b) => a - b);
  const after = (frame: number): number => (frame === 0 ? 0 : frames[frame - 1]!.timeSec + interval);
  const found: Gap[] = list.lost.map((packet) => {
    const order = timed ? table.pts[packet]! : packet;
    const beforeFrame = firstAbove(orders, order);
    const fromSec = timed ? (order - list.time[0]!) * secondsPerTick : after(beforeFrame);
    return { beforeFrame, frames: 1, uncounted: false, fromSec };
  });
  const add = (beforeFrame: number, count: number | undefined): void => {
    found.push({ beforeFrame, frames: count ?? 0, uncounted: count === undefined, fromSec: after(beforeFrame) });
  };
  const { missingBytes, missingPackets, illegible } = structure;
  if (missingPackets !== 0 && missingBytes > 0) add(frames.length, missingPackets);
  const stretches = [...table.errorsBefore, ...illegible.map((position) => firstAbove(table.position, position))];
  if (stretches.length > 0) {
    const packets = list.packet.toSorted((a, b) => a - b);
    for (const ordinal of stretches) add(firstAbove(packets, ordinal - 1), undefined);
  }
  return joined(found);
}

/** Gaps in order of showing, those at one place as one. */
function joined(found: readonly Gap[]): Gap[] {
  const gaps: { -readonly [K in keyof Gap]: Gap[K] }[] = [];
  for (const gap of found.toSorted((a, b) => a.beforeFrame - b.beforeFrame || a.fromSec - b.fromSec)) {
    const last = gaps.at(-1);
    if (last?.beforeFrame === gap.beforeFrame) {
      last.frames += gap.frames;
      last.uncounted ||= gap.uncounted;
    } else gaps.push({ ...gap });
  }
  return gaps;
}

/** Place of the first value of a rising list that is above `value`. */
function firstAbove(rising: ArrayLike<number>, value: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
