/**
 * Codes of every error that this package throws; the messages name the place and the remedy.
 *   mask-size     a width, height or data length that cannot be a mask
 *   mask-mismatch two masks (or run lengths) of different sizes in one operation
 *   rle-size      a size that is not two whole numbers, or more pixels than MAX_PIXELS
 *   rle-count     a run that is negative, not whole, or longer than the picture
 *   rle-sum       runs that do not add up to height × width
 *   rle-text      a compressed string with a bad character, a cut-off or an overlong number
 *   cvat-points   mask points that break CVAT's form
 *   polygon       a vertex that is not two finite numbers
 *   bound         an IoU bound outside 0…1
 */
export type GeometryErrorCode =
  | 'mask-size'
  | 'mask-mismatch'
  | 'rle-size'
  | 'rle-count'
  | 'rle-sum'
  | 'rle-text'
  | 'cvat-points'
  | 'polygon'
  | 'bound';

export class GeometryError extends Error {
  readonly code: GeometryErrorCode;
  constructor(code: GeometryErrorCode, message: string) {
    super(message);
    this.name = 'GeometryError';
    this.code = code;
  }
}
