import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { type ClipSpec, makeClip } from './clips.ts';
import { testPicture } from './pictures.ts';

const X265_QUIET = 'log-level=none:pools=1:frame-threads=1';

/** `wrongTimes`: the container's times are not those of the pictures. */
export type OddVideo = ClipSpec & { file: string; expected?: number; cut?: number; wrongTimes?: true };

/** Decoding time as presentation time, as copies from AVI and bare streams have it. */
const DECODING_TIMES = (n: number): { pts: number; dts: number } => ({ pts: n, dts: n });

/**
 * Videos that trip readers which count frames or trust seeks: one oddity each, named by it.
 * `expected` is the number of frames that can be seen; where it is missing, decoding decides.
 */
export const ODD_VIDEOS: Readonly<Record<string, OddVideo>> = {
  'B-frames in MP4': {
    file: 'b-frames.mp4',
    encoder: 'libx264',
    container: 'mp4',
    frames: 90,
    expected: 90,
    encoderOptions: { 'x264-params': 'keyint=30:bframes=3:b-pyramid=normal:b-adapt=0:scenecut=0' },
  },
  'open groups of pictures': {
    file: 'open-gop.mkv',
    encoder: 'libx264',
    container: 'matroska',
    frames: 80,
    expected: 80,
    encoderOptions: { 'x264-params': 'open-gop=1:keyint=12:min-keyint=12:bframes=3:b-adapt=0:scenecut=0' },
  },
  'variable frame rate': {
    file: 'vfr.mp4',
    encoder: 'libx264',
    container: 'mp4',
    frames: 70,
    expected: 70,
    tickRate: 1000,
    time: (n) => n * 33 + ((n * n) % 29) + (n > 40 ? 2500 : 0),
    encoderOptions: { 'x264-params': 'keyint=20:bframes=2' },
  },
  'edit list that begins within a group': {
    file: 'edit-list.mp4',
    encoder: 'libx264',
    container: 'mp4',
    frames: 75,
    // 11 frames lie before the edit.
    expected: 64,
    shift: -11,
    encoderOptions: { 'x264-params': 'keyint=25:bframes=2:scenecut=0' },
    muxerOptions: { avoid_negative_ts: 'disabled', use_editlist: '1' },
  },
  'rotated by a quarter turn': {
    file: 'rotated.mov',
    encoder: 'libx264',
    container: 'mov',
    frames: 50,
    expected: 50,
    orientation: [0, 1, -1, 0],
    encoderOptions: { 'x264-params': 'keyint=25:bframes=1' },
  },
  'HEVC, open groups, non-zero start': {
    file: 'late-start.mkv',
    encoder: 'libx265',
    container: 'matroska',
    frames: 70,
    expected: 70,
    shift: 1234,
    encoderOptions: { 'x265-params': `${X265_QUIET}:open-gop=1:keyint=15:min-keyint=15:bframes=4:scenecut=0` },
  },
  'damaged tail': {
    file: 'cut-off.mp4',
    encoder: 'libx264',
    container: 'mp4',
    frames: 90,
    cut: 0.8,
    encoderOptions: { 'x264-params': 'keyint=40:bframes=2:scenecut=0' },
    muxerOptions: { movflags: 'faststart' },
  },
  'HEVC with 10 bits': {
    file: 'ten-bit.mp4',
    encoder: 'libx265',
    container: 'mp4',
    frames: 60,
    expected: 60,
    bits: 10,
    encoderOptions: { 'x265-params': `${X265_QUIET}:keyint=20:bframes=3` },
  },
  'VP9 with invisible frames': {
    file: 'altref.webm',
    encoder: 'libvpx-vp9',
    container: 'webm',
    frames: 80,
    expected: 80,
    encoderOptions: {
      deadline: 'good',
      'auto-alt-ref': '1',
      'lag-in-frames': '16',
      g: '32',
      'arnr-maxframes': '7',
      'arnr-strength': '4',
    },
  },
  'Matroska without an index': {
    file: 'no-cues.mkv',
    encoder: 'libx264',
    container: 'matroska',
    frames: 80,
    expected: 80,
    encoderOptions: { 'x264-params': 'keyint=20:bframes=2' },
    muxerOptions: { live: '1' },
  },
  'AV1 with 10 bits': {
    file: 'av1.mp4',
    encoder: 'libsvtav1',
    container: 'mp4',
    frames: 60,
    expected: 60,
    bits: 10,
    encoderOptions: { g: '24' },
  },
  'equal timestamps': {
    file: 'equal-times.mkv',
    encoder: 'libx264',
    container: 'matroska',
    frames: 60,
    expected: 60,
    // 2,500 frames a second in a container that counts milliseconds.
    tickRate: 2500,
    encoderOptions: { 'x264-params': 'keyint=20:bframes=2' },
  },
  'fragmented MP4': {
    file: 'fragments.mp4',
    encoder: 'libx264',
    container: 'mp4',
    frames: 80,
    expected: 80,
    encoderOptions: { 'x264-params': 'keyint=16:bframes=2:scenecut=0' },
    muxerOptions: { movflags: 'frag_keyframe+empty_moov' },
  },
  'gradual refresh, one key frame': {
    file: 'intra-refresh.mp4',
    encoder: 'libx264',
    container: 'mp4',
    frames: 70,
    expected: 70,
    encoderOptions: { 'x264-params': 'intra-refresh=1:keyint=15:bframes=0' },
  },
  'interlaced, top field first': {
    file: 'interlaced.mp4',
    encoder: 'libx264',
    container: 'mp4',
    frames: 50,
    expected: 50,
    interlaced: 'top',
    encoderOptions: { 'x264-params': 'keyint=20:bframes=2' },
  },
  'interlaced from the middle on, 4:2:2': {
    file: 'interlaced-later.mkv',
    encoder: 'libx264',
    container: 'matroska',
    frames: 50,
    expected: 50,
    chroma: '422',
    change: { at: 23, interlaced: 'bottom' },
    encoderOptions: { 'x264-params': 'keyint=20:bframes=2' },
  },
  'HEVC in fields': {
    file: 'fields.mp4',
    encoder: 'libx265',
    container: 'mp4',
    frames: 50,
    expected: 50,
    encoderOptions: { 'x265-params': `${X265_QUIET}:interlace=tff:keyint=15:bframes=3` },
  },
  'copied from AVI: presentation times lost': {
    file: 'copied.mp4',
    encoder: 'libx264',
    container: 'mp4',
    frames: 60,
    expected: 60,
    stamp: DECODING_TIMES,
    wrongTimes: true,
    encoderOptions: { 'x264-params': 'keyint=25:bframes=3:b-pyramid=normal:open-gop=1' },
  },
  'HEVC copied from a bare stream': {
    file: 'copied-hevc.mov',
    encoder: 'libx265',
    container: 'mov',
    frames: 60,
    expected: 60,
    stamp: DECODING_TIMES,
    wrongTimes: true,
    encoderOptions: { 'x265-params': `${X265_QUIET}:open-gop=1:keyint=15:min-keyint=15:bframes=4` },
  },
  'two recordings whose times overlap': {
    file: 'splice.mkv',
    encoder: 'libx264',
    container: 'matroska',
    frames: 60,
    expected: 60,
    stamp: (n, pts) => ({ pts: pts - (n < 29 ? 0 : 4) + 8, dts: n }),
    wrongTimes: true,
    change: { at: 29 },
    encoderOptions: { 'x264-params': 'keyint=25:bframes=3' },
  },
  'H.264 in AVI': {
    file: 'b-frames.avi',
    encoder: 'libx264',
    container: 'avi',
    frames: 60,
    expected: 60,
    wrongTimes: true,
    encoderOptions: { 'x264-params': 'keyint=25:bframes=3' },
  },
  'MPEG-4 in AVI': {
    file: 'mpeg4.avi',
    encoder: 'mpeg4',
    container: 'avi',
    frames: 60,
    expected: 60,
    wrongTimes: true,
    encoderOptions: { bf: '2', g: '15' },
  },
  'MPEG-4 in MP4': {
    file: 'mp4v.mp4',
    encoder: 'mpeg4',
    container: 'mp4',
    frames: 60,
    expected: 60,
    encoderOptions: { bf: '2', g: '15' },
  },
  'H.264 in a transport stream': {
    file: 'h264.ts',
    encoder: 'libx264',
    container: 'mpegts',
    frames: 60,
    expected: 60,
    encoderOptions: { 'x264-params': 'keyint=15:bframes=3' },
  },
  'HEVC in a transport stream, open groups': {
    file: 'hevc.ts',
    encoder: 'libx265',
    container: 'mpegts',
    frames: 60,
    expected: 60,
    encoderOptions: { 'x265-params': `${X265_QUIET}:open-gop=1:keyint=15:min-keyint=15:bframes=4` },
  },
  'a bare H.264 stream': {
    file: 'bare.h264',
    encoder: 'libx264',
    container: 'h264',
    frames: 60,
    expected: 60,
    wrongTimes: true,
    encoderOptions: { 'x264-params': 'keyint=15:bframes=3' },
  },
  'MPEG-2, interlaced, in a program stream': {
    file: 'mpeg2.mpg',
    encoder: 'mpeg2video',
    container: 'mpeg',
    frames: 60,
    expected: 60,
    interlaced: 'top',
    wrongTimes: true,
    encoderOptions: { bf: '2', g: '15' },
  },
  'MJPEG in AVI': { file: 'mjpeg.avi', encoder: 'mjpeg', container: 'avi', frames: 40, expected: 40 },
  'ProRes in MOV': { file: 'prores.mov', encoder: 'prores', container: 'mov', frames: 40, expected: 40 },
  'an animated GIF': {
    file: 'animation.gif',
    encoder: 'gif',
    container: 'gif',
    frames: 40,
    expected: 40,
    tickRate: 100,
    time: (n) => n * 4 + (n > 20 ? 100 : 0),
  },
  'Flash video': {
    file: 'spark.flv',
    encoder: 'flv',
    container: 'flv',
    frames: 50,
    expected: 50,
    encoderOptions: { g: '12' },
  },
  'VP8 with invisible frames': {
    file: 'vp8.webm',
    encoder: 'libvpx',
    container: 'webm',
    frames: 60,
    expected: 60,
    encoderOptions: { deadline: 'good', 'auto-alt-ref': '1', 'lag-in-frames': '16', g: '24' },
  },
  'Windows Media': {
    file: 'wmv2.wmv',
    encoder: 'wmv2',
    container: 'asf',
    frames: 50,
    expected: 50,
    encoderOptions: { g: '12' },
  },
  'size that changes half-way': {
    file: 'two-sizes.webm',
    encoder: 'libvpx-vp9',
    container: 'webm',
    frames: 50,
    expected: 50,
    change: { at: 25, width: 128, height: 96 },
    encoderOptions: { g: '10' },
  },
};

