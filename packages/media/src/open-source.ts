import { MediaError } from './errors.ts';
import type { FrameSource } from './frame-source.ts';
import { listImages } from './images/image-list.ts';
import { openImages } from './images/image-source.ts';
import { type OpenOptions, resolveOptions } from './options.ts';
import { refuseSniffed, sniffFile, statMedia } from './sniff.ts';
import { openVideo } from './video/video-source.ts';

/**
 * Opens a video, one image, a folder of same-size images (in natural order of names), or a list of images (in the
 * order given; a list of one video is that video). Throws MediaError.
 *
 * Only the named local files are opened: what a file is follows from its first bytes, playlists are refused, and
 * FFmpeg may use no protocol but `file`.
 */
export async function openSource(input: string | readonly string[], options: OpenOptions = {}): Promise<FrameSource> {
  const paths = typeof input === 'string' ? [input] : input;
  const name = paths.length === 1 ? paths[0]! : paths.length === 0 ? 'list of images' : `${paths[0]} … ${paths.at(-1)}`;
  const resolved = resolveOptions(options, name);
  if (paths.length !== 1) return openImages(name, paths, resolved);
  if (name === '' || name.includes('\0')) {
    throw new MediaError(
      'bad-argument',
      JSON.stringify(name),
      'this is no path',
      'Give the path of a video or a folder',
    );
  }
  const stats = await statMedia(name);
  if (stats.isDirectory()) return openImages(name, await listImages(name), resolved);
  const sniffed = await sniffFile(name);
  if (sniffed.kind === 'video') return openVideo(name, sniffed.container, resolved);
  if (sniffed.kind === 'image') return openImages(name, [name], resolved);
  throw refuseSniffed(name, sniffed);
}
