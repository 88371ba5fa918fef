import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Architecture } from '../sam2/variants.ts';
import { readConfigJson } from '../weights/config-json.ts';
import { FileRanges } from '../weights/file-ranges.ts';
import { parameterCount } from '../weights/inventory.ts';
import { openTensorFile, openWeights } from '../weights/open.ts';
import type { WeightSource } from '../weights/source.ts';
import { CachedRepo, etagOf } from './cache.ts';
import { HubError } from './errors.ts';
import {
  builtinFolder,
  cachedModel,
  downloadModel,
  localModel,
  locateModel,
  type ModelFiles,
  type ModelOptions,
} from './locate.ts';
import type { HubOptions } from './options.ts';
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
    if (file === undefined || isWhole(file)) continue;
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

export type Verdict = {
  readonly id: string;
  readonly files: ModelFiles;
  readonly checksum: string;
  /** Whether `checksum` is the one that the hub announced; 'unknown' for files that come from elsewhere. */
  readonly matches: boolean | 'unknown';
  readonly architecture: Architecture;
  readonly tensors: number;
  readonly parameters: number;
  /** Tensors with a value that is not finite. */
  readonly broken: readonly string[];
};

/** Reads every byte of a model that is on this machine: checksum, names, shapes, values. Downloads nothing. */
export function verifyModel(id: string, options: ModelOptions): Verdict {
  const files = localModel(id, options) ?? cachedModel(id, options);
  if (!files)
    throw new HubError('hub-offline', `${id} is not in ${options.hub.cacheDir}; pull it first. Nothing was verified.`);
  const matches = etagOf(files.weights) === undefined ? 'unknown' : isWhole(files.weights);
  try {
    const { architecture, weights, checksum } = openModel(id, files, true);
    const names = [...weights.names()];
    return {
      id,
      files,
      checksum,
      matches,
      architecture,
      tensors: names.length,
      parameters: parameterCount(architecture),
      broken: names.filter((name) => !weights.get(name).data.every(Number.isFinite)),
    };
  } catch (cause) {
    if (matches !== false) throw cause;
    throw new HubError('hub-checksum', `${files.weights} is damaged. Pull ${id} again; it is fetched anew.`, { cause });
  }
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
};

/** The built-in model, the eight published ones, and every other SAM 2 video model in the cache. */
export function listModels(options: ModelOptions): ListedModel[] {
  const listed: ListedModel[] = [];
  const builtin = options.builtinDir ?? builtinFolder;
  if (existsSync(path.join(builtin, 'model.safetensors'))) listed.push(inspect('builtin', 'builtin', options));
  for (const { id, version, parameters, bytes } of publishedModels) {
    const files = cachedModel(id, options);
    listed.push({ id, kind: 'published', version, parameters, bytes, path: files?.weights, commit: files?.commit });
  }
  for (const id of cachedSam2(options.hub)) {
    if (listed.some((model) => model.id === id)) continue;
    listed.push(inspect(id, 'cached', options));
  }
  return listed;
}

/** Facts of a model on this machine. One whose files cannot be read is listed all the same, without its numbers. */
function inspect(id: string, kind: 'builtin' | 'cached', options: ModelOptions): ListedModel {
  const files = kind === 'builtin' ? localModel(id, options) : cachedModel(id, options);
  const bare = { id, kind, version: undefined, parameters: undefined, bytes: undefined };
  if (!files) return { ...bare, path: undefined, commit: undefined };
  const place = { path: files.weights, commit: files.commit };
  try {
    const file = openTensorFile(files.weights);
    const { architecture } = openWeights(file, { origin: id, identity: '', ...configured(files, id) });
    const { version } = architecture;
    return { id, kind, version, parameters: parameterCount(architecture), bytes: file.file.size, ...place };
  } catch {
    return { ...bare, ...place };
  }
}

function openModel(id: string, files: ModelFiles, rehash = false): ResolvedModel {
  const file = openTensorFile(files.weights);
  const known = rehash ? undefined : etagOf(files.weights);
  const checksum = known && /^[0-9a-f]{64}$/.test(known) ? known : file.file.sha256();
  const origin = files.kind === 'builtin' || files.kind === 'hub' ? id : files.weights;
  return { id, files, checksum, ...openWeights(file, { origin, identity: checksum, ...configured(files, id) }) };
}

function configured(
  { config, weights, kind }: ModelFiles,
  id: string,
): { configure?: (version: '2.0' | '2.1') => Architecture } {
  if (config === undefined) return {};
  const name = kind === 'builtin' || kind === 'hub' ? id : path.basename(path.dirname(weights));
  return { configure: (version) => readConfigJson(config, name, version) };
}

/** Whether a file of the cache has the contents that its blob's name promises; true where the name promises nothing. */
function isWhole(pointer: string): boolean {
  const etag = etagOf(pointer);
  if (etag === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag)) return true;
  if (etag.length === 64) return new FileRanges(pointer).sha256() === etag;
  const bytes = readFileSync(pointer);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === etag;
}

/** Ids of the cache whose main snapshot is a transformers SAM 2 video model. */
function cachedSam2(hub: HubOptions): string[] {
  return CachedRepo.list(hub.cacheDir).filter((id) => {
    const commit = new CachedRepo(hub.cacheDir, id).commitOf('main');
    const config = commit && new CachedRepo(hub.cacheDir, id).find(commit, 'config.json');
    if (!config) return false;
    try {
      return JSON.parse(readFileSync(config, 'utf8')).model_type === 'sam2_video';
    } catch {
      return false;
    }
  });
}
