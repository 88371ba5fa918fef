import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '../errors.ts';
import { asFileError } from '../sniff.ts';
import { compareNaturally } from './natural-order.ts';

/** File name endings that make a file of a folder one of its images. Its bytes must then say so too. */
export const IMAGE_EXTENSIONS: readonly string[] = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.bmp'];

/** The images of a folder, not of its subfolders, in natural order of their names; hidden files are passed over. */
export async function listImages(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = (await readdir(folder, { withFileTypes: true }))
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name);
  } catch (error) {
    throw asFileError(folder, error);
  }
  const images = names.filter((name) => IMAGE_EXTENSIONS.some((ending) => name.toLowerCase().endsWith(ending)));
  if (images.length === 0) {
    const reason =
      names.length === 0 ? 'the folder holds no files' : `none of the folder's ${names.length} files is an image`;
    throw new MediaError(
      'empty-folder',
      folder,
      reason,
      `Put images there (${IMAGE_EXTENSIONS.join(', ')}), or give a video`,
    );
  }
  return images.sort(compareNaturally).map((name) => join(folder, name));
}
