import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { MediaError } from './errors.ts';
import type { ContainerKind } from './video/containers.ts';

/** What the first bytes of a file say it is. Extensions are never believed. */
export type Sniffed =
  | { readonly kind: 'video'; readonly container: ContainerKind }
  | { readonly kind: 'image'; readonly format: ImageFormat }
  | { readonly kind: 'playlist'; readonly what: string }
  | { readonly kind: 'other'; readonly what: string; readonly remedy: string }
  | { readonly kind: 'unknown' };

export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'tiff' | 'bmp';

/** Bytes that `sniffBytes` wants to see; shorter files give what they have. */
export const SNIFF_BYTES = 512;

const REMUX = 'Put the pictures into MP4 or Matroska first, for example: ffmpeg -i INPUT -c copy OUTPUT.mkv';

/**
 * Names a file by its first bytes.
 * Signatures: ISO 14496-12 (a size, then a box type), RFC 9559 (EBML header), PNG 1.2, JFIF, RFC 9649 (WebP),
 * TIFF 6.0, BMP, RFC 8216 (m3u8).
 */
export function sniffBytes(head: Uint8Array): Sniffed {
  const ascii = (from: number, to: number): string => String.fromCharCode(...head.subarray(from, to));
  const starts = (...bytes: number[]): boolean => bytes.every((byte, i) => head[i] === byte);

  if (starts(0x1a, 0x45, 0xdf, 0xa3)) return { kind: 'video', container: 'matroska' };
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return { kind: 'image', format: 'png' };
  if (starts(0xff, 0xd8, 0xff)) return { kind: 'image', format: 'jpeg' };
  // 42 is TIFF, 43 its form for files past 4 GiB.
  const isTiff = [0x2a, 0x2b].some((version) => starts(0x49, 0x49, version, 0) || starts(0x4d, 0x4d, 0, version));
  if (isTiff) return { kind: 'image', format: 'tiff' };
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return { kind: 'image', format: 'webp' };
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'AVI ') return { kind: 'video', container: 'avi' };
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WAVE') {
    return { kind: 'other', what: 'a sound file (WAV)', remedy: 'Give a file with pictures' };
  }
  const box = ascii(4, 8);
  if (['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'styp', 'sidx'].includes(box)) {
    const brand = ascii(8, 12);
    if (box === 'ftyp' && ['avif', 'avis', 'heic', 'heix', 'mif1', 'msf1'].includes(brand)) {
      return { kind: 'other', what: `an image in HEIF form (${brand})`, remedy: 'Save it as PNG or JPEG first' };
    }
    return { kind: 'video', container: 'mov' };
  }
  if (ascii(0, 2) === 'BM' && head.length >= 26 && head[6] === 0 && head[7] === 0) {
    return { kind: 'image', format: 'bmp' };
  }
  if (ascii(0, 4) === 'GIF8') return { kind: 'video', container: 'gif' };
  if (ascii(0, 3) === 'FLV') return { kind: 'video', container: 'flv' };
  if (ascii(0, 4) === 'OggS') return { kind: 'video', container: 'ogg' };
  if (isTransportStream(head)) return { kind: 'video', container: 'mpegts' };
  if (ascii(0, 4) === 'DKIF') return { kind: 'video', container: 'ivf' };
  if (starts(0x30, 0x26, 0xb2, 0x75)) return { kind: 'video', container: 'asf' };
  if (starts(0x06, 0x0e, 0x2b, 0x34)) return { kind: 'other', what: 'an MXF file', remedy: REMUX };
  if (ascii(0, 4) === '.RMF') return { kind: 'other', what: 'a RealMedia file', remedy: REMUX };
  const stream = bareStream(head);
  if (stream) return { kind: 'video', container: stream };
  if (ascii(0, 3) === 'ID3' || (head[0] === 0xff && (head[1]! & 0xe0) === 0xe0)) {
    return { kind: 'other', what: 'a sound file (MP3)', remedy: 'Give a file with pictures' };
  }
  return sniffText(head);
}

/** Packets of 188 bytes, or of 192 with a time before each (M2TS of camcorders and Blu-ray). */
function isTransportStream(head: Uint8Array): boolean {
  const syncs = (from: number, step: number): boolean => {
    for (let at = from; at < head.length; at += step) if (head[at] !== 0x47) return false;
    return from < head.length;
  };
  return syncs(0, 188) || syncs(4, 192);
}

/** A stream without a container begins with a start code; the byte behind it says of which kind it is. */
function bareStream(head: Uint8Array): ContainerKind | undefined {
  const zeros = head.findIndex((byte) => byte !== 0);
  if (zeros < 2 || zeros > 3 || head[zeros] !== 1) return undefined;
  const [first, second] = [head[zeros + 1] ?? 0, head[zeros + 2] ?? 0];
  if (first === 0xba) return 'mpeg';
  if (first === 0xb3) return 'mpegvideo';
  if (first === 0xb0 || first === 0xb5 || first <= 0x2f) return first === 0x09 || first === 0x06 ? 'h264' : 'm4v';
  // ITU-T H.265 7.3.1.2: parameter sets (32 to 34), delimiter (35) and messages (39), layer 0, lowest sub-layer.
  if ([0x40, 0x42, 0x44, 0x46, 0x4e].includes(first) && second === 1) return 'hevc';
  // ITU-T H.264 7.3.1: parameter sets, delimiter, messages, IDR picture.
  return [7, 8, 9, 6, 5].includes(first & 0x1f) && first < 0x80 ? 'h264' : undefined;
}

