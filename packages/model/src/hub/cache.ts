import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { copyFile, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../make-folder.ts';
import { HubError } from './errors.ts';

const COMMIT = /^[0-9a-f]{40}$/;

export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/**
 * One repository in the cache that huggingface_hub defined:
 *   blobs/<etag>                     contents; the etag is SHA-256 for large files, git's SHA-1 for small ones
 *   snapshots/<commit>/<file>        relative links into blobs
 *   refs/<branch or tag>             the commit that it last stood for
 * Both programs may work on it at once: everything appears by a rename of a finished file.
 */
export class CachedRepo {
  readonly repo: string;
  readonly folder: string;
  readonly locks: string;

  constructor(cacheDir: string, repo: string) {
    const name = ['models', ...repo.split('/')].join('--');
    this.repo = repo;
    this.folder = path.join(cacheDir, name);
    this.locks = path.join(cacheDir, '.locks', name);
  }

  /** Ids of all model repositories in a cache. */
  static list(cacheDir: string): string[] {
    try {
      const folders = readdirSync(cacheDir).filter((name) => name.startsWith('models--'));
      return folders.map((name) => name.split('--').slice(1).join('/')).filter(isRepo);
    } catch {
      return [];
    }
  }

  blob(etag: string): string {
    return path.join(this.folder, 'blobs', etag);
  }

  snapshot(commit: string): string {
    return path.join(this.folder, 'snapshots', commit);
  }

  /** The path of a file of a snapshot when its contents are there. */
  find(commit: string, file: string): string | undefined {
    const pointer = path.join(this.snapshot(commit), file);
    return existsSync(pointer) ? pointer : undefined;
  }

  /** The commit that a revision last stood for here. */
  commitOf(revision: string): string | undefined {
    if (isCommit(revision)) return revision;
    try {
      const commit = readFileSync(path.join(this.folder, 'refs', ...revision.split('/')), 'utf8').trim();
      return isCommit(commit) ? commit : undefined;
    } catch {
      return undefined;
    }
  }

  commits(): string[] {
    try {
      return readdirSync(path.join(this.folder, 'snapshots')).filter(isCommit);
    } catch {
      return [];
    }
  }

  async setRef(revision: string, commit: string): Promise<void> {
    if (isCommit(revision) || this.commitOf(revision) === commit) return;
    const ref = path.join(this.folder, 'refs', ...revision.split('/'));
    await makeFolder(path.dirname(ref));
    const draft = `${ref}.${randomUUID().slice(0, 8)}.tmp`;
    await writeFile(draft, commit);
    await rename(draft, ref);
  }

  /** Makes snapshots/<commit>/<file> stand for a blob; returns its path. */
  async point(commit: string, file: string, etag: string): Promise<string> {
    const pointer = path.join(this.snapshot(commit), file);
    if (existsSync(pointer)) return pointer;
    await makeFolder(path.dirname(pointer));
    await rm(pointer, { force: true });
    try {
      await symlink(path.relative(path.dirname(pointer), this.blob(etag)), pointer);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Another process linked it in between.
      if (code === 'EEXIST') return pointer;
      // Windows without the right to make links: huggingface_hub keeps a copy there as well.
      if (code !== 'EPERM' && code !== 'ENOSYS' && code !== 'ENOTSUP') throw error;
      const draft = `${pointer}.${randomUUID().slice(0, 8)}.tmp`;
      await copyFile(this.blob(etag), draft);
      await rename(draft, pointer);
    }
    return pointer;
  }
}

/** The blob name behind a file of the cache: its checksum, known without reading it. Undefined for a plain file. */
export function etagOf(pointer: string): string | undefined {
  try {
    if (!lstatSync(pointer).isSymbolicLink()) return undefined;
    const target = readlinkSync(pointer);
    return path.basename(path.dirname(target)) === 'blobs' ? path.basename(target) : undefined;
  } catch {
    return undefined;
  }
}

export async function readToken(options: { token?: string; tokenFile?: string }): Promise<string | undefined> {
  if (options.token || !options.tokenFile) return options.token;
  try {
    return (await readFile(options.tokenFile, 'utf8')).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** `org/name`, as huggingface_hub validates it; no id can leave the cache folder. */
export function checkRepo(repo: string): void {
  if (!isRepo(repo))
    throw new HubError('hub-model', `"${repo}" is no Hugging Face id; one looks like facebook/sam2.1-hiera-tiny.`);
}

function isRepo(repo: string): boolean {
  return /^\w[\w.-]{0,95}\/\w[\w.-]{0,95}$/.test(repo) && !/--|\.\.|[.-](\/|$)|\.git$/.test(repo);
}

/** A branch, a tag or a commit. It becomes a path under refs/, so it may not climb. */
export function checkRevision(revision: string): void {
  const sound = /^[\w.+-]+(\/[\w.+-]+)*$/.test(revision) && !revision.split('/').some((part) => /^\.+$/.test(part));
  if (!sound || revision.length > 200)
    throw new HubError('hub-model', `"${revision}" is no revision; give a branch, a tag or a 40-digit commit.`);
}
