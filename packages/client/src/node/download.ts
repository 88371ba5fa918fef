import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { ApiError, ClientError } from '../errors.ts';
import { type Http, type Query, reason } from '../http.ts';
import { pause } from '../pause.ts';

export type DownloadOptions = {
  readonly query?: Query;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((received: number, total: number | undefined) => void) | undefined;
  /** Hex; a file that differs is thrown away, and fetched once more from the beginning. */
  readonly sha256?: string | undefined;
  /** A larger file is refused before it fills the disk. */
  readonly maxBytes?: number | undefined;
};

const MOST_FAILURES = 5;

/**
 * Fetches a file to `target`, which appears whole or not at all. What came of it stands in `target.partial`; a download
 * that was cut, also that of an earlier process, goes on there when the server still has the same file (by its ETag).
 */
export async function download(
  http: Http,
  source: string,
  target: string,
  options: DownloadOptions = {},
): Promise<{ bytes: number; name: string | undefined }> {
  const { sha256, signal } = options;
  const partial = `${target}.partial`;
  await mkdir(path.dirname(target), { recursive: true });
  for (let round = 0; ; round++) {
    const { bytes, name } = await fetchAll(http, source, partial, options);
    signal?.throwIfAborted();
    if (sha256 === undefined || (await hashOf(partial)) === sha256) {
      await rename(partial, target);
      return { bytes, name };
    }
    await rm(partial, { force: true });
    if (round > 0)
      throw new ClientError('file', `${source} came with another checksum than ${sha256}, twice; the file is damaged.`);
  }
}

/** Hex SHA-256 of a file. */
export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest('hex');
}

async function fetchAll(http: Http, source: string, partial: string, options: DownloadOptions) {
  const { signal, onProgress, sha256 } = options;
  const known = sha256 === undefined ? undefined : `"${sha256}"`;
  // Without a checksum nothing says that what an earlier process left is of this file.
  if (known === undefined) await rm(partial, { force: true });
  let etag = known;
  let failures = 0;
  for (;;) {
    const have = await stat(partial).then(
      (stats) => stats.size,
      () => 0,
    );
    let received = have;
    try {
      const answer = await http.send('GET', source, {
        ...(options.query && { query: options.query }),
        headers: {
          Accept: '*/*',
          'Accept-Encoding': 'identity',
          ...(have > 0 && { Range: `bytes=${have}-`, ...(etag && { 'If-Range': etag }) }),
        },
        signal,
      });
      const goesOn = answer.status === 206 && startOf(answer.headers) === have;
      if (!goesOn) received = 0;
      const rest = lengthOf(answer.headers);
      const total = rest === undefined ? undefined : received + rest;
      refuseLarge(source, total, options.maxBytes);
      etag = answer.headers.get('etag') ?? etag;
      await using file = await open(partial, goesOn ? 'a' : 'w');
      for await (const piece of answer.body ?? []) {
        await writeAll(file, piece);
        received += piece.length;
        refuseLarge(source, received, options.maxBytes);
        onProgress?.(received, total);
        failures = 0;
      }
      if (total !== undefined && received < total) throw new Error('the answer ended early');
      await file.sync();
      return { bytes: received, name: fileName(answer.headers) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ClientError && error.code !== 'connection') throw error;
      if (isDiskError(error)) throw error;
      if (error instanceof ApiError) {
        // All of it is there already, or what is there is not of this file.
        if (error.status !== 416) throw error;
        const size = /^bytes \*\/(\d+)$/.exec(error.headers.get('content-range') ?? '')?.[1];
        if (sha256 !== undefined && Number(size) === have) return { bytes: have, name: fileName(error.headers) };
        await rm(partial, { force: true });
      }
      if (++failures >= MOST_FAILURES)
        throw new ClientError('transfer', `${source} could not be fetched: ${reason(error)}`, { cause: error });
      await pause(250 * 2 ** failures, signal);
    }
  }
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
}

function isDiskError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(ENOSPC|EACCES|EROFS|EDQUOT|EPERM|EISDIR|ENOTDIR|EIO)$/.test(code);
}

function refuseLarge(source: string, bytes: number | undefined, most: number | undefined): void {
  if (most !== undefined && bytes !== undefined && bytes > most)
    throw new ClientError('transfer', `${source} has ${bytes} bytes, more than the ${most} that are allowed here.`);
}

function startOf(headers: Headers): number | undefined {
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}

function lengthOf(headers: Headers): number | undefined {
  const text = headers.get('content-length');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The name that the server proposes, when it is one that cannot lead anywhere else. */
export function fileName(headers: Headers): string | undefined {
  const name = /filename="([^"]*)"/.exec(headers.get('content-disposition') ?? '')?.[1];
  const safe = name !== undefined && name.length <= 254 && /^[A-Za-z0-9_-][A-Za-z0-9_\-. ]*$/.test(name);
  return safe ? name : undefined;
}
