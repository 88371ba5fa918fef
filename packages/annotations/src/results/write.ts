import { compressRle } from '@roto/geometry';
import { AnnotationError } from '../errors.ts';
import type { FrameResult, ResultHeader } from './result.ts';

export const RESULTS_FORMAT = 'roto-results';
export const RESULTS_VERSION = 1;

/**
 * The first line of a results file (`results.jsonl`): format, version and the header. Ends with a newline.
 * The file is append-only: this line, then one line per frame, each written with one call.
 */
export function resultsHeaderLine(header: ResultHeader): string {
  return `${JSON.stringify({ format: RESULTS_FORMAT, version: RESULTS_VERSION, ...header })}\n`;
}

/**
 * One frame as a line that ends with a newline. Masks are COCO's compressed run lengths; size and label are in the
 * header and not repeated. Throws 'frame-size' and 'object-id' for what the header does not know, 'results-line' for NaN.
 */
export function resultsFrameLine(header: ResultHeader, frame: FrameResult): string {
  const objects = frame.objects.map((object) => {
    const known = header.objects.find((entry) => entry.id === object.id);
    if (known?.label !== object.label)
      throw new AnnotationError(
        'object-id',
        `Frame ${frame.frame} has object ${object.id} "${object.label}", which the header does not name so; name every object in the header.`,
      );
    const [height, width] = object.mask.size;
    if (height !== header.source.height || width !== header.source.width)
      throw new AnnotationError(
        'frame-size',
        `The mask of object ${object.id} on frame ${frame.frame} is ${width} × ${height}, but the source is ${header.source.width} × ${header.source.height}.`,
      );
    const { box } = object;
    if (![frame.timeSec, object.presence, object.predictedIou].every(Number.isFinite))
      throw new AnnotationError(
        'results-line',
        `Object ${object.id} on frame ${frame.frame} has a time, presence or predicted IoU that is not a finite number, which JSON cannot hold.`,
      );
    return {
      id: object.id,
      presence: object.presence,
      iou: object.predictedIou,
      box: box && [box.x0, box.y0, box.x1, box.y1],
      rle: compressRle(object.mask).counts,
    };
  });
  const { name, timeSec, pictureOf } = frame;
  return `${JSON.stringify({ frame: frame.frame, name, timeSec, pictureOf, objects })}\n`;
}
