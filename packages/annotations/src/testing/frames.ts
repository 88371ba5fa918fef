import { encodeRle, type Mask, maskBounds, maskFromText } from '@roto/geometry';
import type { FrameResult, ObjectResult, ResultHeader } from '../results/result.ts';

/** A clip of 6 frames of 10 × 6 pixels in which a cat with a hole in it moves right, is lost on frame 2 and comes back. */
export const header: ResultHeader = {
  source: { name: 'clip.mp4', width: 10, height: 6, frameCount: 6, frameRate: 25 },
  model: { name: 'builtin', precision: 'float32' },
  objects: [
    { id: 1, label: 'cat' },
    { id: 2, label: 'ball' },
    { id: 5, label: 'cat' },
  ],
  prompts: { objects: [{ id: 1, frame: 0, polygon: [0, 0, 4, 0, 4, 4] }] },
};

const pictures = [
  `
    ..........
    .####.....
    .#..#...22
    .####...22
    ..........
    ..........`,
  `
    ..........
    ..####....
    ..#..#..22
    ..####..22
    ..........
    ..........`,
  `
    ..........
    ..........
    .......22.
    .......22.
    ..........
    ..........`,
  `
    ..........
    ....####..
    ....#2.#..
    ....####..
    ..........
    #.........`,
];

export const frames: FrameResult[] = pictures.map((picture, frame) => ({
  frame,
  timeSec: frame / 25,
  objects: [object(1, 'cat', read(picture, '#')), object(2, 'ball', read(picture, '2'))],
}));

/** The mask of one letter of a picture. */
export function read(picture: string, letter: string): Mask {
  return maskFromText(picture.replace(/[^\s]/g, (found) => (found === letter ? '#' : '.')));
}

export function object(id: number, label: string, mask: Mask): ObjectResult {
  const box = maskBounds(mask);
  return { id, label, mask: encodeRle(mask), presence: box ? 4.5 : -3.25, predictedIou: 0.875, box };
}

/** All text of a writer. */
export async function collect(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}
