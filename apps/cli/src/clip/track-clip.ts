import { readConfig } from '../config.ts';
import { Interrupted } from '../errors.ts';
import type { Format } from '../formats/formats.ts';
import type { Io } from '../io.ts';
import type { ModelChoice } from '../model.ts';
import { readPromptsFile } from '../prompts/prompts-file.ts';
import type { TrackEvents } from '../track/events.ts';
import { runTrack } from '../track/run.ts';
import type { TrackReport } from '../track/tracking.ts';
import type { Clip } from './clip-folder.ts';
import { type ObjectScore, scoreResults } from './score.ts';

/** Tracks a rendered clip the way `roto track` does, from its files alone, and compares with the truth. */
export async function trackClip(
  clip: Clip,
  out: string,
  model: ModelChoice,
  formats: readonly Format[],
  events: TrackEvents,
  io: Io,
): Promise<{ report: TrackReport; scores: ObjectScore[] }> {
  const objects = await readPromptsFile(clip.prompts);
  const request = { input: clip.video, objects, to: undefined, backward: false, model, out, formats } as const;
  const report = await runTrack({ ...request, existing: 'overwrite' }, events, readConfig(io.env), io);
  if (report.interrupted) throw new Interrupted();
  return { report, scores: await scoreResults(report.files.results!, clip.truth) };
}
