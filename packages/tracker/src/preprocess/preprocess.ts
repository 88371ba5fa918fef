import { TrackerError } from '../errors.ts';
import { type FixedTaps, type FrameFilter, pillowTaps } from './pillow-taps.ts';
import { resampleLine, resampleRows } from './resample.ts';

/** Mean and standard deviation of R, G, B in 0…1, on which SAM 2 was trained (ImageNet's). */
const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;

/** What the model sees of byte v in channel c, at c · 256 + v. Every operation rounds to float32, as in torch. */
const normalised: Float32Array = Float32Array.from({ length: 768 }, (_, i) => {
  const c = Math.floor(i / 256);
  const unit = Math.fround((i % 256) / 255);
  return Math.fround(Math.fround(unit - Math.fround(MEAN[c]!)) / Math.fround(DEVIATION[c]!));
});

export type Picture = { readonly width: number; readonly height: number; readonly rgb: Uint8Array };

/** Turns frames of one size into model input; the taps are computed once. */
export type Preprocessor = {
  /** [3 × S × S] float32, RGB planes, normalised. Throws 'bad-picture' for another size. */
  run(picture: Picture): Float32Array;
};

/**
 * Stretches both axes to S × S without keeping the aspect (sam2-model 2). 'bilinear' is what CVAT's wrapper and
 * torchvision do with a Pillow image, 'bicubic' what the official predictor does with a folder of JPEGs; both equal
 * Pillow to the bit. Columns come first, as in every Pillow until 12; Pillow 13 begins with the rows where the height
 * shrinks much more than the width (portrait video), and differs there by one level here and there.
 */
export function createPreprocessor(width: number, height: number, size: number, filter: FrameFilter): Preprocessor {
  const horizontal = width === size ? null : pillowTaps(width, size, filter);
  const vertical = height === size ? null : pillowTaps(height, size, filter);
  const sums = new Int32Array(size * 3);
  const line = new Uint8ClampedArray(size * 3);
  return {
    run(picture) {
      if (picture.width !== width || picture.height !== height || picture.rgb.length !== width * height * 3)
        throw new TrackerError(
          'bad-picture',
          `A frame is ${picture.width}×${picture.height} with ${picture.rgb.length} bytes, but the video is ${width}×${height} (${width * height * 3} bytes of RGB).`,
        );
      const wide = horizontal ? resampleRows(picture.rgb, width, height, horizontal) : picture.rgb;
      return toPlanes(wide, size, vertical, sums, line);
    },
  };
}

function toPlanes(
  wide: Uint8Array | Uint8ClampedArray,
  size: number,
  vertical: FixedTaps | null,
  sums: Int32Array,
  line: Uint8ClampedArray,
): Float32Array {
  const plane = size * size;
  const pixels = new Float32Array(3 * plane);
  for (let y = 0; y < size; y++) {
    let row: Uint8Array | Uint8ClampedArray = line;
    if (vertical) resampleLine(wide, y, vertical, sums, line);
    else row = wide.subarray(y * size * 3, (y + 1) * size * 3);
    let i = 0;
    for (let at = y * size; at < (y + 1) * size; at++) {
      pixels[at] = normalised[row[i]!]!;
      pixels[plane + at] = normalised[256 + row[i + 1]!]!;
      pixels[2 * plane + at] = normalised[512 + row[i + 2]!]!;
      i += 3;
    }
  }
  return pixels;
}
