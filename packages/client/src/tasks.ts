import {
  type DataFields,
  DataMeta,
  ImportAbilities,
  type ImportReport,
  Job,
  Label,
  type NewTask,
  outline,
  type Quality,
  RqId,
  type StoredData,
  StoredDataOutline,
  Task,
  type WrittenData,
} from '@roto/wire';

import { ApiError, ClientError } from './errors.ts';
import { api, type Http } from './http.ts';
import { pages } from './pages.ts';
import type { Requests, WaitOptions } from './requests.ts';
import { type UploadFile, type UploadOptions, uploadFiles, uploadInPieces } from './uploads.ts';

export type Waits = UploadOptions & Pick<WaitOptions, 'everyMs'> & { readonly onWork?: WaitOptions['onProgress'] };

export type ExportOptions = { readonly format: string; readonly saveImages?: boolean } & Pick<
  WaitOptions,
  'signal' | 'onProgress' | 'everyMs'
>;
export type ImportOptions = {
  readonly format: string;
  readonly mode?: 'replace' | 'append';
  /** Report what the file holds and change nothing. */
  readonly dryRun?: boolean;
  /** Make labels that the task does not have. */
  readonly createLabels?: boolean;
  /** Names of labels in the file, and for each the name of a label of the task. */
  readonly labelMap?: Readonly<Record<string, string>>;
  /** What number the first frame has in a file that counts frames and does not say from where. */
  readonly firstFrame?: 0 | 1;
} & Waits;

export type NewLabel = { readonly name: string; readonly type?: string; readonly color?: string };

export type Tasks = {
  list(signal?: AbortSignal): AsyncGenerator<Task>;
  get(id: number, signal?: AbortSignal): Promise<Task>;
  create(task: NewTask, signal?: AbortSignal): Promise<Task>;
  /** Sends files and waits until the server has read them. */
  attach(id: number, files: readonly UploadFile[], fields: DataFields, options?: Waits): Promise<void>;
  /** False: there is none. */
  delete(id: number, signal?: AbortSignal): Promise<boolean>;
  labels(id: number, signal?: AbortSignal): AsyncGenerator<Label>;
  /** Adds labels, by name; those that are there stay as they are. */
  addLabels(id: number, labels: readonly NewLabel[], signal?: AbortSignal): Promise<void>;
  jobs(id: number, signal?: AbortSignal): AsyncGenerator<Job>;
  meta(id: number, signal?: AbortSignal): Promise<DataMeta>;
  /** An image file. */
  frame(
    id: number,
    frame: number,
    quality: Quality,
    signal?: AbortSignal,
  ): Promise<{ bytes: Uint8Array; type: string }>;
  /** `LabeledData` of all jobs. */
  annotations(id: number, signal?: AbortSignal): Promise<StoredData>;
  putAnnotations(id: number, data: WrittenData, signal?: AbortSignal): Promise<StoredData>;
  patchAnnotations(
    id: number,
    action: 'create' | 'update' | 'delete',
    data: WrittenData,
    signal?: AbortSignal,
  ): Promise<StoredData>;
  /** Has the server write a dataset. Returns the path on the server from which it can be fetched. */
  export(id: number, options: ExportOptions): Promise<string>;
  /**
   * Sends a file of annotations and waits until the server has taken it over. Returns what it found, where the server
   * says so. Throws ClientError 'unsupported' for options that the server does not know, before anything is sent.
   */
  import(id: number, file: UploadFile, options: ImportOptions): Promise<ImportReport | undefined>;
};

const TaskOutline = outline(Task, 'id', 'name');
const JobOutline = outline(Job, 'id', 'task_id', 'start_frame', 'stop_frame');
const LabelOutline = outline(Label, 'id', 'name');
const DataMetaOutline = outline(DataMeta, 'frames', 'roto');

