import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { makeTiff } from '../testing/tiff.ts';
import { readMaskImage } from './mask-image.ts';

const folder = temporaryFolder(beforeAll, afterAll);
const [WIDTH, HEIGHT] = [32, 24];
const isObject = (x: number, y: number): boolean => x >= 8 && x < 20 && y >= 6 && y < 16;
const OBJECT = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) =>
  isObject(i % WIDTH, Math.floor(i / WIDTH)) ? 1 : 0,
);

/** The object's pixels in one colour, the others in another. */
function painted(object: number[], ground: number[]): Uint8Array {
  return Uint8Array.from([...OBJECT].flatMap((set) => (set ? object : ground)));
}
const image = (bytes: Uint8Array | Uint16Array, channels: 1 | 2 | 3 | 4): Sharp =>
  sharp(bytes, { raw: { width: WIDTH, height: HEIGHT, channels } });

async function saved(name: string, made: Sharp): Promise<string> {
  const path = join(folder.path, name);
  await made.toFile(path);
  return path;
}

describe('the pixels of the object', () => {
  const white = [255, 255, 255];
  const CASES: [name: string, make: () => Promise<string>][] = [
    ['white on black', () => saved('w.png', image(painted(white, [0, 0, 0]), 3).png())],
    [
      'id 1 of 8 bits',
      () =>
        saved(
          '1.png',
          image(painted([1], [0]), 1)
            .toColourspace('b-w')
            .png(),
        ),
    ],
    ['a dark colour', () => saved('dark.png', image(painted([0, 0, 3], [0, 0, 0]), 3).png())],
    [
      'white on a clear ground of white',
      () => saved('cw.png', image(painted([...white, 255], [...white, 0]), 4).png()),
    ],
    ['black on a clear ground', () => saved('cb.png', image(painted([0, 0, 0, 255], [9, 9, 9, 0]), 4).png())],
    [
      'white on an opaque ground of black',
      () => saved('ob.png', image(painted([...white, 255], [0, 0, 0, 255]), 4).png()),
    ],
    ['a palette', () => saved('p.png', image(painted([200, 10, 10], [0, 0, 0]), 3).png({ palette: true, colours: 2 }))],
    ['JPEG', () => saved('j.jpg', image(painted(white, [0, 0, 0]), 3).jpeg({ quality: 75 }))],
    ['gray JPEG', () => saved('g.jpg', image(painted([100], [0]), 1).jpeg({ quality: 95 }))],
    [
      'WebP with a clear ground',
      () => saved('c.webp', image(painted([...white, 255], [0, 0, 0, 0]), 4).webp({ lossless: true })),
    ],
  ];
  for (const [name, make] of CASES) {
    test(name, async () => {
      const mask = await readMaskImage(await make());
      expect({ width: mask.width, height: mask.height }).toEqual({ width: WIDTH, height: HEIGHT });
      let wrong = 0;
      for (const [i, set] of mask.data.entries()) if (set !== OBJECT[i]) wrong++;
      expect(wrong).toBe(0);
    });
  }

  for (const id of [1, 200, 255, 256, 300, 40_000]) {
    test(`id ${id} of 16 bits, beside another`, async () => {
      const samples = Uint16Array.from(OBJECT, (set, i) => (set ? (i % 2 === 0 ? id : 1) : 0));
      const path = await saved(`id${id}.png`, image(samples, 1).toColourspace('grey16').png());
      expect(Buffer.compare((await readMaskImage(path)).data, OBJECT)).toBe(0);
    });
  }

  test('whole and real numbers of a TIFF', async () => {
    for (const kind of ['int32', 'float32', 'uint32'] as const) {
      const path = join(folder.path, `${kind}.tif`);
      await writeFile(path, makeTiff([{ width: WIDTH, height: HEIGHT, kind, samples: [...OBJECT] }]));
      expect(Buffer.compare((await readMaskImage(path)).data, OBJECT)).toBe(0);
    }
  });
});

test('a mask of one colour is the whole picture, and one that is black is empty', async () => {
  const whole = await readMaskImage(await saved('all.png', image(painted([9, 9, 9], [9, 9, 9]), 3).png()));
  expect(whole.data.includes(0)).toBe(false);
  const none = await readMaskImage(await saved('none.png', image(painted([0, 0, 0], [0, 0, 0]), 3).png()));
  expect(none.data.includes(1)).toBe(false);
});

test('several colours without black or a clear ground are refused', async () => {
  const path = await saved('two.png', image(painted([200, 0, 0], [0, 0, 200]), 3).png());
  await expect(readMaskImage(path)).rejects.toMatchObject({ code: 'bad-argument', file: path });
});
