import { SORTING_METHODS } from '@roto/wire';
import { badRequest } from '../http/errors.ts';

/** How the files of a task become its frames (contract 2.3). */
export type DataFields = {
  readonly imageQuality: number;
  /** Frames per chunk; null: by their size. */
  readonly chunkSize: number | null;
  /** Source frames, both inclusive; null: to the last. */
  readonly startFrame: number;
  readonly stopFrame: number | null;
  readonly step: number;
  readonly sorting: (typeof SORTING_METHODS)[number];
  /** File names in the wanted order, when `sorting` is predefined. */
  readonly order: readonly string[];
};

/**
 * Reads the fields of a message that attaches data, as JSON or as the text of a form (`name[0]` for lists). Throws HttpError
 * 400 for values that make no sense and for sources that this server does not read. Fields that only say how CVAT should
 * keep things (use_cache, copy_data, use_zip_chunks, storage_method) change nothing here and are passed over.
 */
export function readDataFields(raw: Readonly<Record<string, unknown>>): DataFields {
  const fields = gatherLists(raw);
  for (const [name, what] of UNREAD) {
    const given = fields[name];
    const nothing =
      given === undefined || given === null || given === '' || (Array.isArray(given) && given.length === 0);
    if (!nothing) throw badRequest(name, what);
  }
  const sorting = fields.sorting_method ?? 'lexicographical';
  const known = SORTING_METHODS.find((method) => method === sorting);
  if (!known)
    throw badRequest('sorting_method', `${JSON.stringify(sorting)} is none of ${SORTING_METHODS.join(', ')}.`);
  const order = fields.upload_file_order ?? [];
  if (!Array.isArray(order) || !order.every((name) => typeof name === 'string')) {
    throw badRequest('upload_file_order', 'This must be a list of file names.');
  }
  return {
    imageQuality: whole(fields, 'image_quality', 1, 100) ?? 70,
    chunkSize: whole(fields, 'chunk_size', 1, 1000),
    startFrame: whole(fields, 'start_frame', 0, 2 ** 31 - 1) ?? 0,
    stopFrame: whole(fields, 'stop_frame', 0, 2 ** 31 - 1),
    step: readStep(fields.frame_filter),
    sorting: known,
    order,
  };
}

const LOCAL_ONLY =
  'This server reads no files of shares, clouds or other addresses: upload the files from your machine.';
const UNREAD: readonly (readonly [string, string])[] = [
  ['server_files', LOCAL_ONLY],
  ['remote_files', LOCAL_ONLY],
  ['cloud_storage_id', LOCAL_ONLY],
  ['filename_pattern', LOCAL_ONLY],
  ['job_file_mapping', 'Jobs are made by segment size and overlap here; leave this out.'],
  ['validation_params', 'This server has no validation jobs; leave this out.'],
];

/** Fields that only say how CVAT should keep things, or that its clients send along. */
const PASSED_OVER = ['use_cache', 'use_zip_chunks', 'copy_data', 'storage', 'storage_method', 'deleted_frames', 'size'];
const READ = [
  ...[
    'image_quality',
    'chunk_size',
    'start_frame',
    'stop_frame',
    'frame_filter',
    'sorting_method',
    'upload_file_order',
  ],
  ...['client_files', 'compressed_chunk_type', 'original_chunk_type', 'server_files_exclude', 'server_files_path'],
];
const KNOWN = new Set([...READ, ...PASSED_OVER, ...UNREAD.map(([name]) => name)]);

/** Whether a field of a form that attaches data is one that this server or CVAT knows. */
export function isDataField(name: string): boolean {
  return KNOWN.has(name.replace(/\[\d*\]$/, ''));
}

/** `name[0]`, `name[1]` … of a form as one list. */
function gatherLists(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const lists = new Map<string, string[]>();
  for (const [key, value] of Object.entries(raw)) {
    const [, name] = /^(\w+)\[\d*\]$/.exec(key) ?? [];
    if (name === undefined) fields[key] = value;
    else if (lists.has(name)) lists.get(name)!.push(String(value));
    else lists.set(name, [String(value)]);
  }
  for (const [name, values] of lists) fields[name] = values;
  return fields;
}

function whole(fields: Record<string, unknown>, name: string, least: number, most: number): number | null {
  const given = fields[name];
  if (given === undefined || given === null || given === '') return null;
  const value = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    throw badRequest(name, `${JSON.stringify(given)} is no whole number from ${least} to ${most}.`);
  }
  return value as number;
}

function readStep(filter: unknown): number {
  if (filter === undefined || filter === null || filter === '') return 1;
  const [, digits] = /^\s*step\s*=\s*(\d{1,9})\s*$/.exec(String(filter)) ?? [];
  const step = Number(digits ?? 0);
  if (step < 1)
    throw badRequest('frame_filter', `${JSON.stringify(filter)} is not understood; write step=N, N from 1.`);
  return step;
}
