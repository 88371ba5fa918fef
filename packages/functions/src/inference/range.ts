import { MediaError, type MediaErrorCode, openSource, withStandIns } from '@roto/media';
import type { Sam2 } from '@roto/model';
import {
  createSession,
  type Direction,
  type FrameResult,
  restoreSession,
  smallPromptText,
  type TrackableSource,
  TrackerError,
  type TrackingSession,
} from '@roto/tracker';
import type { TrackedObject } from '@roto/wire';
import { BadRequestError } from '../errors.ts';
import { promptOf, type Sam2Shape, shapeOf } from '../functions/sam2.ts';
import type { FromWorker, RangeJob, ToWorker } from './messages.ts';
import { type FrameView, frameView, pictureSource } from './range-source.ts';
import type { Turns } from './worker.ts';

/** A snapshot goes along with every so many-th frame. */
const SNAPSHOT_FRAMES = 8;

type Adjust = Extract<ToWorker, { adjust: number }>;
type Steering = { target: number; readonly ended: Set<number>; pause: boolean; stop: boolean; wake: () => void };

/** The ranges that are under way in this process, at most one at a time in practice. */
export function createRanges(send: (message: FromWorker) => void, turns: Turns) {
  const steerings = new Map<number, Steering>();
  const pictures = pictureSource(send);
  return {
    adjust({ adjust, target, ended, pause, stop }: Adjust): void {
      const steering = steerings.get(adjust);
      if (!steering) return;
      if (target !== undefined) steering.target = target;
      for (const id of ended ?? []) steering.ended.add(id);
      if (pause !== undefined) steering.pause = pause;
      if (stop) steering.stop = true;
      steering.wake();
    },
    picture: pictures.arrived,
    /** Tracks until the target, or until it is told to stop; each frame is sent as it is done. */
    async run(id: number, model: Sam2, job: RangeJob): Promise<{ done: number }> {
      const steering: Steering = {
        target: job.params.target_frame,
        ended: new Set(),
        pause: false,
        stop: false,
        wake: () => undefined,
      };
      steerings.set(id, steering);
      try {
        await using opened = await openRange(job, pictures.source(id, job), send);
        return await trackRange(id, model, job, opened, steering, send, turns);
      } catch (error) {
        if (error instanceof TrackerError && error.code !== 'bad-bytes') throw new BadRequestError(error.message);
        // Trying again would read the same bytes. The reason is said without the path of this machine's copy.
        if (error instanceof MediaError && LASTING.has(error.code))
          throw new BadRequestError(`the media of the task cannot be read: ${error.reason}`);
        throw error;
      } finally {
        steerings.delete(id);
      }
    },
  };
}

type OpenedRange = AsyncDisposable & { readonly source: TrackableSource; readonly view: FrameView };

/** What is wrong with a file itself, and stays so. */
const LASTING: ReadonlySet<MediaErrorCode> = new Set([
  'damaged',
  'frame-undecodable',
  'no-frames',
  'no-video',
  'encrypted',
  'too-large',
  'unsupported-codec',
  'unsupported-container',
]);

