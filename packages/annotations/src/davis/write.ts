import { decodeRle, rleArea } from '@roto/geometry';
import { encode } from 'fast-png';
import { AnnotationError } from '../errors.ts';
import type { FrameResult, ResultHeader } from '../result.ts';
import { davisPalette } from './palette.ts';

const palette = davisPalette();

/** Where DAVIS keeps the mask of a frame: `Annotations/<sequence>/00012.png`. */
export function davisPath(sequence: string, frame: number): string {
  return `Annotations/${sequence}/${String(frame).padStart(5, '0')}.png`;
}

/**
 * The bytes of one frame's indexed PNG: 8 bits, the palette of DAVIS, a pixel's value is its object's id, 0 is
 * background. Ids must be 1…255 ('object-id').
 *
 * A pixel can hold one object only. Where masks overlap the smaller one (fewer pixels on this frame) lies on top,
 * the lower id among equals: what is small is more often in front, and would vanish under the large one.
 */
export function davisPng(header: ResultHeader, frame: FrameResult): Uint8Array {
  const { width, height } = header.source;
  const data = new Uint8Array(width * height);
  const byArea = frame.objects
    .map((object) => ({ object, area: rleArea(object.mask) }))
    .sort((a, b) => b.area - a.area || b.object.id - a.object.id);
  for (const { object } of byArea) {
    if (!Number.isInteger(object.id) || object.id < 1 || object.id > 255)
      throw new AnnotationError(
        'object-id',
        `Object ${object.id} cannot be written as an indexed PNG: ids must be 1 to 255. Number the objects anew.`,
      );
    if (object.mask.size[0] !== height || object.mask.size[1] !== width)
      throw new AnnotationError(
        'frame-size',
        `The mask of object ${object.id} on frame ${frame.frame} is ${object.mask.size[1]} × ${object.mask.size[0]}, but the source is ${width} × ${height}.`,
      );
    const mask = decodeRle(object.mask);
    for (let i = 0; i < data.length; i++) if (mask.data[i] === 1) data[i] = object.id;
  }
  return encode({ width, height, data, depth: 8, channels: 1, palette });
}
