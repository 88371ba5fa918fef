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

/** Files of a zip archive, in the archive's order. */
export type Zip = {
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** How many files and folders the archive lists in all. */
  readonly entryCount: number;
  /** The content of file `index`. Its stream fails when the archive lied about its size. */
  open(index: number): Promise<Readable>;
  close(): void;
};

/** The images of a zip archive, in the archive's order. */
export type Archive = Pick<Zip, 'open' | 'close'> & { readonly images: Zip['files'] };

/** Opens a zip archive of images; files that are no images by their name are passed over. Throws as `openZip`. */
export async function openArchive(path: string, file: string, limits: ArchiveLimits): Promise<Archive> {
  const isImage = (name: string): boolean => IMAGE_EXTENSIONS.some((ending) => name.toLowerCase().endsWith(ending));
  const { files: images, entryCount, open, close } = await openZip(path, file, limits, isImage);
  if (images.length === 0) {
    close();
    const endings = IMAGE_EXTENSIONS.join(', ');
    throw new RequestFailure(`${file}: none of the ${entryCount} files in it is an image (${endings}).`);
  }
  return { images, open, close };
}

/**
 * Opens a zip archive. Folders, hidden files and files that `isWanted` does not want are passed over; names keep their
 * folders. Throws RequestFailure that names what is wrong: not a zip, names that lead out of it, links, passwords, too
 * many or too large files.
 */
export async function openZip(
  path: string,
  file: string,
  limits: ArchiveLimits,
  isWanted: (name: string) => boolean,
): Promise<Zip> {
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
    const wanted: Entry[] = [];
    const names = new Set<string>();
    let bytes = 0;
    for (const entry of entries) {
      const name = entry.fileName;
      if (name.endsWith('/')) continue;
      const parts = name.split('/');
      if (parts.some((part) => part.startsWith('.')) || parts[0] === '__MACOSX') continue;
      if (!isWanted(name)) continue;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
      if (/[\u0000-\u001f\u007f]/.test(name) || Buffer.byteLength(name) > 1000) {
        throw refuse(`it holds a file whose name is too long or no name: ${JSON.stringify(name.slice(0, 100))}`);
      }
      if (isLink(entry)) throw refuse(`${name} in it is a link, and links are not followed; pack the files themselves`);
      if (entry.isEncrypted()) throw refuse(`${name} in it is locked by a password; pack it without one`);
      if (names.has(name)) throw refuse(`it holds ${name} twice`);
      names.add(name);
      if (entry.uncompressedSize > limits.maxFileBytes) {
        throw refuse(
          `${name} in it unpacks to ${entry.uncompressedSize} bytes, and ${limits.maxFileBytes} is the most`,
        );
      }
      bytes += entry.uncompressedSize;
      if (bytes > limits.maxBytes) throw refuse(`it unpacks to more than ${limits.maxBytes} bytes; split it`);
      wanted.push(entry);
    }
    if (bytes > HARMLESS_BYTES && bytes > zip.fileSize * MOST_RATIO) {
      throw refuse(`its ${zip.fileSize} bytes unpack to ${bytes}, as in a zip bomb; pack what is less empty`);
    }
    return {
      files: wanted.map((entry) => ({ name: entry.fileName, bytes: entry.uncompressedSize })),
      entryCount: entries.length,
      open: (index) =>
        new Promise((resolve, reject) => {
          const entry = wanted[index]!;
          const broken = (error: Error) => refuse(`${entry.fileName} in it is damaged (${error.message})`);
          zip.openReadStream(entry, (error, stream) => {
            if (error) return reject(broken(error));
            // It may fail before its reader has begun to read, which then finds the error; unheard it would end the process.
            stream.on('error', () => undefined);
            resolve(stream);
          });
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
