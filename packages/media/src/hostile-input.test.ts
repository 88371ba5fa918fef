import { execFileSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Dictionary, FormatContext, InputFormat, Packet } from 'node-av/lib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MEDIA_ERROR_CODES, MediaError, type MediaErrorCode } from './errors.ts';
import { openSource } from './open-source.ts';
import type { OpenOptions } from './options.ts';
import { box, findBox, replaceBox } from './testing/boxes.ts';
import { makeClip, makeSoundFile } from './testing/clips.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const folder = temporaryFolder(beforeAll, afterAll);
let connections = 0;
const server = createServer((_request, response) => response.writeHead(404).end());
server.on('connection', () => connections++);
let address = '';
let clip: Buffer = Buffer.alloc(0);

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const path = join(folder.path, 'clip.mp4');
  await makeClip(path, { encoder: 'libx264', container: 'mp4', frames: 20 });
  clip = await readFile(path);
});
afterAll(() => new Promise((closed) => server.close(closed)));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, content);
  return path;
}

function png(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#345' } })
    .png()
    .toBuffer();
}

/** A PNG that claims a size which it does not have; its checksum is right. */
async function bomb(width: number, height: number): Promise<Buffer> {
  const bytes = await png(8, 8);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  let crc = 0xffffffff;
  for (const byte of bytes.subarray(12, 29)) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 29);
  return bytes;
}

/** The clip with its pictures said to lie in another file, as QuickTime's alias records do. */
function withExternalData(target: string): Buffer {
  const path = Buffer.from(target);
  const record = Buffer.concat([
    Buffer.alloc(4), // version and flags: not self-contained
    Buffer.alloc(10),
    Buffer.alloc(28), // volume
    Buffer.alloc(12),
    Buffer.alloc(64), // file name
    Buffer.alloc(16),
    Buffer.from([0xff, 0xff, 0xff, 0xff]), // directory levels: none
    Buffer.alloc(16),
    Buffer.from([0, 2, path.length >> 8, path.length & 255]), // 2: a path
    path,
    Buffer.alloc(path.length % 2),
    Buffer.from([0xff, 0xff, 0, 0]), // the end
  ]);
  return replaceBox(clip, ['moov', 'trak', 'mdia', 'minf', 'dinf', 'dref', 'url '], box('alis', record));
}

/** The clip with another width and height in its header. */
function withHeaderSize(width: number, height: number): Buffer {
  const out = Buffer.from(clip);
  const { at } = findBox(out, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'avc1']);
  out.writeUInt16BE(width, at + 32);
  out.writeUInt16BE(height, at + 34);
  return out;
}

type Case = {
  readonly name: string;
  readonly code: MediaErrorCode;
  /** A word that the message must hold beside the file's name. */
  readonly says: RegExp;
  readonly make: () => Promise<string | string[]>;
  readonly options?: OpenOptions;
  /** The error comes with the first frame and not with opening. */
  readonly whenRead?: boolean;
  readonly skip?: boolean;
};

/** An empty canvas of 1 × 1. */
const GIF_HEADER = Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00', 'latin1');

const noPipes = process.platform === 'win32';
const isRoot = process.getuid?.() === 0;

