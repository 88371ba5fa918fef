import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Damage } from '../damage.ts';
import { openSource } from '../open-source.ts';
import { resolveOptions, type Verify } from '../options.ts';
import { box, findBox, replaceBox } from '../testing/boxes.ts';
import { type ClipSpec, makeClip } from '../testing/clips.ts';
import { seededRandom } from '../testing/random.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { openContainer } from './container.ts';
import { readPacketTable } from './packet-table.ts';
import { readStructure } from './structure.ts';

const folder = temporaryFolder(beforeAll, afterAll);
const FRAMES = 60;
const GROUP = 20;
const params = `keyint=${GROUP}:min-keyint=${GROUP}:scenecut=0:bframes=0`;

async function clip(name: string, spec: Partial<ClipSpec> = {}): Promise<Buffer> {
  const path = join(folder.path, name);
  await makeClip(path, {
    encoder: 'libx264',
    container: 'mp4',
    frames: FRAMES,
    encoderOptions: { 'x264-params': params },
    muxerOptions: { movflags: 'faststart' },
    ...spec,
  });
  return readFile(path);
}

async function saved(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, bytes);
  return path;
}

async function facts(
  path: string,
  verify: Verify = 'suspects',
): Promise<{ count: number; damage: Damage | undefined }> {
  await using source = await openSource(path, { verify });
  return { count: source.info.frameCount, damage: source.info.damage };
}

/** Where packet `ordinal` lies in the file. */
async function packetAt(path: string, ordinal: number): Promise<{ at: number; size: number }> {
  const { limits } = resolveOptions({}, path);
  const container = await openContainer(path, 'mov', limits);
  const table = await readPacketTable(path, container, limits);
  await container.format.closeInput();
  return { at: table.position[ordinal]!, size: table.size[ordinal]! };
}

