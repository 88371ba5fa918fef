import type { LabeledData } from '@roto/annotations';
import type { AnnotationsSince, BatchAnswer, BatchBody, RunReverted } from '@roto/wire';
import { ask, type Options } from './http.ts';
import type {
  BackgroundRequest,
  Estimate,
  Job,
  JobState,
  Label,
  Meta,
  NewLabel,
  Page,
  Run,
  Self,
  Task,
  TrackerFunction,
} from './types.ts';

type Signal = AbortSignal | undefined;
const get = <T>(path: string, signal?: Signal, query?: Options['query']) =>
  ask<T>('GET', path, { signal, ...(query ? { query } : {}) });

/** All pages of a list; lists of the page are short. */
async function all<T>(path: string, query: Options['query'], signal?: Signal): Promise<readonly T[]> {
  const found: T[] = [];
  for (let page = 1; ; page++) {
    const { results, next } = await get<Page<T>>(path, signal, { ...query, page, page_size: 100 });
    found.push(...results);
    if (next === null || results.length === 0) return found;
  }
}

export const people = {
  self: (signal?: Signal) => get<Self>('/api/users/self', signal),
  signIn: (username: string, password: string) =>
    ask<{ key: string }>('POST', '/api/auth/login', { json: { username, password } }),
  signOut: () => ask<unknown>('POST', '/api/auth/logout', { json: {} }),
  changePassword: (next: string, again: string, old = '') =>
    ask<unknown>('POST', '/api/auth/password/change', {
      json: { new_password1: next, new_password2: again, ...(old === '' ? {} : { old_password: old }) },
    }),
};

export const tasks = {
  list: (query: { page: number; page_size: number; search?: string; sort?: string }, signal?: Signal) =>
    get<Page<Task>>('/api/tasks', signal, query),
  get: (id: number, signal?: Signal) => get<Task>(`/api/tasks/${id}`, signal),
  create: (task: { name: string; labels: readonly NewLabel[]; segment_size?: number; overlap?: number }) =>
    ask<Task>('POST', '/api/tasks', { json: task }),
  delete: (id: number) => ask<unknown>('DELETE', `/api/tasks/${id}`),
  labels: (id: number, signal?: Signal) => all<Label>('/api/labels', { task_id: id }, signal),
  jobs: (id: number, signal?: Signal) => all<Job>('/api/jobs', { task_id: id }, signal),
  request: (id: string, signal?: Signal) => get<BackgroundRequest>(`/api/requests/${encodeURIComponent(id)}`, signal),
};

export const jobs = {
  get: (id: number, signal?: Signal) => get<Job>(`/api/jobs/${id}`, signal),
  meta: (id: number, signal?: Signal) => get<Meta>(`/api/jobs/${id}/data/meta`, signal),
  setState: (id: number, state: JobState) => ask<Job>('PATCH', `/api/jobs/${id}`, { json: { state } }),
  setDeletedFrames: (id: number, frames: readonly number[]) =>
    ask<Meta>('PATCH', `/api/jobs/${id}/data/meta`, { json: { deleted_frames: frames } }),
  annotations: (id: number, signal?: Signal) => get<LabeledData>(`/api/jobs/${id}/annotations`, signal),
  objects: (id: number, ids: readonly number[], signal?: Signal) =>
    get<LabeledData>(`/api/jobs/${id}/annotations`, signal, { objects: ids.join(',') }),
  since: (id: number, version: number, signal?: Signal) =>
    get<AnnotationsSince>(`/api/jobs/${id}/annotations`, signal, { since: version }),
  save: (id: number, batch: BatchBody, options: Pick<Options, 'signal' | 'keepalive'> = {}) =>
    ask<BatchAnswer>('PATCH', `/api/jobs/${id}/annotations`, { ...options, query: { action: 'batch' }, json: batch }),
  history: (id: number, query: { page?: number; page_size?: number }, signal?: Signal) =>
    get<Page<HistoryEntry>>(`/api/jobs/${id}/annotations/history`, signal, query),
  revert: (id: number, change: number, force: boolean) =>
    ask<unknown>('POST', `/api/jobs/${id}/annotations/history/${change}/revert`, { json: { force } }),
};

export type HistoryEntry = {
  readonly id: number;
  readonly object: number;
  readonly action: string;
  readonly run: string | null;
  readonly [key: string]: unknown;
};

export const functions = {
  trackers: (signal?: Signal) => all<TrackerFunction>('/api/functions', { kind: 'tracker' }, signal),
  interactors: (signal?: Signal) => all<TrackerFunction>('/api/functions', { kind: 'interactor' }, signal),
  agents: (id: number, signal?: Signal) =>
    get<{
      readonly queued: number;
      readonly results: readonly { readonly agent_id: string; readonly last_seen: string; readonly requests: number }[];
    }>(`/api/functions/${id}/agents`, signal),
};

export type RunAsked = {
  readonly function: number;
  readonly job: number;
  readonly start_frame: number;
  readonly target_frame: number;
  readonly objects: readonly { readonly id: number }[];
  readonly options: { readonly convert_polygons_to_tracks: boolean };
};

export const runs = {
  ofJob: (job: number, signal?: Signal) => all<Run>('/api/runs', { job }, signal),
  get: (id: string, signal?: Signal) => get<Run>(`/api/runs/${id}`, signal),
  start: (run: RunAsked) => ask<Run>('POST', '/api/runs', { json: run }),
  estimate: (
    run: { function: number; job: number; start_frame: number; target_frame: number; objects: number },
    signal?: Signal,
  ) => ask<Estimate>('POST', '/api/runs/estimate', { json: run, signal }),
  cancel: (id: string) => ask<Run>('POST', `/api/runs/${id}/cancel`, { json: {} }),
  continue: (id: string, target: number) =>
    ask<Run>('POST', `/api/runs/${id}/continue`, { json: { target_frame: target } }),
  revert: (id: string) => ask<RunReverted>('POST', `/api/runs/${id}/revert`, { json: {} }),
  delete: (id: string) => ask<unknown>('DELETE', `/api/runs/${id}`),
};