const CASES: Case[] = [
  // Things that are no files
  { name: 'missing file', code: 'not-found', says: /no such file/, make: async () => join(folder.path, 'none.mp4') },
  {
    name: 'path through a file',
    code: 'not-found',
    says: /no such/,
    make: async () => `${await file('a', 'x')}/b.mp4`,
  },
  {
    name: 'dangling link',
    code: 'not-found',
    says: /no such/,
    make: async () => {
      await symlink(join(folder.path, 'nowhere'), join(folder.path, 'link.mp4'));
      return join(folder.path, 'link.mp4');
    },
  },
  {
    name: 'file without permission',
    code: 'unreadable',
    says: /may not read/,
    skip: isRoot || noPipes,
    make: async () => {
      const path = join(folder.path, 'secret.mp4');
      await writeFile(path, clip, { mode: 0o000 });
      return path;
    },
  },
  {
    name: 'pipe',
    code: 'not-a-file',
    says: /a pipe/,
    skip: noPipes,
    make: async () => {
      const path = join(folder.path, 'pipe.mp4');
      execFileSync('mkfifo', [path]);
      return path;
    },
  },
  { name: 'device', code: 'not-a-file', says: /a device/, skip: noPipes, make: async () => '/dev/zero' },
  { name: 'empty path', code: 'bad-argument', says: /no path/, make: async () => '' },
  { name: 'path with a zero byte', code: 'bad-argument', says: /no path/, make: async () => 'a\0.mp4' },
  // Addresses
  { name: 'http address', code: 'url', says: /address/, make: async () => `${address}/video.mp4` },
  { name: 'rtsp address', code: 'url', says: /address/, make: async () => 'rtsp://127.0.0.1/stream' },
  { name: 'file address', code: 'url', says: /address/, make: async () => `file://${await file('v.mp4', clip)}` },
  { name: 'concat address', code: 'url', says: /address/, make: async () => `concat:${await file('v.mp4', clip)}|x` },
  { name: 'data address', code: 'url', says: /address/, make: async () => 'data:video/mp4;base64,AAAA' },
  { name: 'pipe address', code: 'url', says: /address/, make: async () => 'pipe:0' },
  // Files that name other files
  {
    name: 'HLS playlist named .mp4',
    code: 'playlist',
    says: /m3u8/,
    make: () => file('hls.mp4', `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${address}/a.ts\n#EXT-X-ENDLIST\n`),
  },
  {
    name: 'HLS playlist after blank lines',
    code: 'playlist',
    says: /m3u8/,
    make: () => file('hls.m3u8', `\ufeff\n \n#EXTM3U\n#EXTINF:5,\n${address}/a.ts\n`),
  },
  {
    name: 'concat script',
    code: 'playlist',
    says: /concat/,
    make: () => file('list.mkv', `ffconcat version 1.0\nfile '${address}/a.mp4'\n`),
  },
  { name: 'bare concat list', code: 'playlist', says: /concat/, make: () => file('list.txt', "file '/etc/passwd'\n") },
  {
    name: 'DASH manifest',
    code: 'playlist',
    says: /DASH/,
    make: () => file('dash.mp4', `<?xml version="1.0"?><MPD><BaseURL>${address}/</BaseURL></MPD>`),
  },
  { name: 'SDP', code: 'playlist', says: /SDP/, make: () => file('s.mp4', 'v=0\no=- 0 0 IN IP4 127.0.0.1\n') },
  {
    name: 'MOV whose data lies elsewhere',
    code: 'external-data',
    says: /none of their data/,
    make: () => file('alias.mov', withExternalData(`${address}/data.mov`)),
  },
  // Other content than the name says
  {
    name: 'text named .mp4',
    code: 'not-media',
    says: /a text/,
    make: () => file('text.mp4', 'Hello, this is a letter.'),
  },
  { name: 'empty file', code: 'not-media', says: /empty/, make: () => file('empty.mp4', '') },
  { name: 'random bytes', code: 'not-media', says: /neither/, make: () => file('r.mp4', Buffer.alloc(4096, 0xa7)) },
  { name: 'SVG named .png', code: 'not-media', says: /SVG/, make: () => file('x.png', '<svg xmlns="x"></svg>') },
  { name: 'GIF of a header only', code: 'no-frames', says: /no frame of/, make: () => file('x.gif', GIF_HEADER) },
  {
    name: 'GIF that is larger than allowed',
    code: 'too-large',
    says: /65535 × 65535/,
    make: () => file('large.gif', GIF_HEADER.fill(0xff, 6, 10)),
  },
  {
    name: 'AVI of a header only',
    code: 'damaged',
    says: /header of the AVI file/,
    make: () => file('x.avi', 'RIFF\x00\x00\x00\x00AVI LIST'),
  },
  {
    name: 'transport stream of nothing',
    code: 'no-video',
    says: /no video track/,
    make: () => file('x.ts', Buffer.alloc(752, Buffer.concat([Buffer.from([0x47]), Buffer.alloc(187)]))),
  },
  {
    name: 'MXF',
    code: 'unsupported-container',
    says: /MXF/,
    make: () => file('x.mxf', Buffer.concat([Buffer.from([0x06, 0x0e, 0x2b, 0x34]), Buffer.alloc(64)])),
  },
  {
    name: 'Flash video of a header only',
    code: 'no-video',
    says: /no video track/,
    make: () => file('x.flv', Buffer.from([0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0])),
  },
  {
    name: 'Windows Media of 16 bytes',
    code: 'damaged',
    says: /header of the Windows Media/,
    make: () => file('x.wmv', Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex')),
  },
  { name: 'Ogg of four bytes', code: 'damaged', says: /header of the Ogg file/, make: () => file('x.ogv', 'OggS') },
  {
    name: 'bare stream of noise',
    code: 'no-frames',
    says: /frame/,
    make: () => file('x.h264', Buffer.concat([Buffer.from([0, 0, 0, 1, 0x67]), Buffer.alloc(4000, 0xa7)])),
  },
  { name: 'WAV', code: 'not-media', says: /sound/, make: () => file('x.wav', 'RIFF\x00\x00\x00\x00WAVEfmt ') },
  {
    name: 'sound in MP4',
    code: 'no-video',
    says: /sound, but no video/,
    make: async () => {
      const path = join(folder.path, 'sound.mp4');
      await makeSoundFile(path);
      return path;
    },
  },
  {
    name: 'another codec',
    code: 'unsupported-codec',
    says: /cinepak/,
    make: () => {
      const bytes = Buffer.from(clip);
      const { at } = findBox(bytes, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'avc1']);
      bytes.write('cvid', at + 4, 'latin1');
      return file('old.mp4', bytes);
    },
  },
  {
    name: 'encrypted video',
    code: 'encrypted',
    says: /encrypted/,
    make: async () => {
      const path = join(folder.path, 'encrypted.mp4');
      const key = '00112233445566778899aabbccddeeff';
      const muxerOptions = { encryption_scheme: 'cenc-aes-ctr', encryption_key: key, encryption_kid: key };
      await makeClip(path, { encoder: 'libx264', container: 'mp4', frames: 10, muxerOptions });
      return path;
    },
  },
  {
    name: 'video without a frame',
    code: 'no-frames',
    says: /no frames/,
    make: async () => {
      const path = join(folder.path, 'no-frames.mp4');
      const muxerOptions = { movflags: 'empty_moov' };
      await makeClip(path, { encoder: 'libx264', container: 'mp4', frames: 0, muxerOptions });
      return path;
    },
  },
  // Damage
  {
    name: 'MP4 cut before its index',
    code: 'damaged',
    says: /index/,
    make: () => file('c.mp4', clip.subarray(0, 3000)),
  },
  { name: 'MP4 of 40 bytes', code: 'damaged', says: /index/, make: () => file('c40.mp4', clip.subarray(0, 40)) },
  {
    name: 'Matroska with a header only',
    code: 'damaged',
    says: /header/,
    make: () => file('c.mkv', Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x84, 0x42, 0x86, 0x81, 0x01])),
  },
  {
    name: 'MP4 whose pictures are noise',
    code: 'no-frames',
    says: /can be decoded/,
    make: () => {
      const bytes = Buffer.from(clip);
      const { at, size } = findBox(bytes, ['mdat']);
      for (let i = at + 8; i < at + size; i++) bytes[i] = (i * 89) & 255;
      return file('noise.mp4', bytes);
    },
  },
  // Limits
  {
    name: '16K video',
    code: 'too-large',
    says: /16384 × 8640/,
    make: () => file('h.mp4', withHeaderSize(16384, 8640)),
  },
  {
    name: 'video past a given limit',
    code: 'too-large',
    says: /96 × 64/,
    options: { limits: { maxPixels: 6000 } },
    make: () => file('p.mp4', clip),
  },
  {
    name: 'video whose header hides its size',
    code: 'no-frames',
    says: /pixel limit/,
    options: { limits: { maxPixels: 6000 } },
    make: () => file('lie.mp4', withHeaderSize(16, 16)),
  },
  {
    name: 'too many frames',
    code: 'too-large',
    says: /more than 10 frames/,
    options: { limits: { maxFrames: 10 } },
    make: () => file('f.mp4', clip),
  },
  {
    name: 'image bomb',
    code: 'too-large',
    says: /60000 × 60000/,
    make: async () => file('bomb.png', await bomb(60000, 60000)),
  },
  {
    name: 'image file of too many bytes',
    code: 'too-large',
    says: /bytes/,
    options: { limits: { maxImageBytes: 50 } },
    make: async () => file('big.png', await png(64, 64)),
  },
  // Images
  {
    name: 'images of different sizes',
    code: 'size-mismatch',
    says: /32 × 16, but a\.png is 16 × 16/,
    make: async () => [await file('a.png', await png(16, 16)), await file('b.png', await png(32, 16))],
  },
  { name: 'empty list', code: 'empty-folder', says: /list of images is empty/, make: async () => [] },
  {
    name: 'empty folder',
    code: 'empty-folder',
    says: /no files/,
    make: async () => {
      await mkdir(join(folder.path, 'nothing'));
      return join(folder.path, 'nothing');
    },
  },
  {
    name: 'folder without images',
    code: 'empty-folder',
    says: /none of the folder's 1 files/,
    make: async () => {
      await mkdir(join(folder.path, 'papers'));
      await file('papers/notes.txt', 'hello');
      return join(folder.path, 'papers');
    },
  },
  {
    name: 'list with a video in it',
    code: 'mixed-list',
    says: /a video within a list/,
    make: async () => [await file('a.png', await png(16, 16)), await file('v.mp4', clip)],
  },
  {
    name: 'list with a folder in it',
    code: 'mixed-list',
    says: /a folder within a list/,
    make: async () => [await file('a.png', await png(16, 16)), folder.path],
  },
  {
    name: 'list with a missing image',
    code: 'not-found',
    says: /gone\.png.*no such file/,
    make: async () => [await file('a.png', await png(16, 16)), join(folder.path, 'gone.png')],
  },
  {
    name: 'PNG that ends early',
    code: 'damaged',
    says: /PNG image cannot be decoded/,
    whenRead: true,
    make: async () => file('cut.png', (await png(200, 200)).subarray(0, 150)),
  },
  {
    name: 'JPEG that ends early',
    code: 'damaged',
    says: /JPEG image cannot be decoded/,
    whenRead: true,
    make: async () => {
      const noise = Buffer.from(Array.from({ length: 3 * 128 * 128 }, (_, i) => (i * i) & 255));
      const bytes = await sharp(noise, { raw: { width: 128, height: 128, channels: 3 } })
        .jpeg()
        .toBuffer();
      return file('cut.jpg', bytes.subarray(0, bytes.length / 2));
    },
  },
  {
    name: 'JPEG of three bytes',
    code: 'damaged',
    says: /JPEG/,
    make: () => file('x.jpg', Buffer.from([255, 216, 255])),
  },
  {
    name: 'BMP that ends early',
    code: 'damaged',
    says: /BMP/,
    make: async () => file('x.bmp', Buffer.concat([Buffer.from('BM'), Buffer.alloc(30)])),
  },
  // Options
  {
    name: 'no threads',
    code: 'bad-argument',
    says: /threads is 0/,
    options: { threads: 0 },
    make: () => file('v.mp4', clip),
  },
  {
    name: 'a limit that is no number',
    code: 'bad-argument',
    says: /maxPixels is NaN/,
    options: { limits: { maxPixels: Number.NaN } },
    make: () => file('v.mp4', clip),
  },
];

