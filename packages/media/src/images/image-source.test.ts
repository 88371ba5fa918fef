import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSource } from '../open-source.ts';
import { makeImageFolder } from '../testing/odd-files.ts';
import { testPicture } from '../testing/pictures.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { listImages } from './image-list.ts';

const folder = temporaryFolder(beforeAll, afterAll);

/** A 3 × 2 picture; pixel i has red 40·i, green 255 − 40·i, blue 7. */
const SMALL = Buffer.from(Array.from({ length: 6 }, (_, i) => [40 * i, 255 - 40 * i, 7]).flat());
const SMALL_RAW = { raw: { width: 3, height: 2, channels: 3 } } as const;

test('a folder in natural order, several forms, one image on its side', async () => {
  const path = await makeImageFolder(folder.path);
  await writeFile(join(path, 'notes.txt'), 'not an image');
  await writeFile(join(path, '.hidden.png'), 'not looked at');
  await mkdir(join(path, 'more.png'));
  await using source = await openSource(path);
  expect(source.info).toMatchObject({
    kind: 'images',
    codec: 'jpeg+png+tiff+webp',
    width: 64,
    height: 48,
    frameCount: 12,
    frameRate: 0,
    durationSec: 0,
  });
  for (const index of [11, 0, 5, 7, 2, 3]) {
    const frame = await source.read(index);
    const gray = testPicture(64, 48, index).y;
    let worst = 0;
    for (let i = 0; i < gray.length; i++) {
      for (let c = 0; c < 3; c++) worst = Math.max(worst, Math.abs(frame.rgb[3 * i + c]! - gray[i]!));
    }
    // Frame 5 went through JPEG; 16-bit gray is scaled down by rounding.
    expect({ index, close: worst <= (index === 5 ? 24 : 1) }).toEqual({ index, close: true });
  }
});

test('the order of a list is kept, and an image may come twice', async () => {
  const images = await listImages(await makeImageFolder(folder.path));
  await using source = await openSource([images[3]!, images[0]!, images[3]!]);
  const [first, second, third] = await Promise.all([0, 1, 2].map((index) => source.read(index)));
  expect(Buffer.compare(first!.rgb, third!.rgb)).toBe(0);
  expect(Buffer.compare(first!.rgb, second!.rgb)).not.toBe(0);
});

test('alpha is dropped and colours are kept as stored', async () => {
  const path = join(folder.path, 'alpha.png');
  await sharp(SMALL, SMALL_RAW).ensureAlpha(0).png().toFile(path);
  await using source = await openSource(path);
  expect([...(await source.read(0)).rgb]).toEqual([...SMALL]);
});

test('16 bits a channel become 8', async () => {
  const path = join(folder.path, 'deep.png');
  await sharp(SMALL, SMALL_RAW).toColourspace('rgb16').png().toFile(path);
  expect((await sharp(path).metadata()).depth).toBe('ushort');
  await using source = await openSource(path);
  expect([...(await source.read(0)).rgb]).toEqual([...SMALL]);
});

test('all eight EXIF orientations stand upright', async () => {
  // What a viewer must show for the stored rows "012 345", EXIF 2.3, tag 0x0112.
  const shown = ['012345', '210543', '543210', '345012', '031425', '304152', '524130', '251403'];
  for (const [i, expected] of shown.entries()) {
    const path = join(folder.path, `orientation${i + 1}.png`);
    await sharp(SMALL, SMALL_RAW)
      .withMetadata({ orientation: i + 1 })
      .png()
      .toFile(path);
    await using source = await openSource(path);
    const { rgb, width } = await source.read(0);
    expect(width).toBe(i < 4 ? 3 : 2);
    const digits = Array.from({ length: 6 }, (_, at) => rgb[3 * at]! / 40).join('');
    expect({ orientation: i + 1, digits }).toEqual({ orientation: i + 1, digits: expected });
  }
});

function bmp(bits: 4 | 8 | 24 | 32, topDown: boolean): Buffer {
  const stride = Math.ceil((3 * bits) / 32) * 4;
  const paletteBytes = bits <= 8 ? 6 * 4 : 0;
  const file = Buffer.alloc(54 + paletteBytes + stride * 2);
  file.write('BM');
  file.writeUInt32LE(54 + paletteBytes, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(3, 18);
  file.writeInt32LE(topDown ? -2 : 2, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  if (bits <= 8) file.writeUInt32LE(6, 46);
  for (let i = 0; i < 6; i++) {
    const [r, g, b] = SMALL.subarray(3 * i, 3 * i + 3);
    const row = topDown ? Math.floor(i / 3) : 1 - Math.floor(i / 3);
    const at = 54 + paletteBytes + row * stride + Math.floor(((i % 3) * bits) / 8);
    if (bits === 8) file[at] = i;
    if (bits === 4) file[at]! |= i << ((i % 3) % 2 === 0 ? 4 : 0);
    file.set([b!, g!, r!], bits <= 8 ? 54 + 4 * i : at);
  }
  return file;
}

test('BMP of 4, 8, 24 and 32 bits, either way up', async () => {
  for (const bits of [4, 8, 24, 32] as const) {
    for (const topDown of [false, true]) {
      const path = join(folder.path, 'small.bmp');
      await writeFile(path, bmp(bits, topDown));
      await using source = await openSource(path);
      expect(source.info).toMatchObject({ codec: 'bmp', width: 3, height: 2 });
      expect([...(await source.read(0)).rgb]).toEqual([...SMALL]);
    }
  }
});

test('an image that is replaced after opening is noticed', async () => {
  const path = join(folder.path, 'replaced.png');
  await sharp(SMALL, SMALL_RAW).png().toFile(path);
  await using source = await openSource(path);
  await sharp(SMALL, { raw: { width: 2, height: 3, channels: 3 } })
    .png()
    .toFile(path);
  await expect(source.read(0)).rejects.toMatchObject({ code: 'changed' });
  await expect(source.read(1)).rejects.toMatchObject({ code: 'frame-range' });
  await source.close();
  await expect(source.read(0)).rejects.toMatchObject({ code: 'closed' });
});
