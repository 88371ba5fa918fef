import type { FrameResult } from '@roto/annotations/results';
import { encodeRle, maskBounds } from '@roto/geometry';
import type { ResolvedModel, Sam2 } from '@roto/model';
import {
  createSession,
  restoreSession,
  smallPromptText,
  type FrameResult as TrackedFrame,
  TrackerError,
  type TrackingSession,
} from '@roto/tracker';
import type { Config } from '../config.ts';
import type { Format } from '../formats/formats.ts';
import { type Written, writeFormats } from '../formats/write-formats.ts';
import { type ModelChoice, openModel } from '../model.ts';
import { plural } from '../print.ts';
import type { ResolvedObject } from '../prompts/resolve.ts';
import type { TrackEvents } from './events.ts';
import { diskError } from './output-folder.ts';
import { frameAt, type PassPlan, passLength } from './pass.ts';
import { Recomputation } from './recompute.ts';
import type { ResultsFile } from './results-file.ts';
import { listSnapshots, readSnapshot, writeSnapshot } from './snapshots.ts';
import type { StandInSource } from './stand-in.ts';

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

/** What a run works with, once nothing can be refused any more. */
export type TrackingParts = {
  readonly source: StandInSource;
  readonly pass: PassPlan;
  readonly objects: readonly ResolvedObject[];
  readonly model: ResolvedModel;
  /** As it is computed. */
  readonly choice: ModelChoice;
  readonly out: string;
  readonly formats: readonly Format[];
  readonly events: TrackEvents;
  readonly config: Config;
  readonly signal: AbortSignal;
};

/** One run over its pass: the session, its results and snapshots, and at the end the files of the formats. */
export class Tracking {
  readonly #parts: TrackingParts;
  readonly #labels: ReadonlyMap<string, string>;

  constructor(parts: TrackingParts) {
    this.#parts = parts;
    this.#labels = new Map(parts.objects.map(({ id, label }) => [String(id), label]));
  }

  /** @param openOutput  called when there is a first frame to write; what it opens is the caller's to close */
  async start(openOutput: () => Promise<ResultsFile>): Promise<TrackReport> {
    await using model = await this.#model();
    await using session = await this.#prompted(model);
    this.#begin(0, 0);
    return await this.#track(session, 0, openOutput);
  }

  async resume(results: ResultsFile): Promise<TrackReport> {
    const total = passLength(this.#parts.pass);
    // More may be there than this command asks for; it is kept.
    if (results.count >= total) {
      this.#begin(results.count, 0);
      return await this.#finish(results, { tracked: 0, seconds: 0, interrupted: false });
    }
    await using model = await this.#model();
    const restored = await this.#restore(model, results);
    await using session = restored?.session ?? (await this.#prompted(model));
    const place = restored?.place ?? 0;
    this.#begin(results.count, results.count - place);
    return await this.#track(session, place, results);
  }

  #model(): Promise<Sam2> {
    const { model, choice, config } = this.#parts;
    return openModel(model, choice, config);
  }

  /** A session in which every prompt is said and none is tracked. */
  async #prompted(model: Sam2): Promise<TrackingSession> {
    const { source, objects, events, signal } = this.#parts;
    const session = createSession(model, source);
    try {
      for (const { id, prompts } of objects)
        for (const { frame, prompt } of prompts) {
          const { small } = await session.addPrompt(String(id), frame, prompt, signal);
          if (small) events.warn(`Object ${id}, frame ${frame}: ${smallPromptText(small, model.config)}.`);
        }
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** The newest snapshot that can be read and whose frames are all in the results file. */
  async #restore(model: Sam2, results: ResultsFile): Promise<{ session: TrackingSession; place: number } | undefined> {
    const snapshots = (await listSnapshots(this.#parts.out))
      .map((snapshot) => ({ snapshot, place: results.done.indexOf(snapshot.frame) + 1 }))
      .filter(({ place }) => place > 0)
      .sort((a, b) => b.place - a.place);
    for (const { snapshot, place } of snapshots) {
      try {
        return { session: restoreSession(model, this.#parts.source, await readSnapshot(snapshot)), place };
      } catch (error) {
        if (!(error instanceof TrackerError) && !exitIsOurs(error)) throw error;
        this.#parts.events.warn(
          `${snapshot.file} cannot be used (${(error as Error).message}) An earlier state is taken.`,
        );
      }
    }
    return undefined;
  }

  #begin(done: number, recompute: number): void {
    const { events, source, pass, model, choice, objects } = this.#parts;
    events.start({
      source: source.info,
      pass,
      model: model.architecture,
      choice,
      objects: objects.map(({ id, label }) => ({ id, label })),
      done,
      total: passLength(pass),
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
    const { pass, events, out, signal } = this.#parts;
    const total = passLength(pass);
    let began = performance.now();
    let results = typeof output === 'function' ? undefined : output;
    const finished = results && new Recomputation(results, place, events);
    let done = place;
    let added = 0;
    let failure: { error: unknown } | undefined;
    let saved = { done: place, at: began };
    const save = async (to: ResultsFile): Promise<void> => {
      await to.flush();
      await writeSnapshot(out, frameAt(pass, done - 1), session.snapshot());
      saved = { done, at: performance.now() };
    };
    try {
      const from = frameAt(pass, place);
      const { to, direction } = pass;
      for await (const tracked of session.propagate({ from, to, direction, signal })) {
        const frame = this.#toResult(tracked);
        results ??= typeof output === 'function' ? await output() : output;
        if (finished?.covers(done)) {
          await finished.compare(done++, frame);
          began = performance.now(); // the speed told at the end is that of new frames
        } else {
          await results.append(frame);
          added++;
          events.frame(frame, ++done, total);
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
    const interrupted = failure !== undefined && signal.aborted;
    if (failure && !interrupted && results)
      events.warn(
        `${plural(results.count, 'frame')} ${results.count === 1 ? 'is' : 'are'} kept in ${out}; the same command with --resume goes on.`,
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
    const { out, formats, pass, source, events } = this.#parts;
    // After an interruption the files of the frames done are still written; one that comes now ends the writing.
    const signal = facts.interrupted ? undefined : this.#parts.signal;
    let written: Written;
    try {
      written = await writeFormats(out, formats, results, source, events, signal);
    } catch (error) {
      throw diskError(out, error);
    }
    return {
      folder: out,
      files: { results: results.path, ...written.files },
      pass,
      done: Math.min(results.count, passLength(pass)),
      total: passLength(pass),
      ...facts,
      interrupted: facts.interrupted || written.unwritten.length > 0,
      unwritten: written.unwritten,
    };
  }

  #toResult({ frame, timeSec, objects }: TrackedFrame): FrameResult {
    const { source } = this.#parts;
    const pictureOf = source.pictureOf(frame);
    const { name } = source.frames[frame]!;
    return {
      frame,
      ...(name !== undefined && { name }),
      timeSec,
      ...(pictureOf !== undefined && { pictureOf }),
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