export function taskCalls(http: Http, requests: Requests): Tasks {
  const data = (id: number) => api`/api/tasks/${id}/data/`;
  const annotations = (id: number) => api`/api/tasks/${id}/annotations/`;
  return {
    list: (signal) => pages(http, '/api/tasks', TaskOutline, {}, signal),
    get: (id, signal) => http.json('GET', api`/api/tasks/${id}`, TaskOutline, { signal }),
    create: (task, signal) => http.json('POST', '/api/tasks', TaskOutline, { json: task, signal }),

    async attach(id, files, fields, options = {}) {
      const { signal } = options;
      const quality = fields.image_quality ?? 70;
      await http.done('POST', data(id), { headers: { 'Upload-Start': '' }, signal });
      await uploadFiles(http, data(id), files, quality, options);
      const { rq_id } = await http.json('POST', data(id), RqId, {
        headers: { 'Upload-Finish': '' },
        json: { image_quality: quality, ...fields },
        signal,
        timeoutMs: 0,
      });
      await requests.wait(rq_id, { signal, onProgress: options.onWork, everyMs: options.everyMs });
    },

    async delete(id, signal) {
      try {
        await http.done('DELETE', api`/api/tasks/${id}`, { signal });
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return false;
        throw error;
      }
    },

    labels: (id, signal) => pages(http, '/api/labels', LabelOutline, { task_id: id }, signal),
    async addLabels(id, labels, signal) {
      await http.json('PATCH', api`/api/tasks/${id}`, TaskOutline, { json: { labels: [...labels] }, signal });
    },
    jobs: (id, signal) => pages(http, '/api/jobs', JobOutline, { task_id: id }, signal),
    meta: (id, signal) => http.json('GET', api`/api/tasks/${id}/data/meta`, DataMetaOutline, { signal }),

    async frame(id, frame, quality, signal) {
      const answer = await http.send('GET', data(id), {
        query: { type: 'frame', number: frame, quality },
        headers: { Accept: '*/*' },
        signal,
      });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return { bytes, type: answer.headers.get('content-type')?.split(';')[0]?.trim() ?? '' };
    },

    annotations: (id, signal) => http.json('GET', annotations(id), StoredDataOutline, { signal }),
    putAnnotations: (id, json, signal) => http.json('PUT', annotations(id), StoredDataOutline, { json, signal }),
    patchAnnotations: (id, action, json, signal) =>
      http.json('PATCH', annotations(id), StoredDataOutline, { query: { action }, json, signal }),

    async export(id, { format, saveImages = false, ...wait }) {
      const { rq_id } = await http.json('POST', api`/api/tasks/${id}/dataset/export`, RqId, {
        query: { format, save_images: saveImages, location: 'local' },
        signal: wait.signal,
      });
      const { result_url } = await requests.wait(rq_id, wait);
      if (!result_url) throw new ClientError('answer', `The server wrote ${format} but does not say where it lies.`);
      return http.own(result_url);
    },

    async import(id, file, { format, mode, dryRun, createLabels, labelMap, firstFrame, ...options }) {
      const { signal } = options;
      const ours = {
        ...(dryRun && { dry_run: true }),
        ...(createLabels && { create_labels: true }),
        ...(labelMap && { label_map: JSON.stringify(labelMap) }),
        ...(firstFrame === undefined ? {} : { first_frame: firstFrame }),
      };
      await assertKnown(http, Object.keys(ours), signal);
      const query = { format, filename: file.name, ...(mode && { import_mode: mode }), ...ours };
      await http.done('POST', annotations(id), { query, headers: { 'Upload-Start': '' }, signal });
      const given = await uploadInPieces(http, annotations(id), query, file, options);
      const { rq_id } = await http.json('POST', annotations(id), RqId, {
        query: { ...query, filename: given },
        headers: { 'Upload-Finish': '' },
        signal,
      });
      const wait = { signal, onProgress: options.onWork, everyMs: options.everyMs };
      return (await requests.wait(rq_id, wait)).roto?.import;
    },
  };
}

/** A server that does not know `dry_run` would import the file. */
async function assertKnown(http: Http, names: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  if (names.length === 0) return;
  const { roto } = await http.json('GET', '/api/server/annotation/formats', ImportAbilities, { signal });
  const unknown = names.filter((name) => !roto?.import_parameters.includes(name));
  if (unknown.length > 0)
    throw new ClientError(
      'unsupported',
      `This server does not know ${unknown.join(', ')} of an import and would ignore it; nothing was sent.`,
    );
}
