// Decodes frames of the uploaded file. Runs in a worker of its own, which alone loads the container reader.
import { ALL_FORMATS, EncodedPacketSink, Input, UrlSource, VideoSample, VideoSampleSink } from 'mediabunny';
import { matchTimes } from '../frames/match-times.ts';
import type { VideoAnswer, VideoRequest } from '../frames/video-message.ts';

interface Opened {
  readonly sink: VideoSampleSink;
  /** Seconds of the file for each frame of the job. */
  readonly stamps: Float64Array;
  readonly indexOf: ReadonlyMap<number, number>;
  readonly keys: Int32Array;
  readonly size: { readonly width: number; readonly height: number };
  /** Colours are read as BT.601 whatever the decoder thinks. */
  readonly as601: boolean;
}

let opened: Opened | undefined;
/** What is wanted, the most urgent first. */
let wanted: readonly number[] = [];
let isRunning = false;
/** A decoder that stands behind `next`, so that going forward decodes each frame once. */
let stream: { next: number; samples: AsyncGenerator<VideoSample, void, unknown> } | undefined;
/** Frames that were sent and need not be sent again until they are asked for again. */
const sent = new Set<number>();

self.onmessage = ({ data }: MessageEvent<VideoRequest>) => {
  if (data.type === 'open') void open(data).catch((error: unknown) => answer({ type: 'refused', why: wordsOf(error) }));
  else {
    wanted = data.indexes;
    for (const index of data.indexes) sent.delete(index);
    void run();
  }
};

function answer(message: VideoAnswer, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

async function open({ url, times, size, colors }: Extract<VideoRequest, { type: 'open' }>): Promise<void> {
  const input = new Input({ source: new UrlSource(url, { maxCacheSize: 64 * 2 ** 20 }), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new Error('The file has no video.');
  if (!(await track.canDecode())) throw new Error(`This browser does not decode ${track.codec ?? 'this codec'}.`);
  if ((await track.getDisplayWidth()) !== size.width || (await track.getDisplayHeight()) !== size.height) {
    throw new Error('The browser sees another size of the frames than the server.');
  }
  const packets: { timestamp: number; isKey: boolean }[] = [];
  for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) {
    packets.push({ timestamp: packet.timestamp, isKey: packet.type === 'key' });
  }
  packets.sort((a, b) => a.timestamp - b.timestamp);
  const timestamps = packets.map(({ timestamp }) => timestamp);
  // What an edit list leaves out lies before 0 and has no number; a file that begins before 0 without one is rare.
  const zeros = [timestamps.findIndex((time) => time >= -1e-6), 0];
  const found = zeros.map((zero) => matchTimes(timestamps, times, zero)).find((match) => match !== undefined);
  if (!found) throw new Error('The frames of the file have other times in this browser than on the server.');
  const stamps = Float64Array.from(found, (packet) => timestamps[packet]!);
  opened = {
    sink: new VideoSampleSink(track),
    stamps,
    indexOf: new Map([...stamps].map((stamp, index) => [Math.round(stamp * 1e6), index])),
    keys: keysOf(packets, found),
    size,
    as601: ((await track.getColorSpace()).matrix == null) === (colors === 'likely'),
  };
  answer({ type: 'opened', keys: opened.keys });
}

/** For each frame, the frame or the number of packets (negative) to decode from. */
function keysOf(packets: readonly { isKey: boolean }[], found: Int32Array): Int32Array {
  const distance = new Int32Array(packets.length);
  for (let at = 1; at < packets.length; at++) distance[at] = packets[at]!.isKey ? 0 : distance[at - 1]! + 1;
  return Int32Array.from(found, (packet, index) => index - distance[packet]!);
}

async function run(): Promise<void> {
  if (isRunning || !opened) return;
  isRunning = true;
  try {
    for (;;) {
      const index = wanted.find((one) => !sent.has(one));
      if (index === undefined) return;
      await decode(opened, index);
    }
  } finally {
    isRunning = false;
  }
}

/** Decodes up to a frame, and sends what passes by on the way. */
async function decode(video: Opened, index: number): Promise<void> {
  try {
    const from = video.keys[index]!;
    const goesOn = stream !== undefined && stream.next <= index && stream.next >= from;
    if (!goesOn) {
      await stream?.samples.return();
      const start = Math.max(0, from);
      stream = { next: start, samples: video.sink.samples(video.stamps[start]!) };
    }
    while (stream && stream.next <= index) {
      const { value: sample } = await stream.samples.next();
      if (!sample) throw new Error(`Frame ${index} did not come out of the decoder.`);
      const at = video.indexOf.get(Math.round(sample.timestamp * 1e6));
      if (at !== undefined) {
        stream.next = at + 1;
        await send(video, at, sample);
      }
      sample.close();
      // Somebody jumped elsewhere meanwhile.
      if (!wanted.includes(index)) return;
    }
    if (!sent.has(index)) throw new Error(`Frame ${index} did not come out of the decoder.`);
  } catch (error) {
    await stream?.samples.return().catch(() => {});
    stream = undefined;
    sent.add(index);
    answer({ type: 'failed', index, why: wordsOf(error) });
  }
}

async function send({ size, as601 }: Opened, index: number, sample: VideoSample): Promise<void> {
  if (sent.has(index)) return;
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('There is no memory for a picture.');
  const picture = as601 ? await with601(sample) : sample;
  // Upright and in square pixels, as the server shows it.
  picture.draw(context, 0, 0, size.width, size.height);
  if (picture !== sample) picture.close();
  const bitmap = canvas.transferToImageBitmap();
  sent.add(index);
  answer({ type: 'frame', index, bitmap }, [bitmap]);
}

/** The same levels with another meaning; curve and primaries stay as they are, as on the server. */
async function with601(sample: VideoSample): Promise<VideoSample> {
  const frame = sample.toVideoFrame();
  try {
    const bytes = new Uint8Array(frame.allocationSize());
    const layout = await frame.copyTo(bytes);
    if (!frame.format) throw new Error('The decoder keeps the levels of its pictures to itself.');
    const read = new VideoFrame(bytes, {
      format: frame.format,
      codedWidth: frame.visibleRect?.width ?? frame.codedWidth,
      codedHeight: frame.visibleRect?.height ?? frame.codedHeight,
      timestamp: frame.timestamp,
      layout,
      colorSpace: {
        matrix: 'smpte170m',
        primaries: 'bt709',
        transfer: 'iec61966-2-1',
        fullRange: frame.colorSpace.fullRange,
      },
    });
    return new VideoSample(read, { rotation: sample.rotation, flip: sample.flip });
  } finally {
    frame.close();
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
