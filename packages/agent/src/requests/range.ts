import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type Holder, type Queue } from '@roto/client';
import {
  BadRequestError,
  type RangeHandle,
  type RangeJob,
  type RangeMedia,
  runSnapshots,
  type Snapshots,
  WorkerCrashedError,
} from '@roto/functions';
import { checked, type FramesAnswer, type FramesBody, TrackRangeParams } from '@roto/wire';
import type { TaskMedia } from '../media/pictures.ts';
import type { Doing, Params, Work } from './work.ts';

/** Frames go to the server when so many are ready, or the first has waited so long. */
const BATCH_FRAMES = 8;
const BATCH_MS = 500;
/** Most frames of one request; the contract's limit is 256, and large masks make large bodies. */
const MOST_FRAMES = 64;
/** So many frames may wait for the server before tracking pauses. */
const MOST_WAITING = 256;
/** Crashes without a new frame in between, after which the request is given up. */
const MOST_CRASHES = 3;
const RETRY_MS = 500;
const MOST_RETRY_MS = 30_000;

/** The lease went to another agent, or the run is gone: nothing more may be said about it. */
export class LeaseLostError extends Error {
  readonly code = 'lease-lost';
  override readonly name = 'LeaseLostError';
}

export type RangeLease = {
  readonly queue: Queue;
  readonly requestId: string;
  readonly holder: Holder & { readonly fence: number };
  /** Hears what the server answers to heartbeats. */
  onAnswer(listen: (answer: FramesAnswer) => void): void;
};

type Frame = FramesBody['frames'][number];
type Tracked = {
  readonly frame: number;
  readonly objects: readonly Frame['objects'][number][];
  readonly snapshot?: Uint8Array;
};

/**
 * `track_range`: follows the objects to the target and streams each frame to the server as soon as it is tracked.
 * Inference never waits for the network (but for a server that is far behind). Snapshots are kept once their frame is
 * acknowledged, so that a crash of the inference process, or another agent, goes on near where this one stopped.
 * Throws LeaseLostError, BadRequestError, WorkerCrashedError, ApiError, and the signal's reason.
 */
export async function trackRange(work: Work, given: Params, lease: RangeLease, { signal }: Doing): Promise<void> {
  const params = checked(TrackRangeParams, given, 'track_range');
  const media = await work.pictures.media(params.task, signal);
  const rangeMedia = await mediaOf(work, media, params, signal);
  const identity = {
    run: params.run,
    digest: digest([work.client.base, mediaName(work, media), params, work.fingerprint]),
    objects: Object.fromEntries(params.objects.map(({ id, prompts }) => [String(id), hash(prompts)])),
  };
  const snapshots = runSnapshots(work.store, identity, lease.holder.fence, work.log);
  const sender = new Sender(params, lease, snapshots, signal);
  lease.onAnswer((answer) => sender.heard(answer));
  try {
    for (let crashes = 0; !sender.isOver; ) {
      const before = sender.received;
      try {
        await trackOnce(work, media, rangeMedia, sender, snapshots, signal);
        break;
      } catch (error) {
        if (!(error instanceof WorkerCrashedError)) throw error;
        crashes = sender.received === before ? crashes + 1 : 1;
        if (crashes >= MOST_CRASHES) throw error;
        work.log.warn(`Run ${params.run} goes on after frame ${sender.acknowledged} in a new inference process.`);
      }
    }
    await sender.flush();
  } finally {
    await sender.close();
  }
  await snapshots.drop().catch((error) => work.log.warn(`Snapshots of run ${params.run} stay: ${error.message}`));
}

/** One go of the inference process, from the newest usable snapshot. */
async function trackOnce(
  work: Work,
  media: TaskMedia,
  rangeMedia: RangeMedia,
  sender: Sender,
  snapshots: Snapshots,
  signal: AbortSignal,
): Promise<void> {
  const { params } = sender;
  const job: RangeJob = {
    params: { ...params, target_frame: sender.target, done_frame: sender.received },
    media: rangeMedia,
    size: media.size,
    snapshots: await snapshots.usable(params.start_frame, sender.acknowledged),
  };
  const handle = await work.inference.range(job, {
    tracked: (message) => sender.add(message),
    wanted: async (frame) => {
      const { path } = await work.pictures.get(media, frame, signal);
      // The next ones are fetched while this one is looked at.
      const step = Math.sign(params.target_frame - params.start_frame);
      for (const ahead of [1, 2]) work.pictures.get(media, frame + ahead * step, signal).catch(() => undefined);
      return path;
    },
  });
  const stop = (): void => handle.adjust({ stop: true });
  signal.addEventListener('abort', stop, { once: true });
  sender.steer(handle);
  try {
    await Promise.race([handle.done, sender.failed]);
  } finally {
    signal.removeEventListener('abort', stop);
    sender.steer(undefined);
    stop();
    // The process is free for others only when the pass has left it.
    await handle.done.catch(() => undefined);
  }
  signal.throwIfAborted();
}

