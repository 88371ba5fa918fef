import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  AV_NOPTS_VALUE,
  AV_PKT_DATA_ENCRYPTION_INFO,
  AV_PKT_DATA_NEW_EXTRADATA,
  AV_PKT_FLAG_CORRUPT,
  AV_PKT_FLAG_DISCARD,
  AV_PKT_FLAG_KEY,
  AVERROR_EOF,
} from 'node-av/constants';
import { Packet } from 'node-av/lib';
import { LISTED } from '../damage.ts';
import { MediaError } from '../errors.ts';
import type { MediaLimits } from '../options.ts';
import { CODECS } from './bitstream/codecs.ts';
import { packetReader } from './bitstream/packet-reader.ts';
import { type Container, encrypted, readPacketSync } from './container.ts';

/**
 * Every packet of the video stream, in file (decode) order; a packet's place here is its ordinal.
 * Timestamps are in units of the stream's time base, NaN where the container has none.
 */
export type PacketTable = {
  readonly count: number;
  readonly pts: Float64Array;
  readonly dts: Float64Array;
  readonly duration: Float64Array;
  /** Byte position and size in the file: how a packet is known again after a seek. */
  readonly position: Float64Array;
  readonly size: Float64Array;
  /** 1 where the container promises a key packet: the only places where a seek may land. */
  readonly containerKey: Uint8Array;
  /** 1 where the packet's own bits say that decoding may start there. */
  readonly access: Uint8Array;
  /** 1 for packets that give a picture: shown, and inside the edit list. */
  readonly shown: Uint8Array;
  /** 1 for packets that look damaged. */
  readonly suspect: Uint8Array;
  /** Pictures come out of the decoder by rising order; NaN where the bits do not say. */
  readonly order: Float64Array;
  /** A picture says that it is coded as two fields, or may be. */
  readonly interlaced: boolean;
  /** The packet from which decoding must start so that this packet's picture is exact. */
  readonly startOf: Int32Array;
  /** The demuxer reported an error: packets may be missing of which nothing is known. */
  readonly broken: boolean;
  /** Ordinals of the packets before which it did; the first 100. */
  readonly errorsBefore: readonly number[];
};

/** Packets read between two turns of the event loop; some 5 µs each when the file is in memory. */
const BATCH = 64;

/** A demuxer may stumble over many packets of a damaged stretch, but not for ever. */
const MAX_READ_ERRORS = 10_000;

/** Reads all packets of the stream once. The container is at its end afterwards. */
export async function readPacketTable(
  path: string,
  container: Container,
  limits: MediaLimits,
  signal?: AbortSignal,
): Promise<PacketTable> {
  const { stream, codec } = container;
  const factsOf = packetReader(codec, stream.codecpar.extradata);
  const column = (): number[] => [];
  const [pts, dts, duration, position, size] = [column(), column(), column(), column(), column()];
  const [containerKey, access, shown, suspect, order] = [column(), column(), column(), column(), column()];
  const hasParameterSets = CODECS[codec].reader === 'h264' || CODECS[codec].reader === 'hevc';
  let interlaced = false;
  const time = (value: bigint): number => (value === AV_NOPTS_VALUE ? Number.NaN : Number(value));
  const packet = new Packet();
  packet.alloc();
  let errors = 0;
  const errorsBefore: number[] = [];
  try {
    for (let turn = 1; ; turn++) {
      if (turn % BATCH === 0) await nextTurn();
      signal?.throwIfAborted();
      const code = readPacketSync(container, packet);
      if (code === AVERROR_EOF) break;
      if (code < 0) {
        if (++errors > MAX_READ_ERRORS) break;
        if (errorsBefore.length < LISTED && errorsBefore.at(-1) !== pts.length) errorsBefore.push(pts.length);
        continue;
      }
      if (packet.streamIndex === stream.index && packet.size > 0) {
        if (pts.length === 0 && packet.getSideData(AV_PKT_DATA_ENCRYPTION_INFO)) throw encrypted(path);
        const extradata = hasParameterSets ? packet.getSideData(AV_PKT_DATA_NEW_EXTRADATA) : null;
        const facts = factsOf(packet.data!, extradata);
        const flags = packet.flags;
        pts.push(time(packet.pts));
        dts.push(time(packet.dts));
        duration.push(Number(packet.duration));
        position.push(Number(packet.pos));
        size.push(packet.size);
        containerKey.push(flags & AV_PKT_FLAG_KEY ? 1 : 0);
        access.push(flags & AV_PKT_FLAG_KEY && facts.access ? 1 : 0);
        shown.push(facts.shown && !(flags & AV_PKT_FLAG_DISCARD) ? 1 : 0);
        suspect.push(!facts.sound || flags & AV_PKT_FLAG_CORRUPT ? 1 : 0);
        order.push(facts.order);
        interlaced ||= facts.interlaced;
        if (pts.length > limits.maxFrames) throw tooLong(path, limits);
      }
      packet.unref();
    }
  } finally {
    packet.free();
  }
  return {
    count: pts.length,
    pts: Float64Array.from(pts),
    dts: Float64Array.from(dts),
    duration: Float64Array.from(duration),
    position: Float64Array.from(position),
    size: Float64Array.from(size),
    containerKey: Uint8Array.from(containerKey),
    access: Uint8Array.from(access),
    shown: Uint8Array.from(shown),
    suspect: Uint8Array.from(suspect),
    order: Float64Array.from(order),
    interlaced,
    startOf: startOrdinals(pts, access),
    broken: errors > 0,
    errorsBefore,
  };
}

function tooLong(path: string, limits: MediaLimits): MediaError {
  return new MediaError(
    'too-large',
    path,
    `the video has more than ${limits.maxFrames} frames`,
    'Cut it into parts of no more frames than that (library option: limits.maxFrames)',
  );
}

/**
 * For every packet the access point from which it decodes exactly: the last one at or before it in decode order
 * whose picture is not shown after it. A picture that follows an access point in the file and precedes it on the
 * screen (a leading picture of an open group) needs the group before, so its start is one access point earlier.
 * Packets before the first access point start at packet 0.
 */
export function startOrdinals(pts: ArrayLike<number>, access: ArrayLike<number>): Int32Array {
  const starts = new Int32Array(pts.length);
  const points: number[] = [];
  for (let i = 0; i < pts.length; i++) {
    if (access[i]) points.push(i);
    let last = points.length - 1;
    // NaN compares false: without timestamps no picture can be told to lead, so one group more is taken.
    if (last >= 0 && points[last] !== i && !(pts[i]! >= pts[points[last]!]!)) last--;
    starts[i] = points[last] ?? 0;
  }
  return starts;
}
