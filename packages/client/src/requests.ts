import { BackgroundRequest, outline } from '@roto/wire';
import { ApiError, ClientError } from './errors.ts';
import { api, type Http } from './http.ts';
import { pause } from './pause.ts';

export type WaitOptions = {
  readonly signal?: AbortSignal | undefined;
  /** 0…1, with what the server says that it does. */
  readonly onProgress?: ((progress: number, message: string) => void) | undefined;
  /** Milliseconds between looks; default from 0.25 s growing to 2 s. */
  readonly everyMs?: number | undefined;
};

/** Background work of the server: imports, exports, the reading of a task's media. */
export type Requests = {
  get(id: string, signal?: AbortSignal): Promise<BackgroundRequest>;
  /** Asks until it is over. Throws ClientError 'request-failed' with the server's words. */
  wait(id: string, options?: WaitOptions): Promise<BackgroundRequest>;
};

const RequestOutline = outline(BackgroundRequest, 'id', 'status', 'roto');

export function requestCalls(http: Http): Requests {
  const get = (id: string, signal?: AbortSignal) =>
    http.json('GET', api`/api/requests/${id}`, RequestOutline, { signal });
  return {
    get,
    async wait(id, { signal, onProgress, everyMs } = {}) {
      let ms = 250;
      for (;;) {
        const request = await get(id, signal).catch((error) => {
          // It has just been made; another process of the server may not see it yet.
          if (error instanceof ApiError && error.retryAfter !== undefined && error.status === 429) return undefined;
          throw error;
        });
        if (request) {
          onProgress?.(request.progress ?? 0, request.message ?? '');
          if (request.status === 'finished') return request;
          if (request.status === 'failed')
            throw new ClientError('request-failed', request.message?.trim() || `The server's request ${id} failed.`);
        }
        await pause(everyMs ?? ms, signal);
        ms = Math.min(2_000, ms * 1.5);
      }
    },
  };
}
