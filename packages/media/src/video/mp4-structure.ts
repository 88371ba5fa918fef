import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Structure } from './structure.ts';

/** Index that is read at most: two million frames of video and their sound take some 60 MB. */
const MAX_INDEX_BYTES = 256 * 1024 * 1024;

/** Boxes that are walked at most; a fragment is two of them. */
const MAX_BOXES = 1_000_000;

/** Boxes walked between two turns of the event loop; some 3 µs each. */
const BATCH = 512;

/** Boxes that stand at the top of a file, and may end behind a file that was cut. */
const TOP_BOXES = new Set(
  'ftyp moov mdat free skip wide moof mfra sidx ssix styp meta uuid udta pnot prft emsg'.split(' '),
);

export async function mp4Structure(file: FileHandle, size: number, trackId: number): Promise<Structure> {
  let missingBytes = 0;
  let index: Index | undefined;
  const illegible: number[] = [];
  for (let at = 0, boxes = 1; at + 8 <= size && boxes <= MAX_BOXES; boxes++) {
    if (boxes % BATCH === 0) await nextTurn();
    const head = headAt(file, at);
    const { type, start, end } = boxAt(head, 0);
    // Programs put boxes of their own there; another that fits is taken for one.
    if (!TOP_BOXES.has(type) && !(/^[ -~]{4}$/.test(type) && end >= start && at + end <= size)) {
      // FFmpeg finds fragments by walking as we do, and so ends here; zeros are what some recorders put at the end.
      if (index?.fragmented && head.some((byte) => byte !== 0)) illegible.push(at);
      break;
    }
    if (end < start) break;
    if (type === 'moov' && at + end <= size && end <= MAX_INDEX_BYTES) {
      index = readIndex(await bytesAt(file, at + start, end - start), trackId, size);
    }
    missingBytes = Math.max(missingBytes, at + end - size);
    at += end;
  }
  if (index?.samples) missingBytes = Math.max(missingBytes, index.samples.end - size);
  return { missingBytes, missingPackets: index?.samples?.past, illegible };
}

/** Synchronous: a read that waits its turn costs five times as much, and a live recording has a box for every frame. */
function headAt(file: FileHandle, position: number): Buffer {
  const head = Buffer.alloc(16);
  return head.subarray(0, readSync(file.fd, head, 0, head.length, position));
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** The head of the box at `at`: its content lies from `start` to `end`. A size of 0, "up to the end", gives an empty box. */
function boxAt(bytes: Buffer, at: number): { type: string; start: number; end: number } {
  const short = bytes.readUInt32BE(at);
  const type = bytes.toString('latin1', at + 4, at + 8);
  if (short !== 1) return { type, start: at + 8, end: at + short };
  return { type, start: at + 16, end: bytes.length < at + 16 ? 0 : at + Number(bytes.readBigUInt64BE(at + 8)) };
}

/** Contents of the boxes of this name directly in `parent`, one at a time: there may be millions. */
function* children(parent: Buffer, name: string): Generator<Buffer> {
  for (let at = 0; at + 8 <= parent.length; ) {
    const { type, start, end } = boxAt(parent, at);
    if (end < start || end > parent.length) break;
    if (type === name) yield parent.subarray(start, end);
    at = end;
  }
}

/** The content of the first such box. */
function child(parent: Buffer, name: string): Buffer | undefined {
  for (const content of children(parent, name)) return content;
  return undefined;
}

type Index = {
  readonly fragmented: boolean;
  /** Samples that begin past the end of the file, and where the last one ends; undefined without a sound table. */
  readonly samples: { readonly past: number; readonly end: number } | undefined;
};

function readIndex(moov: Buffer, trackId: number, size: number): Index {
  if (child(moov, 'mvex')) return { fragmented: true, samples: undefined };
  let table = children(moov, 'trak').find((trak) => {
    const head = child(trak, 'tkhd');
    // Version 1 has times of 8 bytes before the number.
    const at = head?.[0] === 1 ? 20 : 12;
    return head && head.length >= at + 4 && head.readUInt32BE(at) === trackId;
  });
  for (const name of ['mdia', 'minf', 'stbl']) table = table && child(table, name);
  return { fragmented: false, samples: table && samplesPast(table, size) };
}

/**
 * ISO/IEC 14496-12, 8.7: sizes of samples (stsz), samples of chunks (stsc), places of chunks (stco, co64). Undefined
 * for a table that does not add up, and for samples whose sizes have less than 32 bits (stz2).
 */
function samplesPast(table: Buffer, size: number): Index['samples'] {
  const [sizes, runs] = [child(table, 'stsz'), child(table, 'stsc')];
  const [short, long] = [child(table, 'stco'), child(table, 'co64')];
  const places = short ?? long;
  if (!sizes || !runs || !places || sizes.length < 12 || runs.length < 8 || places.length < 8) return undefined;
  const width = short ? 4 : 8;
  const sameSize = sizes.readUInt32BE(4);
  const count = sizes.readUInt32BE(8);
  const chunks = places.readUInt32BE(4);
  const runCount = runs.readUInt32BE(4);
  if (sameSize === 0 && sizes.length < 12 + 4 * count) return undefined;
  if (places.length < 8 + width * chunks || runs.length < 8 + 12 * runCount || runCount === 0) return undefined;

  let [sample, run, past, end] = [0, 0, 0, 0];
  for (let chunk = 0; chunk < chunks && sample < count; chunk++) {
    // Chunks are counted from 1; a run holds from its first chunk on.
    while (run + 1 < runCount && runs.readUInt32BE(8 + 12 * (run + 1)) <= chunk + 1) run++;
    const last = Math.min(count, sample + runs.readUInt32BE(8 + 12 * run + 4));
    let at = short ? places.readUInt32BE(8 + 4 * chunk) : Number(places.readBigUInt64BE(8 + 8 * chunk));
    if (sameSize > 0) {
      const before = Math.min(last - sample, Math.max(0, Math.ceil((size - at) / sameSize)));
      past += last - sample - before;
      at += sameSize * (last - sample);
      sample = last;
    }
    for (; sample < last; sample++) {
      const bytes = sizes.readUInt32BE(12 + 4 * sample);
      if (at >= size && bytes > 0) past++;
      at += bytes;
    }
    end = Math.max(end, at);
  }
  return { past, end };
}
