import path from 'node:path';
import { setImmediate as breath } from 'node:timers/promises';
import type { Architecture } from '../sam2/variants.ts';
import { parameterCount } from '../weights/inventory.ts';
import type { WeightSource } from '../weights/source.ts';
import { digestFile, promisedDigest } from './digest.ts';
import type { DownloadProgress } from './download.ts';
import { HubError } from './errors.ts';
import { cachedModel, localModel, type ModelFiles, type ModelOptions } from './locate.ts';
import { openModel } from './models.ts';

export type Verdict = {
  readonly id: string;
  readonly files: ModelFiles;
  readonly checksum: string;
  /** Whether the contents are those that the hub announced; 'unknown' for files that come from elsewhere. */
  readonly matches: boolean | 'unknown';
  readonly architecture: Architecture;
  readonly tensors: number;
  readonly parameters: number;
  /** Tensors with a value that is not finite. */
  readonly broken: readonly string[];
};

/** Reads every byte of a model that is on this machine: checksum, names, shapes, values. Downloads nothing. */
export async function verifyModel(id: string, options: ModelOptions): Promise<Verdict> {
  const files = localModel(id, options) ?? cachedModel(id, options);
  if (!files)
    throw new HubError('hub-offline', `${id} is not in ${options.hub.cacheDir}; pull it first. Nothing was verified.`);
  const { signal } = options;
  const file = path.basename(files.weights);
  let size = 0;
  const report = (state: DownloadProgress['state'], received: number, total: number) => {
    size = total;
    options.onProgress?.({ repo: id, file, state, received, total });
  };
  const hashing = { signal, report: (read: number, total: number) => report('hashing', read, total) };
  const checksum = await digestFile(files.weights, 'sha256', hashing);
  const promised = promisedDigest(files.weights);
  const found = promised?.algorithm === 'git-sha1' ? await digestFile(files.weights, 'git-sha1', { signal }) : checksum;
  const matches = promised ? found === promised.value : 'unknown';
  try {
    const { architecture, weights } = openModel(id, files, checksum);
    const broken = await brokenTensors(weights, signal, (share) => report('reading', Math.round(size * share), size));
    const tensors = [...weights.names()].length;
    return { id, files, checksum, matches, architecture, tensors, parameters: parameterCount(architecture), broken };
  } catch (cause) {
    signal?.throwIfAborted();
    if (matches !== false) throw cause;
    throw new HubError('hub-checksum', `${files.weights} is damaged. Pull ${id} again; it is fetched anew.`, { cause });
  }
}

/** Reads one tensor after the other, and lets others run in between, as a signal must be heard. */
async function brokenTensors(
  weights: WeightSource,
  signal: AbortSignal | undefined,
  report: (share: number) => void,
): Promise<string[]> {
  const names = [...weights.names()];
  const sizes = names.map((name) => weights.get(name).dims.reduce((a, b) => a * b, 1));
  const all = sizes.reduce((a, b) => a + b, 0);
  const broken: string[] = [];
  let read = 0;
  for (const [i, name] of names.entries()) {
    if (!weights.get(name).data.every(Number.isFinite)) broken.push(name);
    read += sizes[i]!;
    report(read / all);
    await breath();
    signal?.throwIfAborted();
  }
  return broken;
}