/** Where the frames are read: the original file, byte for byte as `roto track` reads it, or picture by picture. */
async function mediaOf(
  work: Work,
  { task, meta }: TaskMedia,
  params: TrackRangeParams,
  signal: AbortSignal,
): Promise<RangeMedia> {
  const original = meta.roto?.original;
  if (original?.kind === 'video' && original.sha256) {
    const path = await work.originals.get(task.id, original.sha256, signal);
    return { kind: 'file', path, startFrame: original.start_frame, step: original.step };
  }
  const { start_frame: start, target_frame: target } = params;
  const first = meta.frames?.[start] ?? meta.frames?.[0];
  if (!first?.width || !first.height)
    throw new BadRequestError(`the server does not say how large task #${task.id} is`);
  // A server that gives one entry for all frames has them of one size.
  const odd = meta.frames!.findIndex(
    ({ width, height }, at) => (at - start) * (at - target) <= 0 && (width !== first.width || height !== first.height),
  );
  if (odd >= 0)
    throw new BadRequestError(
      `frame ${odd} is ${meta.frames![odd]!.width} × ${meta.frames![odd]!.height}, but the start frame ${start} is ` +
        `${first.width} × ${first.height}: an object cannot be followed into a picture of another size`,
    );
  return { kind: 'pictures', width: first.width, height: first.height };
}

function mediaName({ client }: Work, { task, meta, size }: TaskMedia): unknown {
  const original = meta.roto?.original;
  return original?.sha256
    ? [original.sha256, original.start_frame, original.step, size]
    : [client.base, task.id, meta.frames?.map(({ name }) => name), size];
}

