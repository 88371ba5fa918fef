import { type FileHandle, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, ClientError } from './errors.ts';
import type { Http, Query } from './http.ts';

export type UploadOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((sent: number, total: number) => void) | undefined;
  /** Files up to this size go in one multipart request together, larger ones in pieces. Default 100 MiB. */
  readonly bulkBytes?: number;
  /** Bytes of a piece; default 10 MiB. */
  readonly chunkBytes?: number;
};

const BULK_BYTES = 100 * 2 ** 20;
const CHUNK_BYTES = 10 * 2 ** 20;
/** Failures in a row, without a byte in between, after which an upload is given up. */
const MOST_FAILURES = 5;

type LocalFile = { readonly path: string; readonly name: string; readonly size: number };

/** Sends files to a `data` endpoint: small ones bundled, large ones by TUS, which survives cut connections. */
export async function uploadFiles(
  http: Http,
  endpoint: string,
  paths: readonly string[],
  imageQuality: number,
  options: UploadOptions,
): Promise<void> {
  const files = await statFiles(paths);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const bulkBytes = options.bulkBytes ?? BULK_BYTES;
  let sent = 0;
  options.onProgress?.(0, total);
  for (const group of bundles(
    files.filter(({ size }) => size <= bulkBytes),
    bulkBytes,
  )) {
    const form = new FormData();
    form.set('image_quality', String(imageQuality));
    for (const [i, file] of group.entries())
      form.set(`client_files[${i}]`, new Blob([await readFile(file.path)]), file.name);
    await http.done('POST', endpoint, {
      body: form,
      headers: { 'Upload-Multiple': '' },
      signal: options.signal,
      timeoutMs: 0,
    });
    sent += group.reduce((sum, file) => sum + file.size, 0);
    options.onProgress?.(sent, total);
  }
  for (const file of files.filter(({ size }) => size > bulkBytes)) {
    await uploadByTus(http, endpoint, {}, file, {
      ...options,
      onProgress: (done) => options.onProgress?.(sent + done, total),
    });
    sent += file.size;
  }
}

/** Sends one file in pieces. Returns the name that the server gave it. */
export async function uploadOne(
  http: Http,
  endpoint: string,
  query: Query,
  file: string,
  options: UploadOptions,
): Promise<string> {
  const [local] = await statFiles([file]);
  return uploadByTus(http, endpoint, query, local!, options);
}

async function uploadByTus(
  http: Http,
  endpoint: string,
  query: Query,
  file: LocalFile,
  options: UploadOptions,
): Promise<string> {
  const { signal, onProgress, chunkBytes = CHUNK_BYTES } = options;
  const tus = { 'Tus-Resumable': '1.0.0' };
  const made = await http.send('POST', endpoint, {
    query,
    headers: {
      ...tus,
      'Upload-Length': String(file.size),
      'Upload-Metadata': `filename ${Buffer.from(file.name, 'utf8').toString('base64')}`,
    },
    signal,
  });
  await made.body?.cancel();
  const location = made.headers.get('location');
  const given = made.headers.get('upload-filename');
  if (!location || !given)
    throw new ClientError('answer', `${endpoint}: the server began the upload of ${file.name} without saying where.`);
  const place = http.own(location);
  await using handle = await openLocal(file.path);
  const piece = Buffer.alloc(Math.min(chunkBytes, Math.max(1, file.size)));
  let offset = 0;
  let failures = 0;
  while (offset < file.size) {
    const { bytesRead } = await handle.read(piece, 0, Math.min(piece.length, file.size - offset), offset);
    if (bytesRead === 0)
      throw new ClientError('file', `${file.path} became shorter while it was sent; send it again when it is whole.`);
    let next: number | undefined;
    try {
      const answer = await http.send('PATCH', place, {
        headers: { ...tus, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) },
        body: piece.subarray(0, bytesRead),
        signal,
        timeoutMs: 0,
      });
      await answer.body?.cancel();
      next = offsetOf(answer.headers);
      if (next === undefined || next < offset + bytesRead)
        throw new ClientError('answer', `${endpoint}: the server did not keep a piece of ${file.name}.`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ApiError && error.status < 500 && error.status !== 409 && error.status !== 429) throw error;
      if (++failures >= MOST_FAILURES)
        throw new ClientError('transfer', `${file.name} could not be sent: ${(error as Error).message}`, {
          cause: error,
        });
      await sleep(250 * 2 ** failures, undefined, { signal });
      next = error instanceof ApiError ? offsetOf(error.headers) : undefined;
      next ??= await probe(http, place, signal).catch(() => undefined);
      if (next === undefined) continue;
    }
    if (!(next >= 0 && next <= file.size))
      throw new ClientError('answer', `${endpoint}: the server says that it has ${next} of ${file.size} bytes.`);
    if (next > offset) failures = 0;
    offset = next;
    onProgress?.(offset, file.size);
  }
  return given;
}

/** How much of an upload the server has. */
async function probe(http: Http, place: string, signal: AbortSignal | undefined): Promise<number | undefined> {
  const answer = await http.send('HEAD', place, { headers: { 'Tus-Resumable': '1.0.0' }, signal });
  return offsetOf(answer.headers);
}

function offsetOf(headers: Headers): number | undefined {
  const text = headers.get('upload-offset');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

async function statFiles(paths: readonly string[]): Promise<LocalFile[]> {
  const files: LocalFile[] = [];
  for (const file of paths) {
    await using handle = await openLocal(file);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new ClientError('file', `${file} is not a file; name the files that are to be sent.`);
    files.push({ path: file, name: path.basename(file), size: stats.size });
  }
  return files;
}

async function openLocal(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'it may not be read' : code;
    throw new ClientError('file', `${file} cannot be sent: ${why}.`, { cause });
  }
}

/** Files in order, in groups of at most `most` bytes. */
function bundles(files: readonly LocalFile[], most: number): LocalFile[][] {
  const groups: LocalFile[][] = [];
  let room = -1;
  for (const file of files) {
    if (file.size > room || groups.length === 0) {
      groups.push([]);
      room = most;
    }
    groups.at(-1)!.push(file);
    room -= file.size;
  }
  return groups;
}
