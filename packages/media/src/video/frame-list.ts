import type { PacketTable } from './packet-table.ts';
import type { PictureFinder } from './picture-finder.ts';

/**
 * Which packet gives which frame: entry n is the ordinal of the packet of frame n, in presentation order.
 * `time` is in units of the stream's time base and never falls.
 */
export type FrameList = { readonly packet: number[]; readonly time: number[] };

/**
 * Orders the shown packets by timestamp. Where a container leaves timestamps out or repeats them, the whole stream is
 * decoded once: frames of one time stand in the order in which the decoder gives them, and where times are missing,
 * that order counts alone and the times there are, sorted, are dealt out.
 */
export async function listFrames(table: PacketTable, finder: PictureFinder, interval: number): Promise<FrameList> {
  const packet: number[] = [];
  for (let i = 0; i < table.count; i++) if (table.shown[i]) packet.push(i);
  const byTime = (a: number, b: number): number => table.pts[a]! - table.pts[b]!;
  if (packet.some((i) => Number.isNaN(table.pts[i]!))) return listByDecoding(table, finder, interval);
  packet.sort(byTime);
  const repeats = packet.some((i, n) => n > 0 && table.pts[i] === table.pts[packet[n - 1]!]);
  // The sort is stable: from the decoder's order, frames of one time keep it.
  const ordered = repeats ? (await shownInOutputOrder(table, finder)).sort(byTime) : packet;
  return { packet: ordered, time: ordered.map((i) => table.pts[i]!) };
}

async function shownInOutputOrder(table: PacketTable, finder: PictureFinder): Promise<number[]> {
  return (await finder.outputOrder()).filter((i) => table.shown[i]);
}

async function listByDecoding(table: PacketTable, finder: PictureFinder, interval: number): Promise<FrameList> {
  const packet = await shownInOutputOrder(table, finder);
  const known = packet
    .map((i) => (Number.isNaN(table.pts[i]!) ? table.dts[i]! : table.pts[i]!))
    .filter((time) => !Number.isNaN(time))
    .sort((a, b) => a - b);
  const time = known.length === packet.length ? known : packet.map((_, n) => n * interval);
  return { packet, time };
}

/**
 * Leaves out frames that never become a picture, by decoding those that may not: the frames at the very beginning
 * (what they refer to may have been cut away) until one appears, and every frame of a group with a suspect packet
 * from that packet on. `verify: 'all'` decodes every frame.
 */
export async function dropUndecodable(
  list: FrameList,
  table: PacketTable,
  finder: PictureFinder,
  verify: 'suspects' | 'all',
): Promise<FrameList> {
  const firstSuspect = new Map<number, number>();
  for (let i = 0; i < table.count; i++) {
    const group = table.startOf[i]!;
    if (table.suspect[i] && !firstSuspect.has(group)) firstSuspect.set(group, i);
  }
  const kept: FrameList = { packet: [], time: [] };
  let begun = false;
  for (const [n, packet] of list.packet.entries()) {
    const suspect = firstSuspect.get(table.startOf[packet]!);
    if (!begun || verify === 'all' || (suspect !== undefined && packet >= suspect)) {
      const picture = await finder.find(packet);
      picture?.free();
      if (!picture) continue;
      begun = true;
    }
    kept.packet.push(packet);
    kept.time.push(list.time[n]!);
  }
  return kept;
}
