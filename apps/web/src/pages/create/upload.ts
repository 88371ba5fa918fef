import { Upload } from 'tus-js-client';
import { ask, send } from '../../api/http.ts';
import { tasks } from '../../api/server.ts';
import type { BackgroundRequest } from '../../api/types.ts';

export type UploadProgress = { readonly sent: number; readonly total: number };

export type Sending = {
  /** Resolves when every byte is on the server. */
  readonly done: Promise<void>;
  pause(): void;
  resume(): void;
  abort(): void;
};

const CHUNK_BYTES = 8 * 1024 * 1024;

/** Sends the files of a new task one after the other; a connection that breaks is taken up where it ended. */
export function sendFiles(
  task: number,
  files: readonly File[],
  onProgress: (progress: UploadProgress) => void,
): Sending {
  const endpoint = `/api/tasks/${task}/data/`;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  let current: Upload | undefined;
  let isPaused = false;
  let isAborted = false;

  const sendOne = (file: File): Promise<void> =>
    new Promise((resolve, reject) => {
      current = new Upload(file, {
        endpoint,
        chunkSize: CHUNK_BYTES,
        metadata: { filename: file.name },
        retryDelays: [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 30_000],
        // A task that was begun and left is made again; its file is not looked for.
        storeFingerprintForResuming: false,
        onBeforeRequest: (request) => {
          const token = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1];
          if (token) request.setHeader('X-CSRFToken', token);
        },
        onProgress: (sent) => onProgress({ sent: before + sent, total }),
        onError: reject,
        onSuccess: () => resolve(),
      });
      if (!isPaused) current.start();
    });

  const run = async (): Promise<void> => {
    await send('POST', endpoint, { headers: { 'Upload-Start': '' } });
    for (const file of files) {
      if (isAborted) throw new DOMException('The upload was given up.', 'AbortError');
      await sendOne(file);
      before += file.size;
    }
  };
  return {
    done: run(),
    pause() {
      isPaused = true;
      void current?.abort();
    },
    resume() {
      isPaused = false;
      current?.start();
    },
    abort() {
      isAborted = true;
      void current?.abort();
    },
  };
}

export type DataFields = {
  readonly image_quality: number;
  readonly start_frame?: number;
  readonly stop_frame?: number;
  readonly frame_filter?: string;
  readonly sorting_method: 'natural';
};

const EVERY_MS = 500;

/** Has the server read the files, and waits until it has. @throws ApiError, NoAnswer, Error with the server's words */
export async function importFiles(
  task: number,
  fields: DataFields,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { rq_id } = await ask<{ rq_id: string }>('POST', `/api/tasks/${task}/data/`, {
    headers: { 'Upload-Finish': '' },
    json: fields,
    signal,
  });
  for (;;) {
    const request: BackgroundRequest = await tasks.request(rq_id, signal);
    if (request.status === 'finished') return;
    if (request.status === 'failed') throw new Error(request.message || 'The server could not read the files.');
    onProgress(request.progress ?? 0);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    signal.throwIfAborted();
  }
}
