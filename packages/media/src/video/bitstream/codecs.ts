import {
  AV_CODEC_ID_APNG,
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_DNXHD,
  AV_CODEC_ID_DVVIDEO,
  AV_CODEC_ID_FFVHUFF,
  AV_CODEC_ID_FLV1,
  AV_CODEC_ID_GIF,
  AV_CODEC_ID_H263,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_HUFFYUV,
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_MPEG1VIDEO,
  AV_CODEC_ID_MPEG2VIDEO,
  AV_CODEC_ID_MPEG4,
  AV_CODEC_ID_MSMPEG4V2,
  AV_CODEC_ID_MSMPEG4V3,
  AV_CODEC_ID_PRORES,
  AV_CODEC_ID_RAWVIDEO,
  AV_CODEC_ID_THEORA,
  AV_CODEC_ID_VC1,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
  AV_CODEC_ID_WMV1,
  AV_CODEC_ID_WMV2,
  AV_CODEC_ID_WMV3,
} from 'node-av/constants';

/**
 * How the packets of a codec are read.
 *   'every'      each picture stands alone
 *   'first'      the container's marks are worth nothing: decoding begins at the first packet
 *   'container'  the container's key flags are all that is known, and so is the order of its times
 *   others       from the bits
 */
type Reader = 'h264' | 'hevc' | 'vp8' | 'vp9' | 'av1' | 'mpeg' | 'mpeg4' | 'every' | 'first' | 'container';

type Codec = {
  readonly id: number;
  /** How people call it. */
  readonly label: string;
  readonly reader: Reader;
  /** Pictures may come out in another order than they go in. */
  readonly reorders: boolean;
};

const straight = (id: number, label: string, reader: Reader): Codec => ({ id, label, reader, reorders: false });
const reordering = (id: number, label: string, reader: Reader): Codec => ({ id, label, reader, reorders: true });

/** The codecs that are read, under FFmpeg's names. */
export const CODECS = {
  h264: reordering(AV_CODEC_ID_H264, 'H.264', 'h264'),
  hevc: reordering(AV_CODEC_ID_HEVC, 'HEVC', 'hevc'),
  vp8: straight(AV_CODEC_ID_VP8, 'VP8', 'vp8'),
  vp9: straight(AV_CODEC_ID_VP9, 'VP9', 'vp9'),
  av1: straight(AV_CODEC_ID_AV1, 'AV1', 'av1'),
  mpeg1video: reordering(AV_CODEC_ID_MPEG1VIDEO, 'MPEG-1', 'mpeg'),
  mpeg2video: reordering(AV_CODEC_ID_MPEG2VIDEO, 'MPEG-2', 'mpeg'),
  mpeg4: reordering(AV_CODEC_ID_MPEG4, 'MPEG-4', 'mpeg4'),
  mjpeg: straight(AV_CODEC_ID_MJPEG, 'MJPEG', 'every'),
  prores: straight(AV_CODEC_ID_PRORES, 'ProRes', 'every'),
  dnxhd: straight(AV_CODEC_ID_DNXHD, 'DNxHD', 'every'),
  dvvideo: straight(AV_CODEC_ID_DVVIDEO, 'DV', 'every'),
  huffyuv: straight(AV_CODEC_ID_HUFFYUV, 'HuffYUV', 'every'),
  ffvhuff: straight(AV_CODEC_ID_FFVHUFF, 'FFVHuff', 'every'),
  rawvideo: straight(AV_CODEC_ID_RAWVIDEO, 'uncompressed', 'every'),
  gif: straight(AV_CODEC_ID_GIF, 'GIF', 'first'),
  apng: straight(AV_CODEC_ID_APNG, 'APNG', 'first'),
  flv1: straight(AV_CODEC_ID_FLV1, 'Sorenson Spark', 'container'),
  h263: straight(AV_CODEC_ID_H263, 'H.263', 'container'),
  msmpeg4v2: straight(AV_CODEC_ID_MSMPEG4V2, 'MS MPEG-4 v2', 'container'),
  msmpeg4v3: straight(AV_CODEC_ID_MSMPEG4V3, 'DivX 3', 'container'),
  wmv1: straight(AV_CODEC_ID_WMV1, 'WMV 7', 'container'),
  wmv2: straight(AV_CODEC_ID_WMV2, 'WMV 8', 'container'),
  theora: straight(AV_CODEC_ID_THEORA, 'Theora', 'container'),
  wmv3: reordering(AV_CODEC_ID_WMV3, 'WMV 9', 'container'),
  vc1: reordering(AV_CODEC_ID_VC1, 'VC-1', 'container'),
} as const satisfies Record<string, Codec>;

export type VideoCodec = keyof typeof CODECS;

export const CODEC_NAMES: ReadonlyMap<number, VideoCodec> = new Map(
  (Object.keys(CODECS) as VideoCodec[]).map((name) => [CODECS[name].id, name]),
);
