import { AnnotationError } from '../../errors.ts';
import { davisPalette } from '../png/palette.ts';
import type { PngValues } from '../png/read.ts';

const OBJECT_OF_COLOUR = new Map(davisPalette().map(([r, g, b], object) => [(r! << 16) | (g! << 8) | b!, object]));

/**
 * The object of each pixel. In a palette it is the place; a picture with colours of its own is read by the colours of
 * DAVIS, or, where all of it is grey, by the grey value. 16 bits are read where they hold numbers up to 255.
 */
export function objectNumbers({ values, kind }: PngValues, path: string): Uint8Array {
  const objects = new Uint8Array(values.length);
  const isGrey = kind !== 'colour' || values.every((value) => value % 0x010101 === 0);
  const isWide = kind === 'grey' && values instanceof Uint16Array;
  // 16 bits of black and white.
  const isWhite = isWide && values.every((value) => value === 0 || value === 0xffff);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const object = isWhite
      ? value & 0xff
      : kind !== 'colour'
        ? value
        : isGrey
          ? value & 0xff
          : OBJECT_OF_COLOUR.get(value);
    if (object === undefined || object > 255)
      throw new AnnotationError(
        'file',
        `${path} has a pixel of ${kind === 'colour' ? `colour #${value.toString(16).padStart(6, '0')}, which is none of DAVIS' 256` : `value ${value}`}; a mask of DAVIS has values from 0 to 255, each an object.`,
      );
    objects[i] = object;
  }
  return objects;
}
