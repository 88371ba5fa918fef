import { expect, test } from 'vitest';
import { type Orientation, orientationOf, swapsAxes, upright } from './orientation.ts';

function matrix(a: number, b: number, c: number, d: number): Buffer {
  const bytes = Buffer.alloc(36);
  for (const [i, value] of [a, b, 0, c, d].entries()) bytes.writeInt32LE(Math.round(value * 65536), i * 4);
  return bytes;
}

/** The red channel of a 3 × 2 picture, its rows as text; pixels are numbered 1 to 6 in reading order. */
function turned(orientation: Orientation): string[] {
  const stride = 11; // two bytes of padding
  const rgb = new Uint8Array(stride * 2);
  for (let i = 0; i < 6; i++) rgb[Math.floor(i / 3) * stride + (i % 3) * 3] = i + 1;
  const out = upright(rgb, stride, 3, 2, orientation);
  const width = swapsAxes(orientation) ? 2 : 3;
  const digits = Array.from({ length: 6 }, (_, i) => out[i * 3]).join('');
  return digits.match(new RegExp(`.{${width}}`, 'g')) ?? [];
}

test('every axis-aligned turn and mirror image', () => {
  expect(turned(orientationOf(null))).toEqual(['123', '456']);
  expect(turned(orientationOf(matrix(1, 0, 0, 1)))).toEqual(['123', '456']);
  // A phone held upright writes (0, 1, −1, 0): the stored picture is turned clockwise by a quarter.
  expect(turned(orientationOf(matrix(0, 1, -1, 0)))).toEqual(['41', '52', '63']);
  expect(turned(orientationOf(matrix(-1, 0, 0, -1)))).toEqual(['654', '321']);
  expect(turned(orientationOf(matrix(0, -1, 1, 0)))).toEqual(['36', '25', '14']);
  expect(turned(orientationOf(matrix(-1, 0, 0, 1)))).toEqual(['321', '654']);
  expect(turned(orientationOf(matrix(1, 0, 0, -1)))).toEqual(['456', '123']);
  expect(turned(orientationOf(matrix(0, 1, 1, 0)))).toEqual(['14', '25', '36']);
  expect(turned(orientationOf(matrix(0, -1, -1, 0)))).toEqual(['63', '52', '41']);
});

test('scale is ignored, and a slanted turn goes to the nearest quarter', () => {
  expect(orientationOf(matrix(0, 2, -2, 0))).toEqual(orientationOf(matrix(0, 1, -1, 0)));
  const [cos, sin] = [Math.cos(Math.PI / 3), Math.sin(Math.PI / 3)];
  expect(orientationOf(matrix(cos, sin, -sin, cos))).toEqual(orientationOf(matrix(0, 1, -1, 0)));
});