async function openRange(
  job: RangeJob,
  remote: TrackableSource | undefined,
  send: (message: FromWorker) => void,
): Promise<OpenedRange> {
  if (job.media.kind === 'pictures') {
    const view = frameView(remote!, job.size, job.params.deleted_frames, 0, 1);
    return { ...view, view, async [Symbol.asyncDispose]() {} };
  }
  const { path, startFrame, step } = job.media;
  const file = await openSource(path);
  try {
    // As in `roto track`: a frame without a picture does not end the pass, unless a person said something on it.
    const prompted = job.params.objects.flatMap(({ prompts }) => prompts.map(({ frame }) => startFrame + frame * step));
    const source = withStandIns(file, new Set(prompted), (frame, at) =>
      send({
        say: `Run ${job.params.run}: source frame ${frame} is damaged and gives no picture; that of ${at} stands in`,
        level: 'warn',
      }),
    );
    const view = frameView(source, job.size, job.params.deleted_frames, startFrame, step);
    return { ...view, view, [Symbol.asyncDispose]: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function trackRange(
  id: number,
  model: Sam2,
  job: RangeJob,
  { source, view }: OpenedRange,
  steering: Steering,
  send: (message: FromWorker) => void,
  turns: Turns,
): Promise<{ done: number }> {
  const { params } = job;
  const direction: Direction = params.target_frame < params.start_frame ? 'backward' : 'forward';
  const sign = direction === 'forward' ? 1 : -1;
  const along = (frame: number): number => (frame - params.start_frame) * sign;
  const begun = await turns.take(() => begin(model, source, view, job, send));
  await using session = begun.session;

  /** Task frame that the session has come to; the start frame itself is the first that it visits. */
  let at = begun.frame ?? params.start_frame;
  let isBegun = begun.frame !== undefined;
  let sinceSnapshot = 0;
  for (;;) {
    const next = isBegun ? view.after(at, sign) : at;
    if (steering.stop || next === undefined || along(next) > along(steering.target)) return { done: at };
    const active = params.objects.filter(
      (object) =>
        !steering.ended.has(object.id) && (object.last_frame === null || along(next) <= along(object.last_frame)),
    );
    if (active.length === 0) return { done: at };
    // The pass goes to where the set of objects changes; what happens meanwhile ends it earlier.
    const lasts = active.flatMap((object) => (object.last_frame === null ? [] : [object.last_frame]));
    const end = [steering.target, ...lasts].reduce((a, b) => (along(b) < along(a) ? b : a));
    const ended = steering.ended.size;
    const pass = session.propagate({
      from: view.indexOf(next)!,
      to: view.indexOf(view.atOrBefore(end, sign))!,
      direction,
      objects: active.map((object) => String(object.id)),
    });
    try {
      for (;;) {
        const step = await turns.take(() => pass.next());
        if (step.done) break;
        at = view.frameAt(step.value.frame);
        isBegun = true;
        if (along(at) > 0) {
          sinceSnapshot++;
          const due = sinceSnapshot >= SNAPSHOT_FRAMES;
          if (due) sinceSnapshot = 0;
          const snapshot = due ? { snapshot: session.snapshot() } : {};
          // What is saved already is computed for its memory only.
          if (along(at) > along(params.done_frame) || due)
            send({
              tracked: id,
              frame: at,
              objects: results(step.value, job, along(at) <= along(params.done_frame)),
              ...snapshot,
            });
        }
        // The model computes on this thread; what the agent says is heard only here.
        await new Promise(setImmediate);
        while (steering.pause && !steering.stop)
          await new Promise<void>((resolve) => {
            steering.wake = resolve;
          });
        if (steering.stop || steering.ended.size > ended || along(at) >= along(steering.target)) break;
      }
    } finally {
      await pass.return();
    }
  }
}

/** The session as it goes on: from the best snapshot that can be read, else from the prompts. */
async function begin(
  model: Sam2,
  source: TrackableSource,
  view: FrameView,
  { params, snapshots }: RangeJob,
  send: (message: FromWorker) => void,
): Promise<{ session: TrackingSession; frame: number | undefined }> {
  for (const { frame, bytes } of snapshots) {
    try {
      const session = restoreSession(model, source, bytes);
      send({ say: `Run ${params.run} goes on from a snapshot at frame ${frame}`, level: 'info' });
      return { session, frame };
    } catch (error) {
      if (!(error instanceof TrackerError)) throw error;
      send({ say: `A snapshot at frame ${frame} cannot be used: ${error.message}`, level: 'warn' });
    }
  }
  const session = createSession(model, source);
  const { width, height } = source.info;
  try {
    for (const { id, prompts } of params.objects)
      for (const { frame, type, points } of prompts) {
        const index = view.indexOf(frame);
        // Somebody deleted the frame since; what was said on it is no frame of the task any more.
        if (index === undefined && frame !== params.start_frame) continue;
        if (index === undefined) throw new BadRequestError(`Frame with index ${frame} does not exist in the task`);
        const { small } = await session.addPrompt(String(id), index, promptOf({ type, points }, width, height));
        if (small)
          send({
            say: `Run ${params.run}, object ${id}, frame ${frame}: ${smallPromptText(small, model.config)}`,
            level: 'warn',
          });
      }
    return { session, frame: undefined };
  } catch (error) {
    await session.close();
    throw error;
  }
}

function results({ objects }: FrameResult, { params }: RangeJob, isSaved: boolean): TrackedObject[] {
  if (isSaved) return [];
  const types = new Map(params.objects.map(({ id, type }) => [String(id), type as Sam2Shape]));
  return objects.map(({ id, mask, presence, iou }) => ({
    id: Number(id),
    shape: shapeOf(mask, types.get(id)!),
    presence: rounded(presence),
    predicted_iou: Math.min(1, Math.max(0, rounded(iou))),
  }));
}

/** Six digits: what a float32 score is worth. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
