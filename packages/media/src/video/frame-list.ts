import type { Timing } from '../frame-source.ts';
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
  readonly timing: Timing;
};

const BY_TIMES: Timing = { order: 'times', times: 'container' };

/** What is asked of the decoder, where the container does not settle the order. */
export type Deciding = {
  /** The packets in the order in which their pictures come out of a decoder; decodes everything. */
  readonly decode: () => Promise<readonly number[]>;
  /** Pictures may come out in another order than they go in. */
  readonly reorders: boolean;
  /** Ticks between two frames, where no packet has a time. */
  readonly interval: number;
};

/**
 * Orders the shown packets by timestamp. Where a container leaves timestamps out, repeats them, or gives others than the
 * pictures' own order allows, the order in which the decoder gives them counts: frames of one time stand in it, and
 * where times are missing or wrong it counts alone, and the times there are, sorted, are dealt out.
 */
export async function listFrames(table: PacketTable, deciding: Deciding): Promise<FrameList> {
  const shown: number[] = [];
  for (let i = 0; i < table.count; i++) if (table.shown[i]) shown.push(i);
  const isShown = (ordinal: number): boolean => table.shown[ordinal] === 1;
  const decode = async (): Promise<number[]> =>
    deciding.reorders ? (await deciding.decode()).filter(isShown) : [...shown];
  if (shown.some((i) => Number.isNaN(table.pts[i]!))) return byOutput(table, await decode(), shown, deciding.interval);
  const byTime = (a: number, b: number): number => table.pts[a]! - table.pts[b]!;
  const sorted = shown.toSorted(byTime);
  const repeats = sorted.some((i, n) => n > 0 && table.pts[i] === table.pts[sorted[n - 1]!]);
  const contradicts = contradict(table, sorted, deciding.reorders);
  if (!repeats && !contradicts) return { packet: sorted, time: times(table, sorted), lost: [], timing: BY_TIMES };
  const output = repeats ? (await deciding.decode()).filter(isShown) : await decode();
  if (contradicts && output.some((i, n) => n > 0 && table.pts[i]! < table.pts[output[n - 1]!]!)) {
    return byOutput(table, output, shown, deciding.interval);
  }
  // The times are right after all: pictures that do not come keep their place, and reading them says so.
  if (!repeats) return { packet: sorted, time: times(table, sorted), lost: [], timing: BY_TIMES };
  // The sort is stable: from the decoder's order, frames of one time keep it.
  const packet = output.toSorted(byTime);
  const time = times(table, packet);
  // A packet that gives no picture at the time of one that does is its second field, and nothing is lost.
  const given = new Set(time);
  const lost = missingFrom(packet, shown).filter((i) => table.suspect[i] || !given.has(table.pts[i]!));
  return { packet, time, lost, timing: BY_TIMES };
}

function times(table: PacketTable, packets: readonly number[]): number[] {
  return packets.map((i) => table.pts[i]!);
}

/**
 * Whether the order by time is another one than that in which the pictures come out. A few codecs do not say the
 * latter; then a presentation time that always equals the decoding time is the sign of a copy that lost it.
 */
function contradict({ order, pts, dts }: PacketTable, sorted: readonly number[], reorders: boolean): boolean {
  if (sorted.some((i) => Number.isNaN(order[i]!))) {
    return reorders && sorted.length > 1 && sorted.every((i) => pts[i] === dts[i]);
  }
  return sorted.some((i, n) => n > 0 && pts[i]! > pts[sorted[n - 1]!]! && order[i]! < order[sorted[n - 1]!]!);
}

function missingFrom(ordered: readonly number[], packet: readonly number[]): number[] {
  if (ordered.length === packet.length) return [];
  const there = new Set(ordered);
  return packet.filter((i) => !there.has(i));
}

function byOutput(table: PacketTable, packet: number[], shown: readonly number[], interval: number): FrameList {
  // Where some presentation times are missing, decoding times are the even ones: both together would repeat some.
  const column = packet.some((i) => Number.isNaN(table.pts[i]!)) ? table.dts : table.pts;
  const known = packet
    .map((i) => column[i]!)
    .filter((time) => !Number.isNaN(time))
    .sort((a, b) => a - b);
  const isTimed = known.length === packet.length;
  const time = isTimed ? known : packet.map((_, n) => n * interval);
  const timing: Timing = { order: 'decoder', times: isTimed ? 'sorted' : 'rate' };
  return { packet, time, lost: missingFrom(packet, shown), timing };
}

/** For every packet, its picture's place in a list of frames; NaN where it is none. */
export function placesIn({ packet }: FrameList, count: number): Float64Array {
  const places = new Float64Array(count).fill(Number.NaN);
  for (const [place, ordinal] of packet.entries()) places[ordinal] = place;
  return places;
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
  const kept: FrameList = { ...list, packet: [], time: [], lost: [...list.lost] };
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
