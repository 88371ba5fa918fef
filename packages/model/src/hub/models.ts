import { existsSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Architecture } from '../sam2/variants.ts';
import { readConfigJson } from '../weights/config-json.ts';
import { parameterCount } from '../weights/inventory.ts';
import { openTensorFile, openWeights } from '../weights/open.ts';
import type { WeightSource } from '../weights/source.ts';
import { CachedRepo } from './cache.ts';
import { isWhole, promisedDigest } from './digest.ts';
import { HubError } from './errors.ts';
import { cachedFile } from './fetch-file.ts';
import {
  builtinFolder,
  cachedModel,
  downloadModel,
  localModel,
  locateModel,
  type ModelFiles,
  type ModelOptions,
  modelType,
  SAM2_TYPE,
} from './locate.ts';
import { publishedModels } from './published.ts';

export type ResolvedModel = {
  /** As it was asked for. */
  readonly id: string;
  readonly files: ModelFiles;
  readonly architecture: Architecture;
  readonly weights: WeightSource;
  /** SHA-256 of the weight file. */
  readonly checksum: string;
};

/** Finds a model by any of its names (see `locateModel`), downloads it if need be, and opens its weights strictly. */
export async function resolveModel(id: string, options: ModelOptions): Promise<ResolvedModel> {
  return openModel(id, await locateModel(id, options));
}

/** Makes sure that the newest contents of a revision are in the cache and whole; a damaged copy is fetched again. */
export async function pullModel(id: string, options: ModelOptions): Promise<ResolvedModel> {
  const local = localModel(id, options);
  if (local) return openModel(id, local);
  let files = await downloadModel(id, options);
  for (const file of [files.config, files.weights]) {
    const report = (received: number, total: number) =>
      options.onProgress?.({ repo: id, file: path.basename(file ?? ''), state: 'hashing', received, total });
    if (file === undefined || (await isWhole(file, { signal: options.signal, report }))) continue;
    if (options.hub.offline)
      throw new HubError(
        'hub-checksum',
        `${file} is damaged. Pull ${id} once with the network on; it is fetched again.`,
      );
    await rm(realpathSync(file), { force: true });
    await rm(file, { force: true });
    files = await downloadModel(id, options);
  }
  return openModel(id, files);
}

export type ListedModel = {
  readonly id: string;
  readonly kind: 'builtin' | 'published' | 'cached';
  readonly version: '2.0' | '2.1' | undefined;
  readonly parameters: number | undefined;
  /** Of the weights, on disk where they are, else to download. */
  readonly bytes: number | undefined;
  /** Where the weights lie on this machine; undefined when they would have to be downloaded. */
  readonly path: string | undefined;
  readonly commit: string | undefined;
  /** What `revision` must say to find it: a commit that was pinned. Undefined where the name alone is enough. */
  readonly revision: string | undefined;
};

/** The built-in model, the eight published ones, and every other SAM 2 video model in the cache. */
export function listModels(options: Pick<ModelOptions, 'hub' | 'builtinDir'>): ListedModel[] {
  const listed: ListedModel[] = [];
  const builtin = options.builtinDir ?? builtinFolder;
  if (existsSync(path.join(builtin, 'model.safetensors'))) listed.push(inspect('builtin', 'builtin', options));
  for (const { id, version, parameters, bytes } of publishedModels)
    for (const revision of revisionsHere(id, options) ?? [undefined]) {
      const files = cachedModel(id, { ...options, revision });
      const place = { path: files?.weights, commit: files?.commit, revision };
      listed.push({ id, kind: 'published', version, parameters, bytes, ...place });
    }
  for (const id of CachedRepo.list(options.hub.cacheDir)) {
    if (listed.some((model) => model.id === id)) continue;
    for (const revision of revisionsHere(id, options) ?? [undefined]) {
      const config = cachedFile(options.hub, id, revision ?? 'main', 'config.json');
      if (config && modelType(config.path) === SAM2_TYPE) listed.push(inspect(id, 'cached', { ...options, revision }));
    }
  }
  return listed;
}

/** The revisions under which a model's files are here: its name alone where that finds them, else pinned commits. */
function revisionsHere(id: string, options: ModelOptions): readonly (string | undefined)[] | undefined {
  if (cachedModel(id, options)) return [undefined];
  const commits = new CachedRepo(options.hub.cacheDir, id).commits();
  const here = commits.filter((revision) => cachedModel(id, { ...options, revision }));
  return here.length > 0 ? here : undefined;
}

/** Facts of a model on this machine. One whose files cannot be read is listed all the same, without its numbers. */
function inspect(id: string, kind: 'builtin' | 'cached', options: ModelOptions): ListedModel {
  const files = kind === 'builtin' ? localModel(id, options) : cachedModel(id, options);
  const bare = { id, kind, version: undefined, parameters: undefined, bytes: undefined };
  const { revision } = options;
  if (!files) return { ...bare, path: undefined, commit: undefined, revision };
  const place = { path: files.weights, commit: files.commit, revision };
  try {
    const file = openTensorFile(files.weights);
    const { architecture } = openWeights(file, { origin: id, identity: '', ...configured(files, id) });
    const { version } = architecture;
    return { id, kind, version, parameters: parameterCount(architecture), bytes: file.file.size, ...place };
  } catch {
    return { ...bare, ...place };
  }
}

/** @param known  SHA-256 of the weights as they are; without it the name of a cached file's blob is believed */
export function openModel(id: string, files: ModelFiles, known?: string): ResolvedModel {
  const file = openTensorFile(files.weights);
  const promised = promisedDigest(files.weights);
  const checksum = known ?? (promised?.algorithm === 'sha256' ? promised.value : file.file.sha256());
  const origin = files.kind === 'builtin' || files.kind === 'hub' ? id : files.weights;
  return { id, files, checksum, ...openWeights(file, { origin, identity: checksum, ...configured(files, id) }) };
}

function configured(
  { config, weights, kind }: ModelFiles,
  id: string,
): { configure?: (version: '2.0' | '2.1') => Architecture } {
  if (config === undefined) return {};
  // A config.json says what its folder is, and lies beside any number of checkpoints.
  const own = weights.endsWith('.safetensors') ? path.basename(path.dirname(weights)) : path.parse(weights).name;
  const name = kind === 'builtin' || kind === 'hub' ? id : own;
  return { configure: (version) => readConfigJson(config, name, version) };
}