describe('hostile input ends in an error with file, reason and remedy, and opens no connection', () => {
  for (const { name, code, says, make, options, whenRead, skip } of CASES) {
    test.skipIf(skip)(`${name}: ${code}`, async () => {
      const input = await make();
      const error = await openSource(input, options).then(
        async (source) => {
          if (!whenRead) return new Error(`opened with ${source.info.frameCount} frames`);
          return source.read(0).then(
            () => new Error('read a frame'),
            (thrown: unknown) => thrown,
          );
        },
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof MediaError)) throw error;
      expect(error.code).toBe(code);
      expect(error.message).toMatch(says);
      expect(error.message.startsWith(`${error.file}: ${error.reason}. `)).toBe(true);
      expect(error.remedy.length).toBeGreaterThan(10);
      // Who uses a command cannot set an option of the library: it is named as such, behind what everybody can do.
      expect(error.remedy.replace(/\(library[^)]*\)/, '')).not.toMatch(
        /maxPixels|maxFrames|maxImageBytes|verify|cacheBytes/,
      );
      expect(connections).toBe(0);
    });
  }
});

test('the codes of the list are those that the README explains', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect([...readme.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, code]) => code)).toEqual([...MEDIA_ERROR_CODES]);
});

describe('controls: without our locks FFmpeg does follow such files', () => {
  async function opened(path: string, demuxer: string, options: Record<string, string>): Promise<FormatContext> {
    const format = new FormatContext();
    const dictionary = Dictionary.fromObject(options);
    await format.openInput(`file:${path}`, InputFormat.findInputFormat(demuxer), dictionary);
    dictionary.free();
    return format;
  }

  test('the playlist makes it connect', async () => {
    const before = connections;
    const path = await file('control.m3u8', `#EXTM3U\n#EXTINF:5,\n${address}/a.ts\n#EXT-X-ENDLIST\n`);
    const format = await opened(path, 'hls', { protocol_whitelist: 'file,http,tcp', extension_picky: '0' });
    await format.closeInput();
    expect(connections).toBeGreaterThan(before);
  });

  test('the data reference makes it read another file', async () => {
    const other = await file('other.mov', clip);
    const path = await file('control.mov', withExternalData(other));
    const packet = new Packet();
    packet.alloc();
    const follows = await opened(path, 'mov', { enable_drefs: '1', use_absolute_path: '1' });
    expect(await follows.readFrame(packet)).toBe(0);
    await follows.closeInput();
    packet.free();
    await expect(openSource(path)).rejects.toMatchObject({ code: 'external-data' });
  });
});
