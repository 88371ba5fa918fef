// The media bar: random reads across odd files, each compared byte for byte with a plain sequential decode of the same
// file (one decoder, one thread, no seek, no frame table).
//
//   node bench/random-access.ts [--reads 1000] [--seed 1] [--folder DIR]
//
// Without --folder the files are made by node-av's encoders in a temporary folder. With it, all MP4, MOV, MKV and WebM
// files of DIR are read instead.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSource } from '../packages/media/src/index.ts';
import { makeImageFolder, makeOddVideo, ODD_VIDEOS } from '../packages/media/src/testing/odd-files.ts';
import { seededRandom } from '../packages/media/src/testing/random.ts';
import { decodeSequentially } from '../packages/media/src/testing/sequential.ts';

const { values } = parseArgs({
  options: {
    reads: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string' },
  },
});
const random = seededRandom(Number(values.seed));
const temporary = await mkdtemp(join(tmpdir(), 'roto-random-access-'));

type Item = { readonly name: string; readonly path: string; readonly images: boolean };

async function items(): Promise<Item[]> {
  if (values.folder !== undefined) {
    const names = (await readdir(values.folder)).filter((name) => /\.(mp4|mov|mkv|webm)$/i.test(name)).sort();
    return names.map((name) => ({ name, path: join(values.folder!, name), images: false }));
  }
  const videos = Object.keys(ODD_VIDEOS).map(async (name) => ({
    name,
    path: await makeOddVideo(temporary, name),
    images: false,
  }));
  return [
    ...(await Promise.all(videos)),
    { name: 'folder of images', path: await makeImageFolder(temporary), images: true },
  ];
}

function hash(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Hashes of all frames of a plain sequential decode; for images, of an upward read through another source. */
async function reference({ path, images }: Item): Promise<string[]> {
  const hashes: string[] = [];
  if (images) {
    await using source = await openSource(path);
    for (let index = 0; index < source.frames.length; index++) hashes.push(hash((await source.read(index)).rgb));
  } else {
    for await (const { rgb } of decodeSequentially(path)) hashes.push(hash(rgb));
  }
  return hashes;
}

let reads = 0;
let equal = 0;
let countsAgree = 0;
try {
  const list = await items();
  const perFile = Math.ceil(Number(values.reads) / list.length);
  for (const item of list) {
    const expected = await reference(item);
    await using source = await openSource(item.path);
    if (source.info.frameCount === expected.length) countsAgree++;
    let same = 0;
    const started = performance.now();
    for (let i = 0; i < perFile; i++) {
      const index = Math.floor(random() * source.info.frameCount);
      if (hash((await source.read(index)).rgb) === expected[index]) same++;
    }
    const rate = (perFile / (performance.now() - started)) * 1000;
    reads += perFile;
    equal += same;
    const { codec, width, height, frameCount } = source.info;
    console.log(
      `${item.name.padEnd(38)} ${codec.padEnd(8)} ${`${width} × ${height}`.padEnd(12)} ` +
        `${frameCount} frames, decoded in a row ${expected.length}; ${same} of ${perFile} equal, ${rate.toFixed(0)} reads a second`,
    );
  }
  console.log(
    `\n${equal} of ${reads} random reads equal the sequential decode; ${countsAgree} of ${list.length} frame counts agree`,
  );
} finally {
  await rm(temporary, { recursive: true, force: true });
}
process.exitCode = equal === reads ? 0 : 1;
