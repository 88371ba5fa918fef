import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../make-folder.ts';
import { digestFile } from './digest.ts';
import { HubError } from './errors.ts';
import { type Answer, type HubClient, Transient, withRetries } from './http.ts';
import type { RemoteFile } from './remote-file.ts';

/**
 * `received` of `total` bytes of one file. 'waiting': another process is fetching it; 'hashing' and 'reading': it is here
 * and gone over, for its checksum and for its values.
 */
export type DownloadProgress = {
  readonly repo: string;
  readonly file: string;
  readonly state: 'waiting' | 'downloading' | 'hashing' | 'reading';
  readonly received: number;
  readonly total: number;
};

/**
 * Brings the contents of `remote` to `target`, through `<target>.roto.incomplete`, which stays when the download is cut
 * or aborted and is continued by the next one. Only bytes that match the announced checksum are ever renamed to
 * `target`; after a mismatch the partial file is thrown away and everything is fetched once more, then it is an error.
 * The caller holds the lock of `target`.
 */
export async function download(
  client: HubClient,
  remote: RemoteFile,
  target: string,
  signal: AbortSignal,
  report: (received: number) => void,
): Promise<void> {
  const partial = partialOf(target);
  await makeFolder(path.dirname(target));
  for (let round = 0; ; round++) {
    await fetchAll(client, remote, partial, signal, report);
    const { checksum } = remote;
    // Undefined when the server announced none.
    const found = checksum && (await digestFile(partial, checksum.algorithm, { signal }));
    if (found === checksum?.value) break;
    await rm(partial, { force: true });
    if (round > 0)
      throw new HubError(
        'hub-checksum',
        `${remote.name}: the bytes that arrived have ${checksum?.algorithm} ${found}, the server announced ` +
          `${checksum?.value}, twice in a row. Something between here and the server alters files (a proxy, a ` +
          'mirror); try another network or HF_ENDPOINT. Nothing was kept.',
      );
  }
  await rename(partial, target);
}

export function partialOf(blob: string): string {
  return `${blob}.roto.incomplete`;
}

/** Attempts until the partial file is complete, each going on where the one before stopped. */
async function fetchAll(
  client: HubClient,
  remote: RemoteFile,
  partial: string,
  signal: AbortSignal,
  report: (received: number) => void,
): Promise<void> {
  await checkRoom(partial, remote);
  await withRetries(client.options, signal, async (progressed) => {
    const file = await open(partial, existsSync(partial) ? 'r+' : 'w+');
    try {
      let at = (await file.stat()).size;
      if (at > remote.size) {
        await file.truncate(0);
        at = 0;
      }
      report(at);
      if (at === remote.size) return;
      const range = at > 0 ? { range: `bytes=${at}-` } : undefined;
      const answer = await client.send('GET', remote.url, range ?? {}, signal);
      at = await startOf(answer, at, remote, file);
      for await (const chunk of bodyOf(answer, signal)) {
        if (at + chunk.length > remote.size) {
          await file.truncate(0);
          throw new Transient(`${answer.from} sent more than the ${remote.size} bytes it announced`);
        }
        await file.write(chunk, 0, chunk.length, at);
        at += chunk.length;
        progressed();
        report(at);
      }
      if (at < remote.size) throw new Transient(`${answer.from} broke off after ${at} of ${remote.size} bytes`);
    } catch (error) {
      throw diskError(error, partial) ?? error;
    } finally {
      await file.close();
    }
  });
}

/** Where in the file the answer's body begins: where we asked, or 0 when the server has no ranges. */
async function startOf(answer: Answer, asked: number, remote: RemoteFile, file: FileHandle): Promise<number> {
  const { status, headers, from } = answer;
  const refuse = (error: Error): never => {
    answer.body.destroy();
    throw error;
  };
  if (headers['content-encoding'] && headers['content-encoding'] !== 'identity')
    refuse(new HubError('hub-protocol', `${from} answers in ${headers['content-encoding']}, which was not asked for.`));
  if (status === 200) {
    // Also the answer to a range that the server does not know: the file comes from its start.
    await file.truncate(0);
    return 0;
  }
  if (status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
    const total = range?.[3] === '*' ? remote.size : Number(range?.[3]);
    if (Number(range?.[1]) === asked && total === remote.size) return asked;
  }
  if (status === 206 || status === 416) {
    await file.truncate(0);
    refuse(new Transient(`${from} answered a range that was not asked for`));
  }
  return refuse(new HubError('hub-protocol', `${from} answered ${status} to a file that it had announced.`));
}

/** The body in chunks; a connection that breaks is worth another attempt. */
async function* bodyOf(answer: Answer, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer.body) yield chunk as Buffer;
  } catch (cause) {
    signal.throwIfAborted();
    // Errors of the consumer do not come here: a generator is only told to return.
    throw new Transient(`${answer.from}: ${(cause as Error).message}`, { cause });
  }
}

async function checkRoom(partial: string, remote: RemoteFile): Promise<void> {
  const present = await stat(partial).then(
    ({ size }) => size,
    () => 0,
  );
  const { bavail, bsize } = await statfs(path.dirname(partial));
  const needed = remote.size - present;
  if (needed > bavail * bsize)
    throw new HubError(
      'hub-disk',
      `${remote.name} needs ${megabytes(needed)} more in ${path.dirname(partial)}, where ${megabytes(bavail * bsize)} are ` +
        'free. Make room, or choose another place for the cache with HF_HOME.',
    );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A failure of the cache's file system as an error with a remedy; undefined for anything else. */
export function diskError(error: unknown, place: string): HubError | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new HubError(
      'hub-disk',
      `The disk is full while writing ${place}. Make room or choose another place with HF_HOME, then start again: what ` +
        'has arrived is continued.',
      { cause: error },
    );
  // /proc says ENOENT of what it does not let one make.
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || (code === 'ENOENT' && syscall === 'mkdir'))
    return new HubError(
      'hub-disk',
      `${place} may not be written (${code}). Choose a cache folder of your own with HF_HOME.`,
      { cause: error },
    );
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new HubError(
      'hub-disk',
      `${place} cannot hold the cache: a file stands where a folder should be. Choose another place with HF_HOME.`,
      { cause: error },
    );
  return undefined;
}
