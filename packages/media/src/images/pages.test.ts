import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../open-source.ts';
import { makeClip } from '../testing/clips.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { makeTiff, type TiffPage } from '../testing/tiff.ts';

const folder = temporaryFolder(beforeAll, afterAll);
const flat = (level: number, width = 6, height = 4): TiffPage => ({
  width,
  height,
  kind: 'uint8',
  samples: new Array(width * height).fill(level),
});

async function levels(path: string | string[]): Promise<number[]> {
  await using source = await openSource(path);
  const seen: number[] = [];
  for (let index = 0; index < source.info.frameCount; index++) seen.push((await source.read(index)).rgb[0]!);
  // The same the other way round.
  for (let index = seen.length - 1; index >= 0; index--) expect((await source.read(index)).rgb[0]).toBe(seen[index]);
  return seen;
}

describe('further pages are frames, or are said to be passed over', () => {
  test('the pages of a TIFF', async () => {
    const path = join(folder.path, 'stack.tif');
    await writeFile(path, makeTiff([10, 20, 30, 40].map((level) => flat(level))));
    expect(await levels(path)).toEqual([10, 20, 30, 40]);
  });

  test('the pictures of an animated WebP, with their times', async () => {
    const path = join(folder.path, 'animation.webp');
    const [width, height] = [16, 8];
    const rows = [50, 100, 200].map((level) => Buffer.alloc(width * height * 3, level));
    await sharp(Buffer.concat(rows), { raw: { width, height: height * 3, channels: 3, pageHeight: height } })
      .webp({ lossless: true, delay: [100, 200, 300] })
      .toFile(path);
    expect(await levels(path)).toEqual([50, 100, 200]);
    await using source = await openSource(path);
    expect(source.frames.map(({ timeSec }) => timeSec)).toEqual([0, 0.1, 0.1 + 0.2]);
    expect(source.info.durationSec).toBeCloseTo(0.6);
  });

  test('the pictures of an animated PNG', async () => {
    const path = join(folder.path, 'animation.png');
    await makeClip(path, { encoder: 'apng', container: 'apng', frames: 5 });
    await using source = await openSource(path);
    expect(source.info).toMatchObject({ kind: 'video', codec: 'apng', frameCount: 5 });
  });

  test('pages of another size', async () => {
    const path = join(folder.path, 'pyramid.tif');
    await writeFile(path, makeTiff([flat(10), flat(20, 3, 2), flat(30, 2, 1)]));
    expect(await levels(path)).toEqual([10]);
    await using source = await openSource(path);
    expect(source.info.passedOver).toEqual({ pages: 2, files: 1, first: path });
  });

  test('of a list, the pages behind the first of each file', async () => {
    const paths = await Promise.all(
      [0, 1, 2].map(async (n) => {
        const path = join(folder.path, `many${n}.tif`);
        await writeFile(path, makeTiff(n === 0 ? [flat(1)] : [flat(10 * n), flat(99), flat(99)]));
        return path;
      }),
    );
    expect(await levels(paths)).toEqual([1, 10, 20]);
    await using source = await openSource(paths);
    expect(source.info.passedOver).toEqual({ pages: 4, files: 2, first: paths[1] });
  });

  test('an animated PNG among others is its first picture', async () => {
    const animated = join(folder.path, 'among.png');
    await makeClip(animated, { encoder: 'apng', container: 'apng', frames: 3 });
    const still = join(folder.path, 'still.png');
    await sharp({ create: { width: 96, height: 64, channels: 3, background: '#345' } })
      .png()
      .toFile(still);
    await using source = await openSource([still, animated]);
    expect(source.info).toMatchObject({ kind: 'images', frameCount: 2, passedOver: { pages: 2, files: 1 } });
    await source.read(1);
  });
});

describe('a JPEG without its end mark', () => {
  test('is read when all pixels are there', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * i) & 255));
    const whole = await sharp(noise, { raw: { width: 64, height: 48, channels: 3 } })
      .jpeg()
      .toBuffer();
    const paths = await Promise.all(
      [0, 1, 2].map(async (missing) => {
        const path = join(folder.path, `end${missing}.jpg`);
        await writeFile(path, whole.subarray(0, whole.length - missing));
        return path;
      }),
    );
    await using source = await openSource(paths, { verify: 'report' });
    expect(source.info.damage).toBeUndefined();
    const pictures = await Promise.all([0, 1, 2].map((index) => source.read(index)));
    for (const picture of pictures) expect(Buffer.compare(picture.rgb, pictures[0]!.rgb)).toBe(0);
  });

  test('is refused when pixels are missing', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * i) & 255));
    const whole = await sharp(noise, { raw: { width: 64, height: 48, channels: 3 } })
      .jpeg()
      .toBuffer();
    for (const missing of [40, 400, Math.floor(whole.length / 2)]) {
      const path = join(folder.path, 'short.jpg');
      await writeFile(path, whole.subarray(0, whole.length - missing));
      await using source = await openSource(path);
      await expect(source.read(0)).rejects.toMatchObject({ code: 'damaged' });
    }
    expect((await readFile(join(folder.path, 'short.jpg'))).length).toBeLessThan(whole.length);
  });
});

test('images of several sizes are frames of their own size where that is asked for', async () => {
  const paths = await Promise.all(
    [
      [16, 8],
      [10, 20],
    ].map(async ([width, height], n) => {
      const path = join(folder.path, `size${n}.png`);
      await sharp({ create: { width: width!, height: height!, channels: 3, background: '#123456' } })
        .png()
        .toFile(path);
      return path;
    }),
  );
  await expect(openSource(paths)).rejects.toMatchObject({ code: 'size-mismatch' });
  await using source = await openSource(paths, { sizes: 'any' });
  expect(source.frames.map(({ width, height }) => [width, height])).toEqual([
    [16, 8],
    [10, 20],
  ]);
  expect(await source.read(1)).toMatchObject({ width: 10, height: 20 });
});
