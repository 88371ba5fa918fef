import path from 'node:path';
import { resultsHeaderLine } from '@roto/annotations/results';
import { openSource, type SourceInfo } from '@roto/media';
import type { Config } from '../config.ts';
import { damageWarning } from '../damage.ts';
import { outputError, usageError } from '../errors.ts';
import type { Format } from '../formats/formats.ts';
import type { Io } from '../io.ts';
import { computedChoice, findModel, type ModelChoice } from '../model.ts';
import { oddities } from '../oddities.ts';
import { printable } from '../print.ts';
import { type ObjectPlan, promptedFrames } from '../prompts/plan.ts';
import { resolvePrompts } from '../prompts/resolve.ts';
import type { TrackEvents } from './events.ts';
import { fingerprint } from './fingerprint.ts';
import { checkSameRun, resultHeader } from './header.ts';
import { checkOneSize, inSizeOf } from './one-size.ts';
import { claimOutput, clearOutput, type Existing, inspectOutput, OUTPUT } from './output-folder.ts';
import { frameAt, type PassPlan, planPass, unreachedPrompts } from './pass.ts';
import { ResultsFile } from './results-file.ts';
import { withStandIns } from './stand-in.ts';
import { Tracking, type TrackReport } from './tracking.ts';
import { checkWriteAccess } from './write-access.ts';

export type TrackRequest = {
  /** A video, a folder of images, or images. */
  readonly input: string | readonly string[];
  readonly objects: readonly ObjectPlan[];
  /** Last frame, inclusive; the end of the video (backward: its beginning) when left out. */
  readonly to: number | undefined;
  readonly backward: boolean;
  /** Of interlaced video, only the first field of each picture is looked at. */
  readonly deinterlace?: boolean;
  readonly model: ModelChoice;
  readonly out: string;
  readonly existing: Existing;
  readonly formats: readonly Format[];
};

/**
 * Tracks, and writes the output folder. Everything that can be refused is refused before anything is written there;
 * the folder appears with its first finished frame. On an interruption, and on an error in the middle, the frames
 * done are kept and their files are written; the error is thrown after that.
 */
export async function runTrack(asked: TrackRequest, events: TrackEvents, config: Config, io: Io): Promise<TrackReport> {
  const { input, objects, out, formats } = asked;
  using _told = { [Symbol.dispose]: () => events.stop() };
  await using file = await openSource(input, {
    sizes: 'any',
    deinterlace: asked.deinterlace ?? false,
    signal: io.signal,
  });
  const damage = damageWarning(file.info);
  if (damage !== undefined) events.warn(damage);
  for (const clause of oddities(file.info)) events.warn(`${printable(file.info.name)}: ${clause}.`);
  const opened = inSizeOf(file, promptedFrames(objects)[0] ?? 0);
  const source = withStandIns(opened, new Set(promptedFrames(objects)), events.warn);
  const resolved = await resolvePrompts(objects, source.info);
  const pass = planPass(objects, asked.to, asked.backward, source.info);
  checkOneSize(source, pass);
  checkFormats(objects, formats, source.info);
  const state = await inspectOutput(out, asked.existing);
  const earlier = state === 'continue' ? await ResultsFile.peek(path.join(out, OUTPUT.results)) : undefined;
  await checkWriteAccess(out);
  const unreached = unreachedPrompts(objects, pass);
  if (unreached !== undefined) events.warn(unreached);
  // All that needs no model has been looked at; finding it may be a download.
  const model = await findModel(asked.model, config, io);
  const choice = computedChoice(asked.model, model.architecture, events.warn);
  const header = resultHeader(source, await fingerprint(input, asked.deinterlace), model, choice, pass, resolved);
  io.signal.throwIfAborted();

  const { signal } = io;
  const parts = { source, pass, objects: resolved, model, choice, out, formats, events, config, signal };
  const tracking = new Tracking(parts);
  if (earlier) {
    checkSameRun(out, earlier, JSON.parse(resultsHeaderLine(header)));
    await using _lock = await claimOutput(out);
    await using results = await ResultsFile.reopen(path.join(out, OUTPUT.results));
    checkOrder(results, pass);
    return await tracking.resume(results);
  }
  // Closed in the opposite order. Not an AsyncDisposableStack, which Node 22 does not have.
  const toClose: AsyncDisposable[] = [];
  try {
    return await tracking.start(async () => {
      toClose.push(await claimOutput(out));
      if (state === 'replace') await clearOutput(out);
      const results = await ResultsFile.create(path.join(out, OUTPUT.results), header);
      toClose.push(results);
      return results;
    });
  } finally {
    for (const each of toClose.toReversed()) await each[Symbol.asyncDispose]();
  }
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
