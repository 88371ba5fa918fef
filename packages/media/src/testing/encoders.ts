import {
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_RGB8,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV422P10LE,
  AV_PIX_FMT_YUVJ420P,
  type AVPixelFormat,
} from 'node-av/constants';
import type { Planes } from './pictures.ts';

/** What a picture is handed to an encoder as. */
type Layout = {
  readonly format: AVPixelFormat;
  readonly bits: 8 | 10;
  readonly chroma: '420' | '422' | 'rgb8' | 'none';
};

const YUV420: Layout = { format: AV_PIX_FMT_YUV420P, bits: 8, chroma: '420' };
const YUV420_10: Layout = { format: AV_PIX_FMT_YUV420P10LE, bits: 10, chroma: '420' };
const YUV422: Layout = { format: AV_PIX_FMT_YUV422P, bits: 8, chroma: '422' };
const YUV422_10: Layout = { format: AV_PIX_FMT_YUV422P10LE, bits: 10, chroma: '422' };

/** Options that make an encoder quiet, quick and the same on every machine. */
export const ENCODERS = {
  libx264: { preset: 'veryfast', threads: '1' },
  libx265: { preset: 'ultrafast' },
  'libvpx-vp9': { deadline: 'realtime', 'cpu-used': '8', threads: '1', b: '400000' },
  libvpx: { deadline: 'realtime', 'cpu-used': '8', threads: '1', b: '400000' },
  libsvtav1: { preset: '10' },
  mpeg4: {},
  mpeg2video: {},
  mjpeg: {},
  prores: {},
  wmv2: {},
  flv: {},
  gif: {},
  apng: {},
} as const satisfies Record<string, Record<string, string>>;

export type EncoderName = keyof typeof ENCODERS;

/** How pictures are handed to the encoder; `chroma` 422 keeps every row of colour. */
export function layoutOf(encoder: EncoderName, bits: 8 | 10, chroma: '420' | '422'): Layout {
  if (encoder === 'prores') return YUV422_10;
  if (encoder === 'gif') return { format: AV_PIX_FMT_RGB8, bits: 8, chroma: 'rgb8' };
  if (encoder === 'apng') return { format: AV_PIX_FMT_GRAY8, bits: 8, chroma: 'none' };
  if (encoder === 'mjpeg') return { ...YUV420, format: AV_PIX_FMT_YUVJ420P };
  if (chroma === '422') return bits === 10 ? YUV422_10 : YUV422;
  return bits === 10 ? YUV420_10 : YUV420;
}

/** The bytes of a 4:2:0 picture of `width` columns in that layout; deep samples take two bytes, low byte first. */
export function pictureBytes({ y, u, v }: Planes, width: number, { bits, chroma }: Layout): Buffer {
  if (chroma === 'rgb8')
    return Buffer.from(Uint8Array.from(y, (level) => (level & 0xe0) | ((level >> 5) << 2) | (level >> 6)));
  if (chroma === 'none') return Buffer.from(Uint8Array.from(y));
  const planes = chroma === '422' ? [y, everyRowTwice(u, width / 2), everyRowTwice(v, width / 2)] : [y, u, v];
  if (bits === 8) return Buffer.concat(planes.map((plane) => Buffer.from(Uint8Array.from(plane))));
  return Buffer.concat(planes.map((plane) => Buffer.from(Uint16Array.from(plane, (level) => level * 4).buffer)));
}

function everyRowTwice(plane: Uint16Array, width: number): Uint16Array {
  const out = new Uint16Array(plane.length * 2);
  for (let row = 0; row * width < plane.length; row++) {
    const values = plane.subarray(row * width, (row + 1) * width);
    out.set(values, 2 * row * width);
    out.set(values, (2 * row + 1) * width);
  }
  return out;
}
