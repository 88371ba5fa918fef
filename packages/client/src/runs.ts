import { checked, type NewRun, Run, RunFrame, RunProgress } from '@roto/wire';
import { ApiError } from './errors.ts';
import { readEvents } from './events.ts';
import { api, type Http } from './http.ts';
import { pages } from './pages.ts';
import { pause } from './pause.ts';

export type RunEvent =
  | { readonly kind: 'frame'; readonly frame: RunFrame }
  | { readonly kind: 'progress'; readonly run: RunProgress };

export type RunFilter = { readonly task?: number | undefined; readonly state?: string | undefined };

export type Runs = {
  /** The newest first. */
  list(filter?: RunFilter, signal?: AbortSignal): AsyncGenerator<Run>;
  create(run: NewRun, signal?: AbortSignal): Promise<Run>;
  get(id: string, signal?: AbortSignal): Promise<Run>;
  cancel(id: string, signal?: AbortSignal): Promise<Run>;
  continue(id: string, targetFrame: number, signal?: AbortSignal): Promise<Run>;
  /**
   * What happens to a run, from its beginning until it ends: each saved frame once, though connections be cut. Ends after
   * the `progress` whose state is finished, cancelled or failed.
   */
  follow(id: string, signal?: AbortSignal): AsyncGenerator<RunEvent>;
};

export function runCalls(http: Http): Runs {
  const get = (id: string, signal?: AbortSignal) => http.json('GET', api`/api/runs/${id}`, Run, { signal });
  return {
    get,
    list: ({ task, state } = {}, signal) =>
      pages(
        http,
        '/api/runs',
        Run,
        { ...(task !== undefined && { task: String(task) }), ...(state && { state }) },
        signal,
      ),
    create: (json, signal) => http.json('POST', '/api/runs', Run, { json, signal }),
    cancel: (id, signal) => http.json('POST', api`/api/runs/${id}/cancel`, Run, { signal, idempotent: true }),
    continue: (id, target_frame, signal) =>
      http.json('POST', api`/api/runs/${id}/continue`, Run, { json: { target_frame }, signal }),

    async *follow(id, signal) {
      let last: string | undefined;
      let ms = 1_000;
      for (;;) {
        try {
          const answer = await http.send('GET', api`/api/runs/${id}/events`, {
            headers: {
              Accept: '*/*',
              'Accept-Encoding': 'identity',
              ...(last !== undefined && { 'Last-Event-ID': last }),
            },
            signal,
          });
          for await (const message of readEvents(answer)) {
            if (message.kind === 'retry') ms = Math.min(message.ms, 60_000);
            else if (message.event.type === 'frame') {
              last = message.event.id ?? last;
              yield { kind: 'frame', frame: checked(RunFrame, JSON.parse(message.event.data), 'A frame of the run') };
            } else if (message.event.type === 'progress') {
              const run = checked(RunProgress, JSON.parse(message.event.data), 'The progress of the run');
              yield { kind: 'progress', run };
              if (run.state !== 'queued' && run.state !== 'running') return;
            }
          }
        } catch (error) {
          signal?.throwIfAborted();
          // A stream that breaks off is taken up again; an answer that says no stays one.
          if (error instanceof ApiError && error.status < 500) throw error;
        }
        await pause(ms, signal);
      }
    },
  };
}
