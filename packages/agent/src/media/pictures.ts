import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NodeClient } from '@roto/client/node';
import { BadRequestError } from '@roto/functions';
import type { DataMeta, Task } from '@roto/wire';

/** Tasks whose metadata is kept, and pictures that lie on disk. */
const MOST_TASKS = 10;
const MOST_PICTURES = 64;

export type TaskMedia = {
  readonly task: Task;
  readonly meta: DataMeta;
  /** Frames of the task, deleted ones included. */
  readonly size: number;
};

export type Pictures = AsyncDisposable & {
  /** Of a task as it is now. Throws BadRequestError when it has no data. */
  media(task: number, signal: AbortSignal): Promise<TaskMedia>;
  /** A picture as a file, in original quality. Throws BadRequestError when the task has no such frame (any more). */
  get(media: TaskMedia, frame: number, signal: AbortSignal): Promise<{ path: string; name: string }>;
};

/** Single frames, as any CVAT server gives them. They lie in a temporary folder, which ends with the agent. */
export async function taskPictures(client: NodeClient): Promise<Pictures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-agent-'));
  const tasks = new Map<number, { updated: string | null | undefined; meta: DataMeta }>();
  /** Files by name, the oldest use first; what is under way is shared. */
  const files = new Map<string, Promise<string>>();

  const fetched = async (media: TaskMedia, frame: number, signal: AbortSignal): Promise<string> => {
    const { bytes } = await client.tasks.frame(media.task.id, frame, 'original', signal);
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, `${media.task.id}-${frame}-${crypto.randomUUID()}`);
    await writeFile(`${file}.partial`, bytes, { mode: 0o600 });
    await rename(`${file}.partial`, file);
    return file;
  };

  return {
    async media(id, signal) {
      const task = await client.tasks.get(id, signal);
      let known = tasks.get(id);
      if (!known || known.updated !== task.updated_date || task.updated_date === undefined)
        known = { updated: task.updated_date, meta: await client.tasks.meta(id, signal) };
      tasks.delete(id);
      tasks.set(id, known);
      for (const oldest of tasks.keys()) if (tasks.size > MOST_TASKS) tasks.delete(oldest);
      const size = known.meta.size ?? task.size ?? 0;
      if (size < 1) throw new BadRequestError(`task #${id} has no data`);
      return { task, meta: known.meta, size };
    },

    async get(media, frame, signal) {
      const { meta, task, size } = media;
      const included = meta.included_frames ? meta.included_frames.includes(frame) : true;
      if (!(frame >= 0 && frame < size) || !included || meta.deleted_frames?.includes(frame))
        throw new BadRequestError(`Frame with index ${frame} does not exist in the task`);
      const key = `${task.id}/${task.updated_date}/${frame}`;
      let file = files.get(key);
      if (!file) {
        file = fetched(media, frame, signal);
        file.catch(() => files.delete(key));
      }
      files.delete(key);
      files.set(key, file);
      for (const [oldest, old] of files) {
        if (files.size <= MOST_PICTURES) break;
        files.delete(oldest);
        old.then((where) => rm(where, { force: true })).catch(() => undefined);
      }
      const names = meta.frames ?? [];
      return { path: await file, name: (names[frame] ?? names[0])?.name ?? `frame ${frame}` };
    },

    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
