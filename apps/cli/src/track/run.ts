import path from 'node:path';
import { type FrameResult, resultsHeaderLine } from '@roto/annotations';
import { encodeRle, maskBounds } from '@roto/geometry';
import { type FrameSource, openSource, type SourceInfo } from '@roto/media';
import type { ResolvedModel, Sam2 } from '@roto/model';
import {
  createSession,
  restoreSession,
  type FrameResult as TrackedFrame,
  TrackerError,
  type TrackingSession,
} from '@roto/tracker';
import type { Config } from '../config.ts';
import { damageWarning } from '../damage.ts';
import { outputError, usageError } from '../errors.ts';
import type { Format } from '../formats/formats.ts';
import { type Written, writeFormats } from '../formats/write-formats.ts';
import type { Io } from '../io.ts';
import { computedChoice, findModel, type ModelChoice, openModel } from '../model.ts';
import { plural } from '../print.ts';
import type { ObjectPlan } from '../prompts/plan.ts';
import { type ResolvedObject, resolvePrompts } from '../prompts/resolve.ts';
import type { TrackEvents } from './events.ts';
import { fingerprint } from './fingerprint.ts';
import { checkSameRun, resultHeader } from './header.ts';
import { claimOutput, clearOutput, diskError, type Existing, inspectOutput, OUTPUT } from './output-folder.ts';
import { frameAt, type PassPlan, passLength, planPass, unreachedPrompts } from './pass.ts';
import { Recomputation } from './recompute.ts';
import { ResultsFile } from './results-file.ts';
import { listSnapshots, readSnapshot, writeSnapshot } from './snapshots.ts';
import { withStandIns } from './stand-in.ts';
import { checkWriteAccess } from './write-access.ts';

export type TrackRequest = {
  /** A video, a folder of images, or images. */
  readonly input: string | readonly string[];
  readonly objects: readonly ObjectPlan[];
  /** Last frame, inclusive; the end of the video (backward: its beginning) when left out. */
  readonly to: number | undefined;
  readonly backward: boolean;
  readonly model: ModelChoice;
  readonly out: string;
  readonly existing: Existing;
  readonly formats: readonly Format[];
};

export type TrackReport = {
  readonly folder: string;
  /** Files and folders that are there now, by format; `results` always. */
  readonly files: Readonly<Record<string, string>>;
  readonly pass: PassPlan;
  /** Frames with results, of those that the pass has. */
  readonly done: number;
  readonly total: number;
  /** Of this run: frames tracked, seconds from the first to the last of them. */
  readonly tracked: number;
  readonly seconds: number;
  readonly interrupted: boolean;
  /** Formats that were asked for and that an interruption came before. */
  readonly unwritten: readonly Format[];
};

/** A snapshot is taken after this many frames, or after this time, whichever comes first. */
const SNAPSHOT_FRAMES = 16;
const SNAPSHOT_MS = 10_000;

/**
 * Tracks, and writes the output folder. Everything that can be refused is refused before anything is written there;
 * the folder appears with its first finished frame. On an interruption, and on an error in the middle, the frames
 * done are kept and their files are written; the error is thrown after that.
 */
export async function runTrack(asked: TrackRequest, events: TrackEvents, config: Config, io: Io): Promise<TrackReport> {
  const { input, objects, out, formats } = asked;
  using _told = { [Symbol.dispose]: () => events.stop() };
  await using opened = await openSource(input);
  const damage = damageWarning(opened.info);
  if (damage !== undefined) events.warn(damage);
  const prompted = new Set(objects.flatMap(({ prompts }) => prompts.map(({ frame }) => frame)));
  const source = withStandIns(opened, prompted, events.warn);
  const resolved = await resolvePrompts(objects, source.info);
  const pass = planPass(objects, asked.to, asked.backward, source.info);
  checkFormats(objects, formats, source.info);
  const state = await inspectOutput(out, asked.existing);
  const earlier = state === 'continue' ? await ResultsFile.peek(path.join(out, OUTPUT.results)) : undefined;
  await checkWriteAccess(out);
  const unreached = unreachedPrompts(objects, pass);
  if (unreached !== undefined) events.warn(unreached);
  // All that needs no model has been looked at; finding it may be a download.
  const model = await findModel(asked.model, config, io);
  const choice = computedChoice(asked.model, model.architecture, events.warn);
  const request = { ...asked, model: choice };
  const header = resultHeader(source, await fingerprint(input), model, choice, pass, resolved);
  io.signal.throwIfAborted();

  if (earlier) {
    checkSameRun(out, earlier, JSON.parse(resultsHeaderLine(header)));
    await using _lock = await claimOutput(out);
    await using results = await ResultsFile.reopen(path.join(out, OUTPUT.results));
    checkOrder(results, pass);
    return await new Run(request, source, pass, resolved, events, config, io, model).resume(results);
  }
  return await new Run(request, source, pass, resolved, events, config, io, model).start(async () => {
    const lock = await claimOutput(out);
    if (state === 'replace') await clearOutput(out);
    const results = await ResultsFile.create(path.join(out, OUTPUT.results), header);
    return {
      results,
      [Symbol.asyncDispose]: async () => {
        await results[Symbol.asyncDispose]();
        await lock[Symbol.asyncDispose]();
      },
    };
  });
}

