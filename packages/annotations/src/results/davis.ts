import { decodeRle } from '@roto/geometry';
import { encode } from 'fast-png';
import { AnnotationError } from '../errors.ts';
import { type Layer, paint } from '../formats/png/paint.ts';
import { davisPalette } from '../formats/png/palette.ts';
import type { FrameResult, ResultHeader } from './result.ts';

const palette = davisPalette();

/**
 * Where DAVIS keeps the mask of a frame: `Annotations/<sequence>/00012.png`, and of an image under its own name with
 * `.png` for its ending. `isTaken`: another image has that name with another ending, so the whole name stays in it.
 */
export function davisPath(sequence: string, frame: number, name?: string, isTaken = false): string {
  const own = name === undefined ? String(frame).padStart(5, '0') : isTaken ? name : name.replace(/\.[^./]+$/, '');
  return `Annotations/${sequence}/${own}.png`;
}

/**
 * The bytes of one frame's indexed PNG: 8 bits, the palette of DAVIS, a pixel's value is its object's id, 0 is
 * background. Ids must be 1…255 ('object-id').
 *
 * A pixel can hold one object only. Where masks overlap the smaller one (fewer pixels on this frame) lies on top,
 * the lower id among equals (`paint`).
 */
export function davisPng(header: ResultHeader, frame: FrameResult): Uint8Array {
  const { width, height } = header.source;
  const layers = frame.objects.map(({ id, mask }): Layer => {
    if (!Number.isInteger(id) || id < 1 || id > 255)
      throw new AnnotationError(
        'object-id',
        `Object ${id} cannot be written as an indexed PNG: ids must be 1 to 255. Number the objects anew.`,
      );
    if (mask.size[0] !== height || mask.size[1] !== width)
      throw new AnnotationError(
        'frame-size',
        `The mask of object ${id} on frame ${frame.frame} is ${mask.size[1]} × ${mask.size[0]}, but the source is ${width} × ${height}.`,
      );
    return { value: id, zOrder: 0, mask: decodeRle(mask) };
  });
  const data = paint(new Uint8Array(width * height), layers);
  return encode({ width, height, data, depth: 8, channels: 1, palette });
}