describe('told when a video is opened', () => {
  test('packets overwritten in the middle: how many frames are lost, where, and which ones rest on what is left', async () => {
    const bytes = await clip('whole.mp4');
    expect(await facts(join(folder.path, 'whole.mp4'), 'report')).toEqual({ count: FRAMES, damage: undefined });
    const [first, last] = [
      await packetAt(join(folder.path, 'whole.mp4'), 24),
      await packetAt(join(folder.path, 'whole.mp4'), 29),
    ];
    bytes.fill(0xff, first.at, last.at + last.size);
    const path = await saved('overwritten.mp4', bytes);
    await using source = await openSource(path);
    expect(source.info.frameCount).toBe(FRAMES - 6);
    expect(source.info.damage).toEqual({
      lostFrames: 6,
      gaps: [{ beforeFrame: 24, frames: 6, uncounted: false, fromSec: 24 / 30 }],
      unreadableFrames: 0,
      unreadable: [],
      // The rest of the group of pictures, up to the next key packet.
      doubtfulFrames: 10,
      doubtful: [{ from: 24, to: 33 }],
      missingBytes: 0,
      uncounted: false,
    });
    // The frames after it keep their times.
    expect(source.frames[23]!.timeSec).toBeCloseTo(23 / 30, 9);
    expect(source.frames[24]!.timeSec).toBeCloseTo(30 / 30, 9);
  });

  test('an MP4 file that ends early: its index counts the frames that are missing', async () => {
    const bytes = await clip('to-cut.mp4');
    const { at } = await packetAt(join(folder.path, 'to-cut.mp4'), 45);
    const expected = {
      lostFrames: FRAMES - 45,
      gaps: [{ beforeFrame: 45, frames: FRAMES - 45, uncounted: false, fromSec: 45 / 30 }],
      missingBytes: bytes.length - at,
      uncounted: false,
    };
    const { count, damage } = await facts(await saved('cut.mp4', bytes.subarray(0, at)));
    expect(count).toBe(45);
    expect(damage).toMatchObject({ ...expected, gaps: [{ ...expected.gaps[0], fromSec: expect.closeTo(1.5, 9) }] });
    // A packet of which a part is there is decoded at opening; lost or not, it is counted once.
    const within = await facts(await saved('cut-within.mp4', bytes.subarray(0, at + 9)));
    expect(within.count + within.damage!.lostFrames).toBe(FRAMES);
  });

  test('without an index of all packets the missing frames are not counted, and that is said', async () => {
    const muxerOptions = { movflags: 'frag_keyframe+empty_moov' };
    for (const [name, spec] of [
      ['part.mkv', { container: 'matroska', muxerOptions: {} }],
      ['fragments.mp4', { muxerOptions }],
    ] as const) {
      const bytes = await clip(name, spec);
      const short = Math.floor(bytes.length * 0.6);
      const { count, damage } = await facts(await saved(`cut-${name}`, bytes.subarray(0, short)));
      expect(count).toBeGreaterThan(20);
      expect(count).toBeLessThan(50);
      expect(damage!.gaps.at(-1)).toMatchObject({ beforeFrame: count, uncounted: true });
      expect(damage).toMatchObject({ uncounted: true });
      expect(damage!.missingBytes).toBeGreaterThan(0);
      if (name === 'part.mkv') expect(damage!.missingBytes).toBe(bytes.length - short);
    }
  });

  test('what FFmpeg passes over in a Matroska file or between fragments is told', async () => {
    const matroska = await clip('hole.mkv', { container: 'matroska', muxerOptions: { cluster_time_limit: '300' } });
    const clusters = placesOf(matroska, Buffer.from([0x1f, 0x43, 0xb6, 0x75]));
    expect(clusters.length).toBeGreaterThan(4);
    matroska.fill(0xff, clusters[2]! - 30, clusters[2]! + 30);
    const hole = await facts(await saved('holed.mkv', matroska));
    expect(hole.count).toBeLessThan(FRAMES);
    expect(hole.damage).toMatchObject({ lostFrames: 0, missingBytes: 0, uncounted: true });
    expect(hole.damage!.gaps).toHaveLength(1);
    expect(hole.damage!.gaps[0]!.beforeFrame).toBeLessThan(hole.count);

    const fragments = await clip('hole.mp4', { muxerOptions: { movflags: 'frag_keyframe+empty_moov' } });
    const second = placesOf(fragments, Buffer.from('moof'))[1]!;
    fragments.fill(0xff, second - 4, second + 30);
    const { count, damage } = await facts(await saved('holed.mp4', fragments));
    expect(count).toBe(GROUP);
    expect(damage!.gaps).toEqual([expect.objectContaining({ beforeFrame: GROUP, frames: 0, uncounted: true })]);
  });

  test('boxes that we do not know are no damage where they fit', async () => {
    const movflags = 'frag_keyframe+empty_moov+default_base_moof';
    const bytes = await clip('vendor.mp4', { muxerOptions: { movflags } });
    const second = placesOf(bytes, Buffer.from('moof'))[1]! - 4;
    const [before, after] = [bytes.subarray(0, second), bytes.subarray(second)];
    const padded = Buffer.concat([before, box('pdin', Buffer.alloc(8)), box('abcd', Buffer.alloc(32, 7)), after]);
    expect(await facts(await saved('padded.mp4', padded))).toEqual({ count: FRAMES, damage: undefined });
    // What follows them is walked as well.
    const { damage } = await facts(await saved('padded-cut.mp4', padded.subarray(0, padded.length - 400)));
    expect(damage!.missingBytes).toBeGreaterThan(0);
  });

  test('a Matroska file whose head leaves its end open opens as one that does not', async () => {
    const bytes = await clip('open-head.mkv', { container: 'matroska', muxerOptions: {} });
    bytes[4] = 0xff;
    expect(await facts(await saved('open-head.mkv', bytes))).toEqual({ count: FRAMES, damage: undefined });
  });

  test('a file of nothing but beginnings of clusters costs a few searches, not one for each', async () => {
    const bytes = await clip('marks.mkv', { container: 'matroska', muxerOptions: {} });
    bytes.write('01ffffffffffffff', bytes.indexOf(Buffer.from('18538067', 'hex')) + 4, 'hex');
    const marks = Buffer.alloc(512 * 1024, Buffer.from('1f43b675', 'hex'));
    const began = performance.now();
    const { count, damage } = await facts(await saved('marks.mkv', Buffer.concat([bytes, marks])));
    expect({ count, uncounted: damage!.uncounted }).toEqual({ count: FRAMES, uncounted: true });
    expect(performance.now() - began).toBeLessThan(5000); // 30 s with a search for each
  });

  test('of more places than are listed all frames are counted', async () => {
    const frames = 420;
    const bytes = await clip('many.mp4', { frames, encoderOptions: { 'x264-params': 'keyint=1' } });
    const path = join(folder.path, 'many.mp4');
    const { limits } = resolveOptions({}, path);
    const container = await openContainer(path, 'mov', limits);
    const { position, size } = await readPacketTable(path, container, limits);
    await container.format.closeInput();
    for (let n = 1; n < frames; n += 2) bytes.fill(0xff, position[n]!, position[n]! + size[n]!);
    const { count, damage } = await facts(await saved('many-damaged.mp4', bytes));
    expect(count).toBe(frames / 2);
    expect(damage).toMatchObject({ lostFrames: frames / 2, doubtfulFrames: 0 });
    expect(damage!.gaps).toHaveLength(100);
    expect(damage!.gaps[99]).toMatchObject({ beforeFrame: 100, frames: 1 });
  });
});