/** What a format cannot hold is said before the work, not after it. */
function checkFormats(objects: readonly ObjectPlan[], formats: readonly Format[], { width, height }: SourceInfo): void {
  const large = formats.includes('davis') ? objects.find(({ id }) => id > 255) : undefined;
  if (large)
    throw usageError(
      `Object id ${large.id} does not fit DAVIS PNGs, which hold 1 to 255. Number the objects anew, or leave davis out of --format.`,
    );
  if (formats.includes('overlay') && [width, height].some((side) => side < 2 || side > 16384))
    throw usageError(
      `A video of ${width} × ${height} cannot be written; leave overlay out of --format (such as --format coco,davis,cvat).`,
    );
}

/** A results file of ours holds the frames of its pass one after another. */
function checkOrder(results: ResultsFile, pass: PassPlan): void {
  const odd = results.done.findIndex((frame, place) => frame !== frameAt(pass, place));
  if (odd >= 0)
    throw outputError(
      `${results.path}: line ${odd + 2} has frame ${results.done[odd]} where ${frameAt(pass, odd)} must follow. ` +
        'The file was changed; start again with --overwrite.',
    );
}

type OpenOutput = AsyncDisposable & { readonly results: ResultsFile };

/** One run over its pass. The fields are what all steps share; nothing in them changes. */
class Run {
  readonly #request: TrackRequest;
  readonly #source: FrameSource;
  readonly #pass: PassPlan;
  readonly #objects: readonly ResolvedObject[];
  readonly #events: TrackEvents;
  readonly #config: Config;
  readonly #io: Io;
  readonly #resolved: ResolvedModel;
  readonly #labels: ReadonlyMap<string, string>;

  constructor(
    request: TrackRequest,
    source: FrameSource,
    pass: PassPlan,
    objects: readonly ResolvedObject[],
    events: TrackEvents,
    config: Config,
    io: Io,
    resolved: ResolvedModel,
  ) {
    this.#request = request;
    this.#source = source;
    this.#pass = pass;
    this.#objects = objects;
    this.#events = events;
    this.#config = config;
    this.#io = io;
    this.#resolved = resolved;
    this.#labels = new Map(objects.map(({ id, label }) => [String(id), label]));
  }

