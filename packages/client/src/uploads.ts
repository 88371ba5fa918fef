import { ApiError, ClientError } from './errors.ts';
import type { Http, Query } from './http.ts';
import { pause } from './pause.ts';

export type UploadOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((sent: number, total: number) => void) | undefined;
  /** Files up to this size go in one multipart request together, larger ones in pieces. Default 100 MiB. */
  readonly bulkBytes?: number;
  /** Bytes of a piece; default 10 MiB. */
  readonly chunkBytes?: number;
};

/** A file to send. A `File` of a browser is one; `localFile` of `@roto/client/node` makes one of a path. */
export type UploadFile = {
  readonly name: string;
  readonly size: number;
  /** Bytes from `start` to before `end`. */
  slice(start: number, end: number): Blob | Promise<Blob>;
};

const BULK_BYTES = 100 * 2 ** 20;
const CHUNK_BYTES = 10 * 2 ** 20;
/** Failures in a row, without a byte in between, after which an upload is given up. */
const MOST_FAILURES = 5;

/** Sends files to a `data` endpoint: small ones bundled, large ones by TUS, which survives cut connections. */
export async function uploadFiles(
  http: Http,
  endpoint: string,
  files: readonly UploadFile[],
  imageQuality: number,
  options: UploadOptions,
): Promise<void> {
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
      form.set(`client_files[${i}]`, new Blob([await piece(file, 0, file.size)]), file.name);
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
    await uploadInPieces(http, endpoint, {}, file, {
      ...options,
      onProgress: (done) => options.onProgress?.(sent + done, total),
    });
    sent += file.size;
  }
}

/** Sends one file in pieces (TUS). Returns the name that the server gave it. */
export async function uploadInPieces(
  http: Http,
  endpoint: string,
  query: Query,
  file: UploadFile,
  options: UploadOptions,
): Promise<string> {
  const { signal, onProgress, chunkBytes = CHUNK_BYTES } = options;
  const tus = { 'Tus-Resumable': '1.0.0' };
  const made = await http.send('POST', endpoint, {
    query,
    headers: {
      ...tus,
      'Upload-Length': String(file.size),
      'Upload-Metadata': `filename ${base64(file.name)}`,
    },
    signal,
  });
  await made.body?.cancel();
  const location = made.headers.get('location');
  const given = made.headers.get('upload-filename');
  if (!location || !given)
    throw new ClientError('answer', `${endpoint}: the server began the upload of ${file.name} without saying where.`);
  const place = http.own(location);
  let offset = 0;
  let failures = 0;
  while (offset < file.size) {
    const end = Math.min(offset + chunkBytes, file.size);
    const body = await piece(file, offset, end);
    let next: number | undefined;
    try {
      const answer = await http.send('PATCH', place, {
        headers: { ...tus, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) },
        body,
        signal,
        timeoutMs: 0,
      });
      await answer.body?.cancel();
      next = offsetOf(answer.headers);
      if (next === undefined || next < end)
        throw new ClientError('answer', `${endpoint}: the server did not keep a piece of ${file.name}.`);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ApiError && error.status < 500 && error.status !== 409 && error.status !== 429) throw error;
      if (++failures >= MOST_FAILURES)
        throw new ClientError('transfer', `${file.name} could not be sent: ${(error as Error).message}`, {
          cause: error,
        });
      await pause(250 * 2 ** failures, signal);
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

/** Part of a file, read now, so that a file that changed is found before anything of it is sent. */
async function piece(file: UploadFile, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await (await file.slice(start, end)).arrayBuffer());
  } catch (cause) {
    if (cause instanceof ClientError) throw cause;
    throw new ClientError('file', `${file.name} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (bytes.length < end - start)
    throw new ClientError('file', `${file.name} became shorter while it was sent; send it again when it is whole.`);
  return bytes;
}

/** Base64 of the UTF-8 bytes of a text. */
function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
}

/** Files in order, in groups of at most `most` bytes. */
function bundles(files: readonly UploadFile[], most: number): UploadFile[][] {
  const groups: UploadFile[][] = [];
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