function placesOf(bytes: Buffer, mark: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) places.push(at);
  return places;
}

describe('told when every frame is decoded', () => {
  /** A picture of zeros in a packet whose structure adds up: only the decoder can tell. */
  async function silentFrame(): Promise<string> {
    const bytes = await clip('silent-whole.mp4');
    const { at, size } = await packetAt(join(folder.path, 'silent-whole.mp4'), 33);
    bytes.fill(0, at + 5, at + size);
    return saved('silent.mp4', bytes);
  }

  test('by default nothing is known of it, and reading the frame fails', async () => {
    const path = await silentFrame();
    expect(await facts(path)).toEqual({ count: FRAMES, damage: undefined });
    await using source = await openSource(path);
    await expect(source.read(33)).rejects.toMatchObject({ code: 'frame-undecodable' });
  });

  test("'report' names the frame and leaves all numbers as they are by default", async () => {
    const { count, damage } = await facts(await silentFrame(), 'report');
    expect(count).toBe(FRAMES);
    expect(damage).toMatchObject({
      lostFrames: 0,
      gaps: [],
      unreadableFrames: 1,
      unreadable: [{ from: 33, to: 33 }],
      doubtful: [{ from: 34, to: 39 }],
    });
  });

  test("'all' leaves it out and says so", async () => {
    const { count, damage } = await facts(await silentFrame(), 'all');
    expect(count).toBe(FRAMES - 1);
    expect(damage).toMatchObject({ lostFrames: 1, gaps: [{ beforeFrame: 33, frames: 1 }], unreadableFrames: 0 });
  });

  test('a signal ends the opening, with its reason', async () => {
    const path = await silentFrame();
    const reason = new Error('stopped');
    const stop = new AbortController();
    const opening = openSource(path, { verify: 'report', signal: stop.signal });
    stop.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await expect(openSource(path, { signal: stop.signal })).rejects.toBe(reason);
    const [png, late] = [join(folder.path, 'stopped.png'), new AbortController()];
    await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).toFile(png);
    const looking = openSource([png, png], { verify: 'report', signal: late.signal });
    late.abort(reason);
    await expect(looking).rejects.toBe(reason);
  });

  test('of images those that cannot be decoded', async () => {
    const paths: string[] = [];
    for (let n = 0; n < 4; n++) {
      const png = await sharp({
        create: {
          width: 64,
          height: 64,
          channels: 3,
          background: '#123',
          noise: { type: 'gaussian', mean: 99, sigma: 30 },
        },
      })
        .png()
        .toBuffer();
      paths.push(await saved(`${n}.png`, n === 2 ? png.subarray(0, png.length / 2) : png));
    }
    await using plain = await openSource(paths);
    expect(plain.info.damage).toBeUndefined();
    await using verified = await openSource(paths, { verify: 'report' });
    expect(verified.info.frameCount).toBe(4);
    expect(verified.info.damage).toMatchObject({ unreadableFrames: 1, unreadable: [{ from: 2, to: 2 }] });
  });
});

