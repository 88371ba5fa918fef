import { t } from '../../texts/en.ts';

/** What a person chose to make a task of. */
export type Chosen = { readonly files: readonly File[]; readonly bytes: number };

const IMAGE = /\.(png|jpe?g|webp|bmp|tiff?|gif|avif)$/i;
const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export const isImage = (file: File): boolean => file.type.startsWith('image/') || IMAGE.test(file.name);

/** Files in the order in which they become frames. */
export function inOrder(files: readonly File[]): Chosen {
  const sorted = [...files].sort((a, b) => natural.compare(a.name, b.name));
  return { files: sorted, bytes: sorted.reduce((sum, { size }) => sum + size, 0) };
}

/** What stands in the way of sending these, as far as a browser can tell; undefined: nothing. */
export async function problemOfFiles({ files }: Chosen): Promise<string | undefined> {
  const { problems } = t.create;
  if (files.length === 0) return problems.noFile;
  const images = files.filter(isImage);
  if (images.length < files.length) return files.length === 1 ? undefined : problems.mixed;
  const sizes = await Promise.all(images.slice(0, 500).map(sizeOf));
  const first = sizes[0];
  if (!first) return undefined;
  const other = sizes.filter((size) => size && (size.width !== first.width || size.height !== first.height));
  return other.length > 0 ? problems.sizes(other.length, images.length, first.width, first.height) : undefined;
}

/** Undefined: this browser cannot read it; the server may. */
async function sizeOf(file: File): Promise<{ width: number; height: number } | undefined> {
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    bitmap.close();
    return { width, height };
  } catch {
    return undefined;
  }
}
