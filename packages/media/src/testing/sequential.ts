import { resolve } from 'node:path';
import { AV_PKT_DATA_DISPLAYMATRIX, AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, Packet } from 'node-av/lib';
import { orientationOf, upright } from '../video/orientation.ts';
import { RgbConverter } from '../video/rgb.ts';

/**
 * The plain way to read a video, as an independent word in tests: from the first packet to the last through one
 * decoder on one thread, no seek, no table, timestamps as the container has them. Gives RGB in the decoder's
 * order.
 */
export async function* decodeSequentially(path: string): AsyncGenerator<{ pts: number; rgb: Uint8Array }> {
  const format = new FormatContext();
  await format.openInput(`file:${resolve(path)}`);
  // As PyAV does; some containers only announce their streams by packets.
  await format.findStreamInfo();
  const stream = format.streams[format.findBestStream(AVMEDIA_TYPE_VIDEO)]!;
  const decoder = new CodecContext();
  const codec = Codec.findDecoder(stream.codecpar.codecId)!;
  decoder.allocContext3(codec);
  decoder.parametersToContext(stream.codecpar);
  decoder.threadCount = 1;
  await decoder.open2(codec, null);
  const orientation = orientationOf(stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX));
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  let rgb: RgbConverter | undefined;
  let size = { width: 0, height: 0 };
  const picture = async (): Promise<{ pts: number; rgb: Uint8Array }> => {
    if (!rgb) {
      size = { width: frame.width, height: frame.height };
      rgb = new RgbConverter(path, size.width, size.height);
    }
    const bytes = await rgb.convert(frame, (data, stride) =>
      upright(data, stride, size.width, size.height, orientation),
    );
    return { pts: Number(frame.pts), rgb: bytes };
  };
  try {
    for (let errors = 0; errors < 1000; ) {
      const code = await format.readFrame(packet);
      if (code === AVERROR_EOF) break;
      if (code < 0) {
        errors++;
        continue;
      }
      if (packet.streamIndex === stream.index) await decoder.sendPacket(packet);
      packet.unref();
      while ((await decoder.receiveFrame(frame)) >= 0) yield await picture();
    }
    await decoder.sendPacket(null);
    while ((await decoder.receiveFrame(frame)) >= 0) yield await picture();
  } finally {
    rgb?.free();
    frame.free();
    packet.free();
    decoder.freeContext();
    await format.closeInput();
  }
}