  async start(openOutput: () => Promise<OpenOutput>): Promise<TrackReport> {
    await using model = await openModel(this.#resolved, this.#request.model, this.#config);
    await using session = await this.#prompted(model);
    this.#begin(0, 0);
    await using stack = new AsyncDisposableStack();
    return await this.#track(session, 0, async () => stack.use(await openOutput()).results);
  }

  async resume(results: ResultsFile): Promise<TrackReport> {
    const total = passLength(this.#pass);
    // More may be there than this command asks for; it is kept.
    if (results.count >= total) {
      this.#begin(results.count, 0);
      return await this.#finish(results, { tracked: 0, seconds: 0, interrupted: false });
    }
    await using model = await openModel(this.#resolved, this.#request.model, this.#config);
    const restored = await this.#restore(model, results);
    await using session = restored?.session ?? (await this.#prompted(model));
    const place = restored?.place ?? 0;
    this.#begin(results.count, results.count - place);
    return await this.#track(session, place, results);
  }

  /** A session in which every prompt is said and none is tracked. */
  async #prompted(model: Sam2): Promise<TrackingSession> {
    const session = createSession(model, this.#source);
    try {
      for (const { id, prompts } of this.#objects)
        for (const { frame, prompt } of prompts) await session.addPrompt(String(id), frame, prompt, this.#io.signal);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** The newest snapshot that can be read and whose frames are all in the results file. */
  async #restore(model: Sam2, results: ResultsFile): Promise<{ session: TrackingSession; place: number } | undefined> {
    const snapshots = (await listSnapshots(this.#request.out))
      .map((snapshot) => ({ snapshot, place: results.done.indexOf(snapshot.frame) + 1 }))
      .filter(({ place }) => place > 0)
      .sort((a, b) => b.place - a.place);
    for (const { snapshot, place } of snapshots) {
      try {
        return { session: restoreSession(model, this.#source, await readSnapshot(snapshot)), place };
      } catch (error) {
        if (!(error instanceof TrackerError) && !exitIsOurs(error)) throw error;
        this.#events.warn(`${snapshot.file} cannot be used (${(error as Error).message}) An earlier state is taken.`);
      }
    }
    return undefined;
  }

  #begin(done: number, recompute: number): void {
    this.#events.start({
      source: this.#source.info,
      pass: this.#pass,
      model: this.#resolved.architecture,
      choice: this.#request.model,
      objects: this.#objects.map(({ id, label }) => ({ id, label })),
      done,
      total: passLength(this.#pass),
      recompute,
    });
  }

  /**
   * Tracks on from a place of the pass. A new output is opened when there is a frame to write, and not before; with the
   * results of an earlier run the session first goes over those that are finished.
   */
  async #track(
    session: TrackingSession,
    place: number,
    output: ResultsFile | (() => Promise<ResultsFile>),
  ): Promise<TrackReport> {
    const total = passLength(this.#pass);
    let began = performance.now();
    let results = output instanceof ResultsFile ? output : undefined;
    const finished = results && new Recomputation(results, place, this.#events);
    let done = place;
    let added = 0;
    let failure: { error: unknown } | undefined;
    let saved = { done: place, at: began };
    const save = async (to: ResultsFile): Promise<void> => {
      await to.flush();
      await writeSnapshot(this.#request.out, frameAt(this.#pass, done - 1), session.snapshot());
      saved = { done, at: performance.now() };
    };
    try {
      const from = frameAt(this.#pass, place);
      const { to, direction } = this.#pass;
      for await (const tracked of session.propagate({ from, to, direction, signal: this.#io.signal })) {
        const frame = this.#toResult(tracked);
        results ??= output instanceof ResultsFile ? output : await output();
        if (finished?.covers(done)) {
          await finished.compare(done++, frame);
          began = performance.now(); // the speed told at the end is that of new frames
        } else {
          await results.append(frame);
          added++;
          this.#events.frame(frame, ++done, total);
        }
        const due = done - saved.done >= SNAPSHOT_FRAMES || performance.now() - saved.at >= SNAPSHOT_MS;
        if (due && done < total) await save(results);
        // The model computes on this thread; a signal is heard only where the loop lets others run.
        await new Promise(setImmediate);
      }
    } catch (error) {
      failure = { error };
    }
    const seconds = (performance.now() - began) / 1000;
    const interrupted = failure !== undefined && this.#io.signal.aborted;
    if (failure && !interrupted && results)
      this.#events.warn(
        `${plural(results.count, 'frame')} ${results.count === 1 ? 'is' : 'are'} kept in ${this.#request.out}; the same command with --resume goes on.`,
      );
    if (failure && !interrupted && exitIsOurs(failure.error)) throw failure.error;
    if (!results || results.count === 0) throw failure?.error;
    if (done > saved.done) await save(results);
    const report = await this.#finish(results, { tracked: added, seconds, interrupted });
    if (failure && !interrupted) throw failure.error;
    return report;
  }

  async #finish(
    results: ResultsFile,
    facts: Pick<TrackReport, 'tracked' | 'seconds' | 'interrupted'>,
  ): Promise<TrackReport> {
    const { out, formats } = this.#request;
    // After an interruption the files of the frames done are still written; one that comes now ends the writing.
    const signal = facts.interrupted ? undefined : this.#io.signal;
    let written: Written;
    try {
      written = await writeFormats(out, formats, results, this.#source, this.#events, signal);
    } catch (error) {
      throw diskError(out, error);
    }
    return {
      folder: out,
      files: { results: results.path, ...written.files },
      pass: this.#pass,
      done: Math.min(results.count, passLength(this.#pass)),
      total: passLength(this.#pass),
      ...facts,
      interrupted: facts.interrupted || written.unwritten.length > 0,
      unwritten: written.unwritten,
    };
  }

  #toResult({ frame, timeSec, objects }: TrackedFrame): FrameResult {
    return {
      frame,
      timeSec,
      objects: objects.map(({ id, mask, presence, iou }) => ({
        id: Number(id),
        label: this.#labels.get(id)!,
        mask: encodeRle(mask),
        presence: rounded(presence),
        predictedIou: rounded(iou),
        box: maskBounds(mask),
      })),
    };
  }
}

/** An output that cannot be written will not take the other files either. */
function exitIsOurs(error: unknown): boolean {
  return diskError('', error) !== error || (error instanceof Error && error.name === 'CliError');
}

/** Six digits: what a float32 score is worth in a file for people. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
