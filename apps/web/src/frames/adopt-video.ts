// Opens the file of a job beside the server's pictures, checks it, and puts it to use.
import { isSamePicture } from './check-video.ts';
import type { FrameSource } from './source.ts';
import { openVideo } from './video-feeder.ts';

export interface AdoptVideoOptions {
  source: FrameSource;
  url: string;
  times: Float64Array;
  size: { width: number; height: number };
  /** Picture of the server of a frame, for the check. */
  fromServer: (frame: number) => Promise<ImageBitmap>;
}

/** Undefined: the file is in use. Else why it is not; the server's pictures go on as before. */
export async function adoptVideo(options: AdoptVideoOptions): Promise<string | undefined> {
  if (!('VideoDecoder' in globalThis)) return 'This browser decodes videos only over https or on this machine.';
  let why: string | undefined;
  for (const colors of ['likely', 'other'] as const) {
    const result = await attempt(options, colors);
    if (result.isUsed) return undefined;
    why ??= result.why;
    if (!result.isOfColors) break;
  }
  return why;
}

type Result =
  | { readonly isUsed: true }
  | {
      readonly isUsed: false;
      readonly why: string /** The first picture has other colours. */;
      readonly isOfColors: boolean;
    };

async function attempt(
  { source, url, times, size, fromServer }: AdoptVideoOptions,
  colors: 'likely' | 'other',
): Promise<Result> {
  // The first frame says whether colours and sizes agree, one in the middle and the last whether the numbers do.
  const checked = [...new Set([source.first, (source.first + source.last) >> 1, source.last])];
  let isInUse = false;
  let isOfColors = false;
  const worker = new Worker(new URL('../workers/decode.ts', import.meta.url), { type: 'module' });
  try {
    const video = await openVideo({
      worker,
      url,
      first: source.first,
      times,
      size,
      colors,
      onPicture: (picture) => {
        if (isInUse) source.offer(picture);
        else if (!checked.includes(picture.frame)) picture.bitmap.close();
      },
    });
    for (const frame of checked) {
      const [mine, theirs] = await Promise.all([video.get(frame), fromServer(frame)]);
      const isSame = isSamePicture(mine.bitmap, theirs);
      theirs.close();
      mine.bitmap.close();
      if (isSame) continue;
      isOfColors = frame === checked[0];
      throw new Error(`Frame ${frame} of the file looks different in this browser and on the server.`);
    }
    isInUse = true;
    source.setVideo(video);
    return { isUsed: true };
  } catch (error) {
    worker.terminate();
    return { isUsed: false, why: error instanceof Error ? error.message : String(error), isOfColors };
  }
}
