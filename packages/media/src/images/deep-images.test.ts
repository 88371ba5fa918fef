import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../open-source.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { makeTiff, type TiffPage } from '../testing/tiff.ts';

const folder = temporaryFolder(beforeAll, afterAll);
const [WIDTH, HEIGHT] = [8, 4];
/** A ramp from `from` to `to`. */
const ramp = (from: number, to: number): number[] =>
  Array.from({ length: WIDTH * HEIGHT }, (_, i) => from + ((to - from) * i) / (WIDTH * HEIGHT - 1));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, bytes);
  return path;
}

async function grays(path: string): Promise<number[]> {
  await using source = await openSource(path);
  const { rgb } = await source.read(0);
  return Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    expect(rgb[3 * i + 1]).toBe(rgb[3 * i]);
    return rgb[3 * i]!;
  });
}

const page = (kind: TiffPage['kind'], samples: number[]): TiffPage => ({
  width: WIDTH,
  height: HEIGHT,
  kind,
  samples: samples.map(kind === 'float32' ? Math.fround : Math.round),
});

describe('deep images are stretched to 8 bits, and the range is said', () => {
  const CASES: [name: string, page: TiffPage, black: number, white: number][] = [
    ['10 bits in 16', page('uint16', ramp(0, 1000)), 0, 1023],
    ['12 bits in 16', page('uint16', ramp(0, 3780)), 0, 4095],
    ['14 bits in 16', page('uint16', ramp(0, 16000)), 0, 16383],
    ['ids below 256 in 16 bits', page('uint16', ramp(0, 31)), 0, 255],
    ['whole numbers of 32 bits', page('uint32', ramp(0, 1_000_000)), 0, 1_000_000],
    ['whole numbers below zero', page('int32', ramp(-3000, 3300)), -3000, 3300],
    ['signed numbers of 16 bits', page('int16', ramp(0, 3000)), 0, 4095],
    ['real numbers from 0 to 1', page('float32', ramp(0, 0.9)), 0, 1],
    ['real numbers of any size', page('float32', ramp(-10, 1000)), -10, 1000],
  ];
  for (const [name, stored, black, white] of CASES) {
    test(name, async () => {
      const path = await file(`${name.replaceAll(' ', '-')}.tif`, makeTiff([stored]));
      const expected = stored.samples.map((value) => Math.round(((value - black) / (white - black)) * 255));
      expect(await grays(path)).toEqual(expected);
      await using source = await openSource(path);
      expect(source.info.levels).toMatchObject({ black, white, isReal: stored.kind === 'float32' });
      expect((await source.read(0)).levels).toEqual(source.info.levels);
    });
  }

  test('12 bits in a PNG, of colour and with alpha', async () => {
    const samples = Uint16Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) =>
      i % 4 === 3 ? 65535 : (i * 117) % 4096,
    );
    const path = join(folder.path, 'colour.png');
    await sharp(samples, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toFile(path);
    await using source = await openSource(path);
    const { rgb, levels } = await source.read(0);
    expect(levels).toEqual({ black: 0, white: 4095, isReal: false });
    for (let i = 0; i < WIDTH * HEIGHT * 3; i++) {
      const stored = samples[Math.floor(i / 3) * 4 + (i % 3)]!;
      expect(rgb[i]).toBe(Math.round((stored / 4095) * 255));
    }
  });

  test('16 bits that are in use keep their high bytes, and a picture of bytes is left alone', async () => {
    expect((await grays(await file('full.tif', makeTiff([page('uint16', ramp(0, 65535))])))).at(-1)).toBe(255);
    const plain = await file('plain.tif', makeTiff([page('uint8', ramp(0, 31))]));
    expect(await grays(plain)).toEqual(ramp(0, 31).map(Math.round));
    await using source = await openSource(plain);
    expect(source.info.levels).toBeUndefined();
  });

  test('signed numbers of 16 bits below zero, which cannot be read, are refused', async () => {
    await using source = await openSource(await file('signed.tif', makeTiff([page('int16', ramp(-300, 300))])));
    await expect(source.read(0)).rejects.toMatchObject({ code: 'damaged', message: expect.stringMatching(/32 bits/) });
  });

  test('what is no number is black', async () => {
    const samples = ramp(0, 1);
    samples[3] = Number.NaN;
    expect((await grays(await file('nan.tif', makeTiff([page('float32', samples)]))))[3]).toBe(0);
  });
});
