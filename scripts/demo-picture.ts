// Makes docs/picture/demo.jpg from the demo's overlay video: a contact sheet of six frames, three in a row.
//   npm run demo && node scripts/demo-picture.ts [out/demo/tracked/overlay.mp4]
import path from 'node:path';
import { openSource } from '@roto/media';
import sharp from 'sharp';

const root = path.resolve(import.meta.dirname, '..');
const video = process.argv[2] ?? path.join(root, 'out/demo/tracked/overlay.mp4');
const [columns, rows, width, gap] = [3, 2, 420, 6];

await using source = await openSource(video);
const height = Math.round((width * source.info.height) / source.info.width);
const tiles = await Promise.all(
  Array.from({ length: columns * rows }, async (_, tile) => {
    const index = Math.round((tile * (source.info.frameCount - 1)) / (columns * rows - 1));
    const { rgb } = await source.read(index);
    const raw = { width: source.info.width, height: source.info.height, channels: 3 } as const;
    return {
      input: await sharp(rgb, { raw }).resize(width, height).png().toBuffer(),
      left: (tile % columns) * (width + gap),
      top: Math.floor(tile / columns) * (height + gap),
    };
  }),
);
const sheet = { width: columns * (width + gap) - gap, height: rows * (height + gap) - gap, channels: 3 } as const;
const { size } = await sharp({ create: { ...sheet, background: '#fff' } })
  .composite(tiles)
  .jpeg({ quality: 80, mozjpeg: true })
  .toFile(path.join(root, 'docs/picture/demo.jpg'));
console.log(`docs/picture/demo.jpg: ${size} bytes`);
