import { parse } from 'node:path/posix';
import { Readable } from 'node:stream';
import { openSource } from '@roto/media';
import sharp from 'sharp';
import type { Progress } from '../background/handlers.ts';
import type { MediaStore } from '../store/store.ts';

type File = { readonly name: string; readonly key: string };

/**
 * Makes an image of every page of a file that has several: `stack.tif` becomes `stack_0001.png` and so on, the page's
 * pixels as they are shown. The file itself is left where it is, so that this may be begun again; `keyOf` may give its own
 * key for page 0, which is written last.
 */
export async function splitPages(
  store: MediaStore,
  { name, key }: File,
  keyOf: (page: number) => string,
  progress: Progress,
  signal: AbortSignal,
): Promise<File[]> {
  await using source = await openSource(await store.path(key), { signal });
  const { frameCount } = source.info;
  const { dir, name: stem } = parse(name);
  const files: File[] = [];
  for (let page = frameCount - 1; page >= 0; page--) {
    const { rgb, width, height } = await source.read(page, signal);
    const png = await sharp(rgb, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    await store.write(keyOf(page), Readable.from([png], { objectMode: false }));
    files.unshift({
      name: `${dir ? `${dir}/` : ''}${stem}_${String(page + 1).padStart(4, '0')}.png`,
      key: keyOf(page),
    });
    progress(0.8 + (0.1 * (frameCount - page)) / frameCount, 'Splitting the pages');
  }
  return files;
}
