/**
 * What a packet's first picture says of its place in the order of output.
 *   order       pictures come out of a decoder by rising order; NaN where the bits do not say
 *   field       which field it is, where it is one
 *   interlaced  the picture is, or may be, coded as fields
 */
export type PictureFacts = {
  readonly order: number;
  readonly field: 'top' | 'bottom' | undefined;
  readonly interlaced: boolean;
};

/** Reads NAL units in decode order, parameter sets among them. `picture` takes the first slice of a packet. */
export interface PictureOrder {
  parameters(nal: Uint8Array): void;
  picture(nal: Uint8Array): PictureFacts;
}

export const UNKNOWN_PICTURE: PictureFacts = { order: Number.NaN, field: undefined, interlaced: false };

/** Coded video sequences follow one another whole; within one, picture order counts take 32 bits. */
export function orderKey(sequence: number, pictureOrderCount: number): number {
  return sequence * 2 ** 32 + pictureOrderCount;
}

/** The high part of a picture order count of which only the low bits are coded (H.264 8.2.1.1, H.265 8.3.1). */
export function mostSignificant(low: number, range: number, previousLow: number, previousHigh: number): number {
  if (low < previousLow && previousLow - low >= range / 2) return previousHigh + range;
  if (low > previousLow && low - previousLow > range / 2) return previousHigh - range;
  return previousHigh;
}
