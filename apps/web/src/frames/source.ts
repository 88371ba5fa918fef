// All pictures of a job: one cache, two feeders. The video feeder decodes the file that was uploaded, the server feeder
// asks for single pictures. Where a frame lies far from its key frame both are asked, and the first answer is shown.
import { ByteCache } from './byte-cache.ts';
import { bitmapBytes, type Picture } from './picture.ts';
import { framesAhead, type Motion } from './prefetch.ts';
import { FrameDropped, type ServerFeeder } from './server-feeder.ts';
import type { FrameTable } from './table.ts';

/** Decodes frames of the file itself. */
export interface VideoFeeder {
  /** Frames that must be decoded to reach this one from where the decoder stands. */
  distance(frame: number): number;
  get(frame: number): Promise<Picture>;
  /** Frames that are wanted next, the most urgent first. What is not among them may be given up. */
  want(frames: readonly number[]): void;
  close(): void;
}

/** From this many steps of decoding on the server is asked at the same time. */
const RACE_FROM = 30;

export interface SourceOptions {
  table: FrameTable;
  /** First and last frame of the job. */
  first: number;
  last: number;
  server: ServerFeeder;
  /** Bytes of decoded pictures that may be kept. */
  limit?: number;
}

export interface SourceStats {
  fromVideo: number;
  fromServer: number;
  cachedBytes: number;
}

export class FrameSource {
  /** Times of the frames; exact ones take the place of those made from the rate when they come. */
  table: FrameTable;
  readonly first: number;
  readonly last: number;
  readonly #server: ServerFeeder;
  readonly #cache: ByteCache<Picture>;
  readonly #exact: ByteCache<Picture>;
  readonly #listeners = new Set<(frame: number) => void>();
  #video: VideoFeeder | undefined;
  #wanted = new Map<number, number>();
  #counts = { video: 0, server: 0 };
  #isClosed = false;

  constructor({ table, first, last, server, limit = 192e6 }: SourceOptions) {
    this.table = table;
    this.first = first;
    this.last = last;
    this.#server = server;
    const options = {
      bytesOf: (picture: Picture) => bitmapBytes(picture.bitmap),
      release: (picture: Picture) => picture.bitmap.close(),
    };
    this.#cache = new ByteCache({ ...options, limit });
    this.#exact = new ByteCache({ ...options, limit: limit / 6 });
  }

  get stats(): SourceStats {
    return {
      fromVideo: this.#counts.video,
      fromServer: this.#counts.server,
      cachedBytes: this.#cache.bytes + this.#exact.bytes,
    };
  }

  get feeder(): 'video' | 'server' {
    return this.#video ? 'video' : 'server';
  }

  /** From now on frames come from the file too; undefined: only from the server again. */
  setVideo(feeder: VideoFeeder | undefined): void {
    this.#video?.close();
    this.#video = feeder;
    if (this.#isClosed) feeder?.close();
  }

  /** A picture that came without being asked for: decoded on the way to another one. */
  offer(picture: Picture): void {
    this.#keep(picture);
  }

  /** Hears of every frame whose picture came, or came in a better form. */
  subscribe(listener: (frame: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  peek(frame: number): Picture | undefined {
    return this.#cache.get(frame);
  }

  peekExact(frame: number): Picture | undefined {
    return this.#exact.get(frame);
  }

  loaded(): Iterable<number> {
    return this.#cache.frames();
  }

  /** The cached frame that is nearest: what scrubbing shows while the pointer moves. */
  nearest(frame: number): Picture | undefined {
    let best: number | undefined;
    for (const n of this.#cache.frames()) {
      if (best === undefined || Math.abs(n - frame) < Math.abs(best - frame)) best = n;
    }
    return best === undefined ? undefined : this.#cache.get(best);
  }

  /** The picture of a frame, from wherever it comes first. Rejects with words that can be shown, or with FrameDropped. */
  async get(frame: number): Promise<Picture> {
    const cached = this.#cache.get(frame);
    if (cached) return cached;
    return this.#fetch(frame, 0);
  }

  /** The exact pixels of a frame. */
  async getExact(frame: number): Promise<Picture> {
    const cached = this.#exact.get(frame);
    if (cached) return cached;
    const picture = await this.#server.get(frame, 'original', 1);
    this.#exact.set(frame, picture);
    this.#tell(frame);
    return picture;
  }

  /** Fetches what will be asked for next, and ends requests for what will not. */
  window(motion: Motion): void {
    const room = Math.floor(this.#cache.limit / this.#pictureBytes());
    const frames = framesAhead(motion, { first: this.first, last: this.last, room });
    this.#wanted = new Map(frames.map((frame, rank) => [frame, rank]));
    this.#cache.pin([motion.center, motion.center - 1, motion.center + 1]);
    this.#server.rank((frame, quality) => (quality === 'original' ? 1 : this.#wanted.get(frame)));
    this.#video?.want(frames);
    for (const [frame, rank] of this.#wanted) {
      if (frame !== motion.center && !this.#cache.has(frame)) this.#fetch(frame, rank).catch(() => {});
    }
  }

  /** Memory runs short: keep half of what was kept. */
  shrink(): void {
    this.#cache.limit /= 2;
  }

  close(): void {
    this.#isClosed = true;
    this.#server.close();
    this.#video?.close();
    this.#cache.clear();
    this.#exact.clear();
    this.#listeners.clear();
  }

  async #fetch(frame: number, rank: number): Promise<Picture> {
    const video = this.#video;
    if (!video) return this.#keep(await this.#server.get(frame, 'preview', rank));
    const decoded = video.get(frame).then((picture) => this.#keep(picture));
    if (rank > 0 || video.distance(frame) <= RACE_FROM) {
      return decoded.catch((error) => {
        if (error instanceof FrameDropped) throw error;
        return this.#fromServer(frame, rank);
      });
    }
    return Promise.any([decoded, this.#fromServer(frame, rank)]).catch((error: unknown) => {
      throw error instanceof AggregateError ? (error.errors.at(-1) as unknown) : error;
    });
  }

  async #fromServer(frame: number, rank: number): Promise<Picture> {
    const picture = await this.#server.get(frame, 'preview', rank);
    const before = this.#cache.get(frame);
    if (before?.from === 'video') {
      picture.bitmap.close();
      return before;
    }
    return this.#keep(picture);
  }

  #keep(picture: Picture): Picture {
    const before = this.#cache.get(picture.frame);
    if (before === picture) return picture;
    this.#counts[picture.from]++;
    this.#cache.set(picture.frame, picture);
    this.#tell(picture.frame);
    return picture;
  }

  #pictureBytes(): number {
    for (const frame of this.#cache.frames()) {
      const picture = this.#cache.get(frame);
      if (picture) return bitmapBytes(picture.bitmap);
    }
    return 4 * 1280 * 720;
  }

  #tell(frame: number): void {
    for (const listener of this.#listeners) listener(frame);
  }
}