describe('the structure of a container, read beside the demuxer', () => {
  test('places of 64 bits, samples of one size, and rubbish behind the end', async () => {
    const bytes = await clip('places.mp4', { muxerOptions: {} });
    const stbl = ['moov', 'trak', 'mdia', 'minf', 'stbl'];
    const { at, size } = findBox(bytes, [...stbl, 'stco']);
    const short = bytes.subarray(at + 8, at + size);
    const count = short.readUInt32BE(4);
    const long = Buffer.alloc(8 + 8 * count);
    short.copy(long, 0, 0, 8);
    // One chunk is moved behind the end of the file.
    for (let n = 0; n < count; n++) long.writeBigUInt64BE(BigInt(short.readUInt32BE(8 + 4 * n)), 8 + 8 * n);
    long.writeBigUInt64BE(1n << 40n, 8);
    const moved = await saved('moved.mp4', replaceBox(bytes, [...stbl, 'stco'], box('co64', long)));
    const { missingPackets, missingBytes } = await readStructure(moved, 'mov', 1);
    expect(missingPackets).toBeGreaterThan(0);
    expect(missingBytes).toBeGreaterThan(2 ** 39);

    const sizes = Buffer.alloc(12);
    sizes.writeUInt32BE(1_000_000, 4);
    sizes.writeUInt32BE(FRAMES, 8);
    const large = await saved('large.mp4', replaceBox(bytes, [...stbl, 'stsz'], box('stsz', sizes)));
    // All but the first sample of the one chunk begin past the end.
    expect(await readStructure(large, 'mov', 1)).toMatchObject({ missingPackets: FRAMES - 1 });

    const rubbish = await saved('rubbish.mp4', Buffer.concat([bytes, Buffer.from('appended by some tool')]));
    expect(await readStructure(rubbish, 'mov', 1)).toEqual({ missingBytes: 0, missingPackets: 0, illegible: [] });
  });

  test('of damaged bytes it makes what it can, and never fails', async () => {
    const random = seededRandom(77);
    for (const [name, spec] of [
      ['seed.mp4', {}],
      ['seed.mkv', { container: 'matroska', muxerOptions: { cluster_time_limit: '300' } }],
      ['live.mkv', { container: 'matroska', muxerOptions: { live: '1' } }],
    ] as const) {
      const whole = await clip(name, spec);
      for (let round = 0; round < 150; round++) {
        const bytes = Buffer.from(whole.subarray(0, Math.floor(whole.length * (0.1 + 0.9 * random()))));
        const from = Math.floor(random() * Math.min(bytes.length, round % 2 ? 1500 : bytes.length));
        for (let i = from; i < Math.min(bytes.length, from + 12); i++) bytes[i] = Math.floor(random() * 256);
        const path = await saved(`round-${name}`, bytes);
        const found = await readStructure(path, name.endsWith('mkv') ? 'matroska' : 'mov', 1);
        expect(found.missingBytes, `seed 77, ${name}, round ${round}`).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(found.missingBytes)).toBe(true);
      }
    }
  });
});