function sniffText(head: Uint8Array): Sniffed {
  const text = new TextDecoder('latin1').decode(head).replace(/^(?:\u00ef\u00bb\u00bf)?\s*/, '');
  if (text.startsWith('#EXTM3U')) return { kind: 'playlist', what: 'an HLS playlist (m3u8)' };
  if (text.startsWith('ffconcat')) return { kind: 'playlist', what: 'a concat script' };
  if (/^(?:file|stream)\s+\S/.test(text)) return { kind: 'playlist', what: 'a concat script' };
  if (/<MPD[\s>]/.test(text)) return { kind: 'playlist', what: 'a DASH manifest' };
  if (/<SmoothStreamingMedia/i.test(text)) return { kind: 'playlist', what: 'a Smooth Streaming manifest' };
  if (/^v=0\r?\n[ow]=/.test(text)) return { kind: 'playlist', what: 'an SDP session description' };
  if (/^\[playlist\]/i.test(text)) return { kind: 'playlist', what: 'a PLS playlist' };
  if (/<svg[\s>]/i.test(text)) return { kind: 'other', what: 'an SVG drawing', remedy: 'Save it as PNG first' };
  if (isText(head)) {
    return { kind: 'other', what: 'a text', remedy: 'Give a video or images' };
  }
  return { kind: 'unknown' };
}

/** UTF-8 without control characters; a character cut off at the end is forgiven. */
function isText(head: Uint8Array): boolean {
  if (head.length === 0 || !head.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13))) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** What kind of thing a path names, links followed. Throws MediaError for what must not be opened at all. */
export async function statMedia(path: string): Promise<Stats> {
  if (/^[a-z][a-z0-9+.-]+:/i.test(path) && !/^[a-z]:[\\/]/i.test(path) && !(await exists(path))) {
    throw new MediaError('url', path, 'this is an address, not a path', 'Download the file and give its path');
  }
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    throw asFileError(path, error);
  }
  if (stats.isFile() || stats.isDirectory()) return stats;
  const what = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
  throw new MediaError('not-a-file', path, `this is ${what}`, 'Save the stream as a file first and give its path');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Reads the first bytes of a regular file and names it. */
export async function sniffFile(path: string): Promise<Sniffed> {
  const head = new Uint8Array(SNIFF_BYTES);
  try {
    // Non-blocking, so that a pipe put in the file's place since the check cannot hang the process.
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const { bytesRead } = await file.read(head, 0, SNIFF_BYTES, 0);
    if (bytesRead === 0) {
      throw new MediaError('not-media', path, 'the file is empty', 'Check that it was copied or downloaded to the end');
    }
    const sniffed = sniffBytes(head.subarray(0, bytesRead));
    if (sniffed.kind === 'image' && sniffed.format === 'png' && (await picturesOfPng(file)) > 1) {
      return { kind: 'video', container: 'apng' };
    }
    // One picture after another is a video; its first bytes are those of a photograph, which may have others behind it.
    const isMotion = sniffed.kind === 'image' && sniffed.format === 'jpeg' && /\.mjpe?g$/i.test(path);
    return isMotion ? { kind: 'video', container: 'mjpeg' } : sniffed;
  } catch (error) {
    if (error instanceof MediaError) throw error;
    throw asFileError(path, error);
  }
}

/** Chunks before the first picture; text and profiles come in few. */
const PNG_CHUNKS = 1000;

/** How many pictures an animated PNG has (PNG 3, 11.3.6: a chunk before the first picture says so); 1 for others. */
export async function picturesOfPng(file: FileHandle): Promise<number> {
  const head = Buffer.alloc(12);
  for (let at = 8, chunk = 0; chunk < PNG_CHUNKS; chunk++) {
    const { bytesRead } = await file.read(head, 0, head.length, at);
    const type = head.toString('latin1', 4, 8);
    if (bytesRead < head.length || type === 'IDAT') return 1;
    if (type === 'acTL') return Math.max(1, head.readUInt32BE(8));
    at += 12 + head.readUInt32BE(0);
  }
  return 1;
}

/** Turns an error of the file system into ours. */
export function asFileError(path: string, error: unknown): MediaError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new MediaError('not-found', path, 'there is no such file or folder', 'Check the spelling of the path', {
      cause: error,
    });
  }
  const reason = code === 'EACCES' || code === 'EPERM' ? 'this user may not read it' : `it cannot be read (${code})`;
  return new MediaError('unreadable', path, reason, 'Check its permissions and the disk', { cause: error });
}

/** The error for a file that is neither a video nor an image that we read. */
export function refuseSniffed(path: string, sniffed: Sniffed): MediaError {
  switch (sniffed.kind) {
    case 'playlist':
      return new MediaError(
        'playlist',
        path,
        `this is ${sniffed.what}, which names other files`,
        'Give the video file itself; nothing that a file points to is ever opened',
      );
    case 'other':
      return new MediaError(
        sniffed.remedy === REMUX ? 'unsupported-container' : 'not-media',
        path,
        `this is ${sniffed.what}`,
        sniffed.remedy,
      );
    default:
      return new MediaError(
        'not-media',
        path,
        'the file is neither a video nor an image',
        'Give a video (MP4, MOV, MKV, WebM, AVI, MPEG, TS, FLV, WMV, Ogg, GIF), or images in PNG, JPEG, WebP, TIFF or BMP form',
      );
  }
}
