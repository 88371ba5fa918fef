import { MediaError } from '../errors.ts';

type BmpHeader = {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly pixels: number;
  /** Where the palette begins, and how many bytes one of its colours takes. */
  readonly palette: number;
  readonly colours: number;
};

/**
 * Reads the header of a Windows bitmap: BITMAPINFOHEADER and its successors, uncompressed, 1, 4, 8, 24 or 32 bits.
 * The image library has no reader for BMP; compressed and older forms are refused.
 */
export function readBmpHeader(path: string, head: Buffer): BmpHeader {
  if (head.length < 54 || head.readUInt32LE(14) < 40) throw refuse(path, 'the header is too short or of an old form');
  const width = head.readInt32LE(18);
  const signedHeight = head.readInt32LE(22);
  const bits = head.readUInt16LE(28);
  const compression = head.readUInt32LE(30);
  if (width < 1 || signedHeight === 0) throw refuse(path, `its size is ${width} × ${Math.abs(signedHeight)}`);
  if (![1, 4, 8, 24, 32].includes(bits)) throw refuse(path, `it has ${bits} bits a pixel`);
  // 3 and 6 are bit masks; only 32-bit files use them in the order blue, green, red that is read here.
  if (compression !== 0 && !(bits === 32 && compression === 3 && masksAreBgr(head))) {
    throw refuse(path, `it is compressed in form ${compression}`);
  }
  return {
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bits,
    pixels: head.readUInt32LE(10),
    palette: 14 + head.readUInt32LE(14),
    colours: bits <= 8 ? head.readUInt32LE(46) || 2 ** bits : 0,
  };
}

function masksAreBgr(head: Buffer): boolean {
  return (
    head.length >= 66 - 2 &&
    head.readUInt32LE(54) === 0x00ff0000 &&
    head.readUInt16LE(58) === 0xff00 &&
    head[62] === 0xff &&
    head[63] === 0
  );
}

/** The pixels of a bitmap, top row first, 3 bytes RGB each; alpha is dropped. */
export function decodeBmp(path: string, file: Buffer): Uint8Array {
  const { width, height, topDown, bits, pixels, palette, colours } = readBmpHeader(path, file);
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (pixels + stride * height > file.length || palette + colours * 4 > file.length) {
    throw refuse(path, 'the file ends before its pixels do');
  }
  const rgb = new Uint8Array(width * height * 3);
  const step = bits / 8;
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = pixels + (topDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const at = bits <= 8 ? palette + Math.min(indexAt(file, row, x, bits), colours - 1) * 4 : row + x * step;
      rgb[to++] = file[at + 2]!;
      rgb[to++] = file[at + 1]!;
      rgb[to++] = file[at]!;
    }
  }
  return rgb;
}

/** The colour of a pixel of a row; of several in one byte the first has the high bits. */
function indexAt(file: Buffer, row: number, x: number, bits: number): number {
  const perByte = 8 / bits;
  const byte = file[row + Math.floor(x / perByte)]!;
  return (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1);
}

function refuse(path: string, reason: string): MediaError {
  return new MediaError('damaged', path, `the BMP image cannot be read: ${reason}`, 'Save it as PNG and try again');
}
