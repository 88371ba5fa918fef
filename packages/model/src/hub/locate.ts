import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { MAX_CONFIG } from '../weights/config-json.ts';
import { FileRanges } from '../weights/file-ranges.ts';
import { HubError } from './errors.ts';
import { cachedFile, type FetchOptions, fetchFile } from './fetch-file.ts';
import { publishedModel, publishedModels } from './published.ts';

export type ModelOptions = FetchOptions & {
  /** The folder of the built-in model; the one of this package when left out. */
  readonly builtinDir?: string;
};

/** Where a model's files lie. */
export type ModelFiles = {
  readonly kind: 'builtin' | 'folder' | 'file' | 'hub';
  /** model.safetensors, or a .pt checkpoint. */
  readonly weights: string;
  /** Undefined for a bare checkpoint, which must then be of a published size. Beside a .pt it may belong to another. */
  readonly config: string | undefined;
  /** Of a model from the hub. */
  readonly commit?: string;
};

const CONFIG = 'config.json';
const WEIGHTS = 'model.safetensors';
export const SAM2_TYPE = 'sam2_video';

export const builtinFolder = path.resolve(import.meta.dirname, '../../builtin');

/**
 * The files of a model: `builtin`, a folder with config.json and model.safetensors, a .pt or .safetensors file, or a
 * Hugging Face id. What lies on this machine under that name comes first, as in transformers. A model in the cache is
 * taken without asking the network, so a start never waits for it; `pullModel` looks for newer contents.
 */
export async function locateModel(id: string, options: ModelOptions): Promise<ModelFiles> {
  return localModel(id, options) ?? cachedModel(id, options) ?? (await downloadModel(id, options));
}

/** A model that is no Hugging Face id; undefined for one that is. */
export function localModel(
  id: string,
  { builtinDir = builtinFolder, revision }: { readonly builtinDir?: string; readonly revision?: string | undefined },
): ModelFiles | undefined {
  const local = id === 'builtin' || (id !== '' && existsSync(id));
  // To pass over it would give other weights than were asked for.
  if (local && revision !== undefined)
    throw new HubError(
      'hub-revision',
      `Revision "${revision}" of ${id}: only models of the Hugging Face hub have revisions. Leave the revision out, or name a ` +
        'model of the hub.',
    );
  if (id === 'builtin') return folderModel('builtin', builtinDir);
  if (local) {
    const place = path.resolve(id);
    return statSync(place).isDirectory() ? folderModel('folder', place) : fileModel(place);
  }
  if (/^[\w.-]+\/[\w.-]+$/.test(id) && !/^\.|\.(pt|pth|safetensors)$/.test(id)) return undefined;
  const close = publishedModels.find((model) => model.id.endsWith(`/${id}`));
  throw new HubError(
    'hub-model',
    close
      ? `There is no model "${id}". Did you mean "${close.id}"?`
      : `There is no model "${id}": no such file or folder, and no Hugging Face id. Use "builtin", ` +
          'facebook/sam2.1-hiera-tiny (-small, -base-plus, -large), a folder with config.json and model.safetensors, or a ' +
          '.pt checkpoint.',
  );
}

function folderModel(kind: 'builtin' | 'folder', folder: string): ModelFiles {
  for (const name of [CONFIG, WEIGHTS])
    if (!existsSync(path.join(folder, name)))
      throw new HubError(
        'hub-model',
        `${folder} has no ${name}. A model folder holds config.json and model.safetensors; for an official checkpoint give ` +
          'the path of the .pt file itself.',
      );
  return { kind, weights: path.join(folder, WEIGHTS), config: path.join(folder, CONFIG) };
}

/** A checkpoint may lie in a folder of other things, so that there a config.json counts only where it is of a SAM 2. */
function fileModel(file: string): ModelFiles {
  const config = path.join(path.dirname(file), CONFIG);
  const counts = file.endsWith('.safetensors') ? existsSync(config) : modelType(config) === SAM2_TYPE;
  return { kind: 'file', weights: file, config: counts ? config : undefined };
}

/** What a config.json says that it is of; undefined where it cannot be read. */
export function modelType(config: string): unknown {
  try {
    // Refuses a pipe, which would be waited for.
    const file = new FileRanges(config);
    if (file.size > MAX_CONFIG) return undefined;
    return JSON.parse(new TextDecoder().decode(file.bytes(0, file.size))).model_type;
  } catch {
    return undefined;
  }
}

/** A model of the hub as the cache has it: the transformers form, else the official checkpoint. */
export function cachedModel(id: string, { hub, revision = 'main' }: ModelOptions): ModelFiles | undefined {
  const config = cachedFile(hub, id, revision, CONFIG);
  const weights = cachedFile(hub, id, revision, WEIGHTS);
  if (config && weights) return { kind: 'hub', weights: weights.path, config: config.path, commit: weights.commit };
  const checkpoint = publishedModel(id)?.checkpoint;
  const file = checkpoint ? cachedFile(hub, id, revision, checkpoint) : undefined;
  return file && { kind: 'hub', weights: file.path, config: undefined, commit: file.commit };
}

/** Asks the hub for the newest contents at the revision, and downloads what the cache has not got. */
export async function downloadModel(id: string, options: ModelOptions): Promise<ModelFiles> {
  const config = await fetchFile(id, CONFIG, options);
  // Both files of one commit, even if the branch moves in between.
  const pinned = { ...options, revision: config.commit };
  try {
    const weights = await fetchFile(id, WEIGHTS, pinned);
    return { kind: 'hub', weights: weights.path, config: config.path, commit: weights.commit };
  } catch (error) {
    const checkpoint = publishedModel(id)?.checkpoint;
    const absent = error instanceof HubError && error.code === 'hub-not-found' && checkpoint !== undefined;
    if (!absent) throw error;
    const weights = await fetchFile(id, checkpoint, pinned);
    return { kind: 'hub', weights: weights.path, config: undefined, commit: weights.commit };
  }
}
