import type { ResolvedOptions } from '../options.ts';
import type { PacketTable } from './packet-table.ts';
import type { PictureFinder } from './picture-finder.ts';

/**
 * Which packet gives which frame: entry n is the ordinal of the packet of frame n, in presentation order.
 * `time` is in units of the stream's time base and never falls.
 */
export type FrameList = {
  readonly packet: number[];
  readonly time: number[];
  /** Packets that should show a picture and are no frames, in no order. */
  readonly lost: number[];
};

/**
 * Orders the shown packets by timestamp. Where a container leaves timestamps out or repeats them, the whole stream is
 * decoded once: frames of one time stand in the order in which the decoder gives them, and where times are missing,
 * that order counts alone and the times there are, sorted, are dealt out.
 */
export async function listFrames(
  table: PacketTable,
  finder: PictureFinder,
  interval: number,
  signal?: AbortSignal,
): Promise<FrameList> {
  const packet: number[] = [];
  for (let i = 0; i < table.count; i++) if (table.shown[i]) packet.push(i);
  const byTime = (a: number, b: number): number => table.pts[a]! - table.pts[b]!;
  if (packet.some((i) => Number.isNaN(table.pts[i]!))) return listByDecoding(table, finder, interval, packet, signal);
  packet.sort(byTime);
  const repeats = packet.some((i, n) => n > 0 && table.pts[i] === table.pts[packet[n - 1]!]);
  // The sort is stable: from the decoder's order, frames of one time keep it.
  const ordered = repeats ? (await shownInOutputOrder(table, finder, signal)).sort(byTime) : packet;
  const time = ordered.map((i) => table.pts[i]!);
  const absent = missingFrom(ordered, packet);
  if (absent.length === 0) return { packet: ordered, time, lost: [] };
  // A packet that gives no picture at the time of one that does is its second field, and nothing is lost.
  const times = new Set(time);
  return { packet: ordered, time, lost: absent.filter((i) => table.suspect[i] || !times.has(table.pts[i]!)) };
}

function missingFrom(ordered: readonly number[], packet: readonly number[]): number[] {
  if (ordered.length === packet.length) return [];
  const there = new Set(ordered);
  return packet.filter((i) => !there.has(i));
}

async function shownInOutputOrder(
  table: PacketTable,
  finder: PictureFinder,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  return (await finder.outputOrder(signal)).filter((i) => table.shown[i]);
}

async function listByDecoding(
  table: PacketTable,
  finder: PictureFinder,
  interval: number,
  shown: readonly number[],
  signal: AbortSignal | undefined,
): Promise<FrameList> {
  const packet = await shownInOutputOrder(table, finder, signal);
  const known = packet
    .map((i) => (Number.isNaN(table.pts[i]!) ? table.dts[i]! : table.pts[i]!))
    .filter((time) => !Number.isNaN(time))
    .sort((a, b) => a - b);
  const time = known.length === packet.length ? known : packet.map((_, n) => n * interval);
  return { packet, time, lost: missingFrom(packet, shown) };
}

/**
 * Leaves out frames that never become a picture, by decoding those that may not: the frames at the very beginning
 * (what they refer to may have been cut away) until one appears, and every frame of a group with a suspect packet
 * from that packet on. `verify: 'all'` decodes every frame; so does 'report', which keeps those that are kept by
 * default, and names the ones among them that give no picture.
 */
export async function dropUndecodable(
  list: FrameList,
  table: PacketTable,
  finder: PictureFinder,
  { verify, signal }: Pick<ResolvedOptions, 'verify' | 'signal'>,
): Promise<{ list: FrameList; unreadable: number[] }> {
  const firstSuspect = new Map<number, number>();
  for (let i = 0; i < table.count; i++) {
    const group = table.startOf[i]!;
    if (table.suspect[i] && !firstSuspect.has(group)) firstSuspect.set(group, i);
  }
  const kept: FrameList = { packet: [], time: [], lost: [...list.lost] };
  const unreadable: number[] = [];
  let begun = false;
  for (const [n, packet] of list.packet.entries()) {
    const suspect = firstSuspect.get(table.startOf[packet]!);
    const mayNotCome = !begun || (suspect !== undefined && packet >= suspect);
    if (mayNotCome || verify !== 'suspects') {
      const picture = await finder.find(packet, signal);
      picture?.free();
      if (picture) begun = true;
      else if (mayNotCome || verify === 'all') {
        kept.lost.push(packet);
        continue;
      } else unreadable.push(kept.packet.length);
    }
    kept.packet.push(packet);
    kept.time.push(list.time[n]!);
  }
  return { list: kept, unreadable };
}
