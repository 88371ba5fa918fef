import type { Readable } from 'node:stream';
import { IMAGE_EXTENSIONS } from '@roto/media';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { RequestFailure } from '../background/handlers.ts';

export type ArchiveLimits = {
  readonly maxEntries: number;
  /** Bytes of one unpacked file, and of all. */
  readonly maxFileBytes: number;
  readonly maxBytes: number;
};

/** Archives that unpack to no more than this are never bombs, however well they are packed. */
const HARMLESS_BYTES = 64 * 1024 * 1024;
/** Uncompressed over compressed bytes; images of one colour, stored without compression, come to some hundred. */
const MOST_RATIO = 500;

/** The images of a zip archive, in the archive's order. */
export type Archive = {
  readonly images: readonly { readonly name: string; readonly bytes: number }[];
  /** The content of image `index`. Its stream fails when the archive lied about its size. */
  open(index: number): Promise<Readable>;
  close(): void;
};

/**
 * Opens a zip archive of images. Folders, hidden files and files that are no images by their name are passed over; names
 * keep their folders. Throws RequestFailure that names what is wrong: not a zip, names that lead out of it, links,
 * passwords, too many or too large files.
 */
export async function openArchive(path: string, file: string, limits: ArchiveLimits): Promise<Archive> {
  const refuse = (why: string) => new RequestFailure(`${file}: ${why}.`);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    yauzl.open(path, { lazyEntries: true, autoClose: false, strictFileNames: true }, (error, opened) =>
      error ? reject(refuse(`it cannot be read as a zip archive (${error.message})`)) : resolve(opened),
    );
  });
  try {
    if (zip.entryCount > limits.maxEntries) {
      throw refuse(`it lists ${zip.entryCount} files, and ${limits.maxEntries} is the most; split it`);
    }
    const entries = await listEntries(zip, refuse);
    const images: Entry[] = [];
    const names = new Set<string>();
    let bytes = 0;
    for (const entry of entries) {
      const name = entry.fileName;
      if (name.endsWith('/')) continue;
      const parts = name.split('/');
      if (parts.some((part) => part.startsWith('.')) || parts[0] === '__MACOSX') continue;
      if (!IMAGE_EXTENSIONS.some((ending) => name.toLowerCase().endsWith(ending))) continue;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
      if (/[\u0000-\u001f\u007f]/.test(name) || Buffer.byteLength(name) > 1000) {
        throw refuse(`it holds a file whose name is too long or no name: ${JSON.stringify(name.slice(0, 100))}`);
      }
      if (isLink(entry))
        throw refuse(`${name} in it is a link, and links are not followed; pack the images themselves`);
      if (entry.isEncrypted()) throw refuse(`${name} in it is locked by a password; pack the images without one`);
      if (names.has(name)) throw refuse(`it holds ${name} twice`);
      names.add(name);
      if (entry.uncompressedSize > limits.maxFileBytes) {
        throw refuse(
          `${name} in it unpacks to ${entry.uncompressedSize} bytes, and ${limits.maxFileBytes} is the most`,
        );
      }
      bytes += entry.uncompressedSize;
      if (bytes > limits.maxBytes) throw refuse(`it unpacks to more than ${limits.maxBytes} bytes; split it`);
      images.push(entry);
    }
    if (images.length === 0) {
      throw refuse(`none of the ${entries.length} files in it is an image (${IMAGE_EXTENSIONS.join(', ')})`);
    }
    if (bytes > HARMLESS_BYTES && bytes > zip.fileSize * MOST_RATIO) {
      throw refuse(`its ${zip.fileSize} bytes unpack to ${bytes}, as in a zip bomb; pack the images as PNG or JPEG`);
    }
    return {
      images: images.map((entry) => ({ name: entry.fileName, bytes: entry.uncompressedSize })),
      open: (index) =>
        new Promise((resolve, reject) => {
          const entry = images[index]!;
          const broken = (error: Error) => refuse(`${entry.fileName} in it is damaged (${error.message})`);
          zip.openReadStream(entry, (error, stream) => (error ? reject(broken(error)) : resolve(stream)));
        }),
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

function listEntries(zip: ZipFile, refuse: (why: string) => Error): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on('entry', (entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    // Among others names that begin with a slash, hold a backslash, or lead out by "..".
    zip.on('error', (error) => reject(refuse(`its list of files is not acceptable (${error.message})`)));
    zip.readEntry();
  });
}

/** A symbolic link, by the mode that Unix archivers keep in the upper half of the attributes. */
function isLink(entry: Entry): boolean {
  return ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000;
}
