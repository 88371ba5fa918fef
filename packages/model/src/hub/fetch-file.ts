import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { CachedRepo, checkRepo, checkRevision, etagOf, readToken } from './cache.ts';
import { type DownloadProgress, diskError, download, partialOf } from './download.ts';
import { HubError } from './errors.ts';
import { HubClient } from './http.ts';
import { withLock } from './lock.ts';
import type { HubOptions } from './options.ts';
import { askRemote } from './remote-file.ts';

export type HubFile = {
  readonly path: string;
  readonly commit: string;
  /** Name of its blob: SHA-256 of a large file, git's SHA-1 of a small one. */
  readonly etag: string | undefined;
};

export type FetchOptions = {
  readonly hub: HubOptions;
  readonly revision?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
};

/** A file as the cache has it, without asking the network; undefined when it is not there. */
export function cachedFile(hub: HubOptions, repo: string, revision: string, file: string): HubFile | undefined {
  checkRepo(repo);
  checkRevision(revision);
  const cache = new CachedRepo(hub.cacheDir, repo);
  const commit = cache.commitOf(revision);
  const found = commit && cache.find(commit, file);
  return found ? { path: found, commit, etag: etagOf(found) } : undefined;
}

/**
 * The newest contents of a file at a revision, downloaded where the cache has not got them. When the server cannot be
 * reached, a copy that the cache holds for that revision is taken, as huggingface_hub does.
 */
export async function fetchFile(repo: string, file: string, options: FetchOptions): Promise<HubFile> {
  const { hub, revision = 'main' } = options;
  const signal = options.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const known = cachedFile(hub, repo, revision, file);
  // A commit never changes.
  if (known?.commit === revision) return known;
  if (hub.offline) {
    if (known) return known;
    throw new HubError(
      'hub-offline',
      `${repo}/${file} (${revision}) is not in ${hub.cacheDir}, and HF_HUB_OFFLINE forbids the network. Unset it once to ` +
        'download the model, copy a cache from another machine, or use the model "builtin".',
    );
  }
  using client = new HubClient(hub, await readToken(hub));
  const cache = new CachedRepo(hub.cacheDir, repo);
  try {
    const remote = await askRemote(client, repo, revision, file, signal);
    const present = cache.find(remote.commit, file);
    if (present) {
      // A cache that may only be read is still good for reading. Another program may have finished what we began.
      await cache.setRef(revision, remote.commit).catch(() => undefined);
      await rm(partialOf(cache.blob(remote.etag)), { force: true }).catch(() => undefined);
      return { path: present, commit: remote.commit, etag: etagOf(present) };
    }
    const blob = cache.blob(remote.etag);
    const report = (state: DownloadProgress['state'], received: number) =>
      options.onProgress?.({ repo, file, state, received, total: remote.size });
    const lock = path.join(cache.locks, `${remote.etag}.roto`);
    const pointer = await withLock(
      lock,
      signal,
      () => report('waiting', 0),
      async (held) => {
        if (!existsSync(blob))
          await download(client, remote, blob, held, (received) => report('downloading', received));
        await cache.setRef(revision, remote.commit);
        return cache.point(remote.commit, file, remote.etag);
      },
    );
    return { path: pointer, commit: remote.commit, etag: remote.etag };
  } catch (error) {
    if (error instanceof HubError && error.code === 'hub-unreachable' && known) return known;
    throw diskError(error, hub.cacheDir) ?? error;
  }
}
