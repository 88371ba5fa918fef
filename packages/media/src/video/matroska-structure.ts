import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LISTED } from '../damage.ts';
import type { Structure } from './structure.ts';

const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;

/** Children of a segment by RFC 9559: seek head, info, tracks, cluster, cues, attachments, chapters, tags; void, checksum. */
const TOP = new Set([
  0x114d9b74,
  0x1549a966,
  0x1654ae6b,
  CLUSTER,
  0x1c53bb6b,
  0x1941a469,
  0x1043a770,
  0x1254c367,
  0xec,
  0xbf,
]);

/** Children of a cluster: its time, blocks of four kinds, position, size before it, silent tracks; void, checksum. */
const IN_CLUSTER = new Set([0xe7, 0xa3, 0xa0, 0xa1, 0xaf, 0xa7, 0xab, 0x5854, 0xec, 0xbf]);

/** Elements walked between two turns of the event loop; some 2 µs each. */
const BATCH = 512;

/** Bytes that are read at a time: many heads where blocks are small, and little in vain where they are large. */
const WINDOW = 2048;

/** Bytes that are searched at a time for the next cluster. */
const SEARCH = 1024 * 1024;

/**
 * Walks all elements of the segment and of its clusters by their heads. One that is none of those that may stand
 * there begins an illegible stretch, which ends at the next cluster; FFmpeg goes on there as well. After the last
 * stretch that is listed it ends: each is a search, and a file can be made of nothing but beginnings of them.
 */
export async function matroskaStructure(file: FileHandle, size: number): Promise<Structure> {
  const heads = new Heads(file.fd);
  const illegible: number[] = [];
  const first = heads.at(0);
  const segment = first && heads.at(first.end);
  if (segment?.id !== SEGMENT) return { missingBytes: 0, missingPackets: undefined, illegible };
  let at = segment.start;
  // Where the cluster at hand ends; it has no end where a live recording leaves its size open.
  let clusterEnd = 0;
  for (let count = 1; at < Math.min(size, segment.end) && illegible.length < LISTED; count++) {
    if (count % BATCH === 0) await nextTurn();
    const head = heads.at(at);
    const inside = at < clusterEnd;
    if (head && inside && IN_CLUSTER.has(head.id) && head.end <= clusterEnd && head.end < Infinity) {
      at = head.end;
    } else if (head?.id === CLUSTER && (!inside || clusterEnd === Infinity)) {
      clusterEnd = head.end;
      at = head.start;
    } else if (head && TOP.has(head.id) && (!inside || clusterEnd === Infinity) && head.end < Infinity) {
      clusterEnd = 0;
      at = head.end;
    } else {
      illegible.push(at);
      clusterEnd = 0;
      at = await nextCluster(file, at + 1, size);
    }
  }
  // Without the segment's own word, an element that is cut off tells.
  const end = segment.end < Infinity ? segment.end : at;
  return { missingBytes: Math.max(0, end - size), missingPackets: undefined, illegible };
}

async function nextCluster(file: FileHandle, from: number, size: number): Promise<number> {
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE(CLUSTER);
  const bytes = Buffer.alloc(SEARCH);
  for (let at = from; at < size; at += SEARCH - mark.length + 1) {
    const { bytesRead } = await file.read(bytes, 0, SEARCH, at);
    const found = bytes.subarray(0, bytesRead).indexOf(mark);
    if (found >= 0) return at + found;
  }
  return size;
}

/** An element: its content lies from `start` to `end`; Infinity where its size is left open. */
type Head = { readonly id: number; readonly start: number; readonly end: number };

/** Heads of elements (RFC 8794, 4 to 6) by their place in the file. */
class Heads {
  readonly #fd: number;
  readonly #window = Buffer.alloc(WINDOW);
  #from = 0;
  #length = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Undefined for bytes that are no head, and behind the open end of an element. */
  at(position: number): Head | undefined {
    if (!Number.isSafeInteger(position)) return undefined;
    if (position < this.#from || position + 12 > this.#from + this.#length) {
      this.#from = position;
      this.#length = readSync(this.#fd, this.#window, 0, WINDOW, position);
    }
    const bytes = this.#window.subarray(position - this.#from, this.#length);
    // The leading zero bits of the first byte say how many bytes follow it.
    const idLength = Math.clz32(bytes[0] ?? 0) - 23;
    const sizeLength = Math.clz32(bytes[idLength] ?? 0) - 23;
    if (idLength > 4 || sizeLength > 8 || bytes.length < idLength + sizeLength) return undefined;
    let value = bytes[idLength]! & (0xff >> sizeLength);
    let isOpen = value === 0xff >> sizeLength;
    for (const byte of bytes.subarray(idLength + 1, idLength + sizeLength)) {
      value = value * 256 + byte;
      isOpen &&= byte === 0xff;
    }
    const start = position + idLength + sizeLength;
    return { id: bytes.readUIntBE(0, idLength), start, end: isOpen ? Infinity : start + value };
  }
}