/** All that masks follow from, apart from the prompts of each object. */
function digest([base, media, params, fingerprint]: [string, unknown, TrackRangeParams, string]): string {
  const sign = Math.sign(params.target_frame - params.start_frame);
  return hash([base, media, params.task, params.start_frame, sign, params.deleted_frames, fingerprint]);
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** Takes frames from inference and brings them to the server, in order, each until it is acknowledged. */
class Sender {
  readonly params: TrackRangeParams;
  /** Rejects when the server has said no for good. */
  readonly failed: Promise<never>;
  readonly #lease: RangeLease;
  readonly #snapshots: Snapshots;
  readonly #signal: AbortSignal;
  readonly #closed = new AbortController();
  readonly #waiting: Frame[] = [];
  /** Snapshots whose frame is not acknowledged yet; the newest two. */
  #unkept: { frame: number; bytes: Uint8Array }[] = [];
  readonly #ended = new Set<number>();
  #handle: RangeHandle | undefined;
  #target: number;
  #acknowledged: number;
  #received: number;
  #isOver = false;
  #paused = false;
  #hurry: (() => void) | undefined;
  #fail!: (error: unknown) => void;
  #failure: { readonly error: unknown } | undefined;
  #sending: Promise<void>;
  #keeping: Promise<unknown> = Promise.resolve();
  #finishing = false;

  constructor(params: TrackRangeParams, lease: RangeLease, snapshots: Snapshots, signal: AbortSignal) {
    this.params = params;
    this.#lease = lease;
    this.#snapshots = snapshots;
    this.#signal = signal;
    this.#target = params.target_frame;
    this.#acknowledged = params.done_frame;
    this.#received = params.done_frame;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined); // told by flush, too
    this.#sending = this.#send();
  }

  get target(): number {
    return this.#target;
  }
  /** Last frame that the server has. */
  get acknowledged(): number {
    return this.#acknowledged;
  }
  /** Last frame that inference has given. */
  get received(): number {
    return this.#received;
  }
  /** The server wants no more frames. */
  get isOver(): boolean {
    return this.#isOver;
  }

  steer(handle: RangeHandle | undefined): void {
    this.#handle = handle;
    this.#paused = false;
    if (!handle) return;
    if (this.#isOver) handle.adjust({ stop: true });
    else handle.adjust({ target: this.#target, ended: [...this.#ended] });
  }

  add({ frame, objects, snapshot }: Tracked): void {
    if (this.#along(frame) > this.#along(this.#received)) {
      this.#received = frame;
      this.#waiting.push({ frame, objects: objects.filter(({ id }) => !this.#ended.has(id)) });
      if (this.#waiting.length >= BATCH_FRAMES) this.#hurry?.();
      if (this.#waiting.length >= MOST_WAITING && !this.#paused) {
        this.#paused = true;
        this.#handle?.adjust({ pause: true });
      }
    }
    if (!snapshot) return;
    this.#unkept = [...this.#unkept.slice(-1), { frame, bytes: snapshot }];
    this.#keepSnapshots();
  }

  /** What the server says about the run. */
  heard(answer: FramesAnswer): void {
    if (this.#along(answer.done_frame) > this.#along(this.#acknowledged)) this.#acknowledged = answer.done_frame;
    this.#keepSnapshots();
    const ended = answer.ended.filter((id) => !this.#ended.has(id));
    for (const id of ended) this.#ended.add(id);
    if (answer.stop) {
      this.#isOver = true;
      this.#handle?.adjust({ stop: true });
      this.#hurry?.();
    } else if (answer.target_frame !== this.#target || ended.length > 0) {
      this.#target = answer.target_frame;
      this.#handle?.adjust({ target: this.#target, ended });
    }
  }

  /** Waits until the server has all that was added. Throws what sending threw. */
  async flush(): Promise<void> {
    this.#finishing = true;
    this.#hurry?.();
    await this.#sending;
    if (this.#failure) throw this.#failure.error;
    await this.#keeping;
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('closed'));
    this.#hurry?.();
    await this.#sending;
    await this.#keeping;
  }

  async #send(): Promise<void> {
    const stop = AbortSignal.any([this.#signal, this.#closed.signal]);
    try {
      while (!this.#isOver && !stop.aborted) {
        if (this.#waiting.length === 0 && this.#finishing) return;
        if (this.#waiting.length < BATCH_FRAMES && !this.#finishing) await this.#linger();
        const frames = this.#waiting.slice(0, MOST_FRAMES);
        if (frames.length === 0 || stop.aborted) continue;
        const answer = await this.#post(frames, stop);
        this.#waiting.splice(0, frames.length);
        this.heard(answer);
        if (this.#paused && this.#waiting.length < MOST_WAITING / 2) {
          this.#paused = false;
          this.#handle?.adjust({ pause: false });
        }
      }
    } catch (error) {
      if (stop.aborted) return;
      this.#failure = { error };
      this.#fail(error);
    }
  }

  /** Until there is a batch, something is to be finished, or the first frame has waited long enough. */
  async #linger(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, BATCH_MS);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = undefined;
  }

  /** Frames that arrive twice are no-ops on the server, so an answer that got lost is asked for again. */
  async #post(frames: readonly Frame[], signal: AbortSignal): Promise<FramesAnswer> {
    const { queue, requestId, holder } = this.#lease;
    for (let pause = RETRY_MS; ; pause = Math.min(MOST_RETRY_MS, pause * 2)) {
      try {
        return await queue.frames(requestId, { ...holder, frames: [...frames] }, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ApiError) {
          if (error.status === 409 || error.status === 404 || error.status === 403)
            throw new LeaseLostError(error.message, { cause: error });
          if (error.status < 500 && error.status !== 429) throw error;
        }
        const after = error instanceof ApiError ? error.retryAfter : undefined;
        await sleep(after === undefined ? pause : after * 1000, undefined, { signal });
      }
    }
  }

  /** Those whose frame is acknowledged; the newest of them is enough. */
  #keepSnapshots(): void {
    const due = this.#unkept.filter(({ frame }) => this.#along(frame) <= this.#along(this.#acknowledged));
    const newest = due.at(-1);
    if (!newest) return;
    this.#unkept = this.#unkept.filter((each) => !due.includes(each));
    this.#keeping = this.#keeping
      .then(() => this.#snapshots.keep(newest.frame, newest.bytes))
      // Without a snapshot a take-over takes longer, and is as right.
      .catch(() => undefined);
  }

  #along(frame: number): number {
    const { start_frame, target_frame } = this.params;
    return (frame - start_frame) * Math.sign(target_frame - start_frame);
  }
}
