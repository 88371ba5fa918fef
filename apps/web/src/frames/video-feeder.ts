// Frames of the uploaded file, decoded in a worker. It is used only after its pictures were compared with the server's.
import type { Picture } from './picture.ts';
import { FrameDropped } from './server-feeder.ts';
import type { VideoFeeder } from './source.ts';
import type { VideoAnswer, VideoRequest } from './video-message.ts';

export interface OpenVideoOptions {
  worker: Worker;
  url: string;
  /** Number of the first frame of the job, and the times of its frames. */
  first: number;
  times: Float64Array;
  size: { width: number; height: number };
  colors: 'likely' | 'other';
  /** Called with every frame that is decoded, asked for or passed by. */
  onPicture: (picture: Picture) => void;
}

/** Rejects with the reason when the file cannot be used here. */
export async function openVideo(options: OpenVideoOptions): Promise<WorkerVideo> {
  const { worker, url, times, size, colors } = options;
  const opened = Promise.withResolvers<Int32Array>();
  worker.onmessage = ({ data }: MessageEvent<VideoAnswer>) => {
    if (data.type === 'opened') opened.resolve(data.keys);
    else if (data.type === 'refused') opened.reject(new Error(data.why));
  };
  worker.onerror = (event) => opened.reject(new Error(event.message || 'The decoder cannot be started.'));
  post(worker, { type: 'open', url: new URL(url, location.href).href, times, size, colors });
  return new WorkerVideo(options, await opened.promise);
}

function post(worker: Worker, message: VideoRequest): void {
  worker.postMessage(message);
}

export class WorkerVideo implements VideoFeeder {
  readonly #options: OpenVideoOptions;
  readonly #keys: Int32Array;
  readonly #waiting = new Map<number, PromiseWithResolvers<Picture>>();
  #wanted: readonly number[] = [];
  #last = -1;

  constructor(options: OpenVideoOptions, keys: Int32Array) {
    this.#options = options;
    this.#keys = keys;
    options.worker.onmessage = ({ data }: MessageEvent<VideoAnswer>) => this.#hear(data);
  }

  distance(frame: number): number {
    const index = frame - this.#options.first;
    const fromKey = index - this.#keys[index]!;
    const fromHere = this.#last <= index ? index - this.#last : Number.POSITIVE_INFINITY;
    return Math.min(fromKey, fromHere);
  }

  get(frame: number): Promise<Picture> {
    const index = frame - this.#options.first;
    const known = this.#waiting.get(index);
    if (known) return known.promise;
    const result = Promise.withResolvers<Picture>();
    result.promise.catch(() => {});
    this.#waiting.set(index, result);
    if (!this.#wanted.includes(index)) this.#ask([index, ...this.#wanted]);
    return result.promise;
  }

  want(frames: readonly number[]): void {
    const indexes = frames.map((frame) => frame - this.#options.first);
    for (const [index, { reject }] of this.#waiting) {
      if (indexes.includes(index)) continue;
      this.#waiting.delete(index);
      reject(new FrameDropped(index + this.#options.first));
    }
    this.#ask(indexes.filter((index) => this.#waiting.has(index)));
  }

  close(): void {
    this.#options.worker.terminate();
    for (const [index, { reject }] of this.#waiting) reject(new FrameDropped(index + this.#options.first));
    this.#waiting.clear();
  }

  #ask(indexes: readonly number[]): void {
    this.#wanted = indexes;
    post(this.#options.worker, { type: 'want', indexes });
  }

  #hear(data: VideoAnswer): void {
    if (data.type === 'frame') {
      const { index, bitmap } = data;
      const picture: Picture = { frame: index + this.#options.first, quality: 'preview', from: 'video', bitmap };
      this.#last = index;
      this.#options.onPicture(picture);
      this.#waiting.get(index)?.resolve(picture);
      this.#waiting.delete(index);
    } else if (data.type === 'failed') {
      this.#waiting.get(data.index)?.reject(new Error(data.why));
      this.#waiting.delete(data.index);
    }
  }
}
