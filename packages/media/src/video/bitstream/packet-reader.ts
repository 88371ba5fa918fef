import { CODECS, type VideoCodec } from './codecs.ts';
import { Mpeg4Pictures, type MpegPicture, mpegPicture, ReferenceOrder } from './mpeg-order.ts';
import { NalReader } from './nal-units.ts';
import { av1Facts, vp8Facts, vp9Facts } from './vpx.ts';

/**
 * What a packet says about itself before anything is decoded: may decoding start here, is a picture shown, does the
 * packet look whole. Containers are not believed in this: a key flag may stand on a recovery point from which the
 * picture only becomes right some frames later, and a damaged packet still has its flag.
 */
export type PacketFacts = {
  /** Decoding from here gives exact pictures for everything shown from here on. */
  readonly access: boolean;
  /**
   * False for packets that give no picture of their own: VP9 alternate reference frames, the second field of a picture
   * that is coded as two, MPEG-4 pictures that code nothing.
   */
  readonly shown: boolean;
  /** False when the packet's own structure does not add up; only decoding can tell what it gives. */
  readonly sound: boolean;
  /** Pictures come out of a decoder by rising order; NaN where the bits do not say. */
  readonly order: number;
  /** The picture is, or may be, coded as two fields. */
  readonly interlaced: boolean;
};

/** Packets are read in decode order. `newExtradata` is a configuration record that holds from this packet on. */
export type PacketReader = (data: Uint8Array, newExtradata?: Uint8Array | null) => PacketFacts;

/** A reader of packet facts for one stream. `extradata` is the codec configuration record of the container. */
export function packetReader(codec: VideoCodec, extradata: Uint8Array | null): PacketReader {
  const { reader } = CODECS[codec];
  switch (reader) {
    case 'h264':
    case 'hevc': {
      const nals = new NalReader(reader, extradata);
      return (data, newExtradata) => {
        if (newExtradata && newExtradata.length > 0) nals.configure(newExtradata);
        return nals.read(data);
      };
    }
    case 'vp8':
      return inOrder(vp8Facts);
    case 'vp9':
      return inOrder(vp9Facts);
    case 'av1':
      return inOrder(av1Facts);
    case 'mpeg':
      return mpegReader(mpegPicture, extradata);
    case 'mpeg4': {
      const pictures = new Mpeg4Pictures();
      return mpegReader((data) => pictures.read(data), extradata);
    }
    case 'every':
      return inOrder(() => ({ access: true, shown: true, sound: true }));
    case 'first': {
      let isFirst = true;
      return inOrder(() => {
        const access = isFirst;
        isFirst = false;
        return { access, shown: true, sound: true };
      });
    }
    case 'container': {
      const read = inOrder(() => ({ access: true, shown: true, sound: true }));
      return CODECS[codec].reorders ? (data) => ({ ...read(data), order: Number.NaN }) : read;
    }
  }
}

/** For codecs whose pictures come out in the order in which they go in. */
function inOrder(read: (data: Uint8Array) => Pick<PacketFacts, 'access' | 'shown' | 'sound'>): PacketReader {
  let order = 0;
  return (data) => ({ ...read(data), order: order++, interlaced: false });
}

function mpegReader(read: (data: Uint8Array) => MpegPicture, extradata: Uint8Array | null): PacketReader {
  const order = new ReferenceOrder();
  const { hasParameters: headerHasThem } = extradata ? read(extradata) : { hasParameters: false };
  return (data) => {
    const { type, hasParameters, isSound } = read(data);
    return {
      access: type === 'intra' && (hasParameters || headerHasThem),
      shown: type !== 'none' || !isSound,
      sound: isSound,
      order: type === 'none' ? Number.NaN : order.next(type !== 'between'),
      interlaced: false,
    };
  };
}