/** Makes one of the videos in `folder`; returns its path. */
export async function makeOddVideo(folder: string, name: string): Promise<string> {
  const spec = ODD_VIDEOS[name]!;
  const path = join(folder, spec.file);
  await makeClip(path, spec);
  if (spec.cut !== undefined) {
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, Math.floor(whole.length * spec.cut)));
  }
  return path;
}

/** A folder of images of one upright size in several forms, one of them lying on its side with an EXIF mark. */
export async function makeImageFolder(folder: string): Promise<string> {
  const path = join(folder, 'images');
  await mkdir(path, { recursive: true });
  const [width, height] = [64, 48];
  for (let n = 0; n < 12; n++) {
    const gray = Buffer.from(Uint8Array.from(testPicture(width, height, n).y));
    const image = sharp(gray, { raw: { width, height, channels: 1 } });
    const name = join(path, `frame${n}`);
    if (n === 5) await image.rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toFile(`${name}.jpg`);
    else if (n % 4 === 1) await image.webp({ lossless: true }).toFile(`${name}.webp`);
    else if (n % 4 === 2) await image.tiff({ compression: 'lzw' }).toFile(`${name}.tif`);
    else if (n % 4 === 3) await image.toColourspace('grey16').png().toFile(`${name}.png`);
    else await image.ensureAlpha(0.5).png().toFile(`${name}.PNG`);
  }
  return path;
}
