import {
  type Architecture,
  effectivePrecision,
  openSam2,
  type ResolvedModel,
  resolveModel,
  type Sam2,
} from '@roto/model';
import { type Config, graphFolder } from './config.ts';
import type { Io } from './io.ts';
import { megabytes, plural, say } from './print.ts';
import { type Progress, startProgress } from './progress.ts';

export type Precision = 'float32' | 'int8';

/** Which model, and how it is run. */
export type ModelChoice = {
  readonly id: string;
  readonly revision: string | undefined;
  readonly device: string;
  readonly threads: number | undefined;
  readonly precision: Precision;
};

/** Finds the model's files, downloading them when they are missing, with a progress bar. */
export async function findModel(
  choice: Pick<ModelChoice, 'id' | 'revision'>,
  config: Config,
  io: Io,
): Promise<ResolvedModel> {
  const progress = downloadProgress(io);
  try {
    return await resolveModel(choice.id, {
      hub: config.hub,
      revision: choice.revision,
      signal: io.signal,
      onProgress: progress.update,
    });
  } finally {
    progress.stop();
  }
}

export async function openModel(resolved: ResolvedModel, choice: ModelChoice, config: Config): Promise<Sam2> {
  const cacheDir = await graphFolder(config);
  return openSam2({
    weights: resolved.weights,
    config: resolved.architecture,
    device: choice.device,
    precision: choice.precision,
    ...(choice.threads !== undefined && { threads: choice.threads }),
    ...(cacheDir !== undefined && { cacheDir }),
  });
}

/** The choice as it is computed with this model; `note` hears of what is not as it was asked for. */
export function computedChoice(
  choice: ModelChoice,
  architecture: Architecture,
  note: (message: string) => void,
): ModelChoice {
  const precision = effectivePrecision(architecture, choice.precision);
  if (precision !== choice.precision)
    note(
      `--precision ${choice.precision} changes nothing with ${architecture.name}: a model this small is computed in ${precision}, ` +
        'since it would gain little time and lose small masks.',
    );
  return { ...choice, precision };
}

export function describeModel({ name, imageSize }: Architecture, choice: ModelChoice): string {
  const threads = choice.threads === undefined ? '' : `, ${plural(choice.threads, 'thread')}`;
  return `${name} at ${imageSize} px, ${choice.precision} on ${choice.device}${threads}`;
}

type Download = { readonly file: string; readonly state: string; readonly received: number; readonly total: number };

const DOING: Readonly<Record<string, string>> = {
  downloading: 'Downloading',
  hashing: 'Hashing',
  reading: 'Reading the tensors of',
};

/** One bar for what is done with a file; small files come and go without one. */
export function downloadProgress(io: Io): { update: (progress: Download) => void; stop: () => void } {
  let current: { title: string; bar: Progress } | undefined;
  let waiting: string | undefined;
  return {
    update({ file, state, received, total }) {
      if (state === 'waiting') {
        if (waiting !== file) say(io, `Another process is downloading ${file}; waiting for it …`);
        waiting = file;
        return;
      }
      if (total < 1e6) return;
      const title = `${DOING[state]} ${file} (${megabytes(total)})`;
      if (current?.title !== title) {
        current?.bar.stop();
        const mb = (bytes: number) => Math.round(bytes / 1e5) / 10;
        current = { title, bar: startProgress(io, title, mb(total), 'MB', mb(received)) };
      }
      current.bar.update(Math.round(received / 1e5) / 10);
    },
    stop() {
      current?.bar.stop();
    },
  };
}
