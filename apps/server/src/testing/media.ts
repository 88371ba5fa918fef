import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeVideo } from '@roto/media';
import sharp from 'sharp';
import { ZipFile } from 'yazl';

/** A picture that says its number: a gray that grows by 8 with `n`, with a bright square that walks to the right. */
export function picture(n: number, width = 64, height = 48): Uint8Array {
  const rgb = new Uint8Array(width * height * 3).fill((n * 8) % 200);
  for (let y = 4; y < 12; y++) {
    for (let x = 0; x < 8; x++)
      rgb.fill(250, (y * width + ((x + n) % width)) * 3, (y * width + ((x + n) % width)) * 3 + 3);
  }
  return rgb;
}

/** An MP4 of `count` such pictures, 10 a second. */
export function clip(count: number, width = 64, height = 48): Promise<Buffer> {
  return clipOf(
    Array.from({ length: count }, (_, n) => n),
    width,
    height,
  );
}

/** An MP4 of pictures of these numbers, 10 a second. */
export async function clipOf(numbers: readonly number[], width = 64, height = 48): Promise<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-clip-'));
  try {
    const file = path.join(folder, 'clip.mp4');
    const frames = (async function* () {
      for (const n of numbers) yield { rgb: picture(n, width, height) };
    })();
    await writeVideo(file, { width, height, frameRate: 10 }, frames);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function png(n: number, width = 64, height = 48): Promise<Buffer> {
  return sharp(picture(n, width, height), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** A zip archive; names as given, however odd. */
export async function zip(entries: readonly (readonly [name: string, content: Buffer])[]): Promise<Buffer> {
  const file = new ZipFile();
  // The writer refuses names that a hostile archive has: they are put in afterwards, in place of others of their length.
  const odd: [string, string][] = [];
  for (const [n, [name, content]] of entries.entries()) {
    const stand = name.replaceAll(/[^A-Za-z0-9]/g, '_').slice(0, -4) + String(n).padStart(4, '_');
    odd.push([stand, name]);
    file.addBuffer(content, stand, { compress: true });
  }
  file.end();
  const blocks: Buffer[] = [];
  for await (const block of file.outputStream) blocks.push(block as Buffer);
  let bytes = Buffer.concat(blocks).toString('latin1');
  for (const [stand, name] of odd) bytes = bytes.replaceAll(stand, name);
  return Buffer.from(bytes, 'latin1');
}
