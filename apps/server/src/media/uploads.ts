import type { Readable } from 'node:stream';
import { and, asc, eq, inArray, lt, sql } from 'drizzle-orm';
import { enqueueRemoval } from '../background/queue.ts';
import type { Context } from '../context.ts';
import type { Db } from '../database/open.ts';
import { requests, taskMedia, tasks, uploads } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { badRequest, forbidden, HttpError, notFound } from '../http/errors.ts';
import { StoreError } from '../store/store.ts';
import { baseName } from './file-name.ts';

/** A file on its way: `offset` bytes of `length` are on disk. */
export type Upload = typeof uploads.$inferSelect;

export type NewUpload = {
  readonly userId: number;
  readonly taskId: number;
  readonly purpose: Upload['purpose'];
  /** As the client calls it; its base name is kept. */
  readonly filename: string;
  readonly length: number;
};

/** Where the bytes of a task's uploads lie. */
export const incoming = (taskId: number, purpose: Upload['purpose']): string => `tasks/${taskId}/incoming/${purpose}/`;
export const uploadKey = ({ id, taskId, purpose }: Pick<Upload, 'id' | 'taskId' | 'purpose'>): string =>
  incoming(taskId, purpose) + id;

/** A task's uploads may be many small files, but not without end. */
const MOST_FILES = 200_000;

/**
 * Makes room for a file. Throws HttpError: 400 bad name, or data for a task that has some; 409 a file of that name is
 * there already, or the task's data is being worked on; 413 too long; 507 more than there is room for.
 */
export async function beginUpload(context: Context, file: NewUpload): Promise<Upload> {
  const { db, config } = context;
  const filename = baseName(file.filename);
  const most = config.limits.uploadBytes;
  if (file.length > most) {
    throw new HttpError(413, { detail: `${filename} has ${file.length} bytes; the most that is taken is ${most}.` });
  }
  await assertFits(context, filename, file.length);
  return transact(db, async (tx) => {
    const [upload] = await insertUploads(tx, [{ ...file, filename, id: newId(file.userId), offset: 0 }]);
    return upload!;
  });
}

/** Room that is left to the database and to what is in progress. */
const RESERVED_BYTES = 256 * 1024 * 1024;

/** @throws HttpError 507 when a file does not fit beside the uploads that have begun */
async function assertFits({ db, store }: Context, filename: string, length: number): Promise<void> {
  const free = await store.free();
  if (free === null) return;
  const [begun] = await db
    .select({ bytes: sql<string>`coalesce(sum(${uploads.length} - ${uploads.offset}), 0)` })
    .from(uploads);
  const room = Math.max(0, free - Number(begun!.bytes) - RESERVED_BYTES);
  if (length <= room) return;
  const detail = `${filename} has ${length} bytes, and the server has room for ${room}. Free space on its disk, or upload less.`;
  throw new HttpError(507, { detail });
}

const newId = (userId: number): string => `${userId}_${crypto.randomUUID()}`;

/** Adds uploads of one task and purpose. Throws as `beginUpload` does, of any of them, and adds none then. */
async function insertUploads(
  tx: Db,
  files: readonly (NewUpload & { readonly id: string; readonly offset: number })[],
): Promise<Upload[]> {
  const { taskId, purpose } = files[0]!;
  if (purpose === 'data') await assertWantsData(tx, taskId);
  const present = await tx
    .select({ filename: uploads.filename, position: uploads.position })
    .from(uploads)
    .where(and(eq(uploads.taskId, taskId), eq(uploads.purpose, purpose)));
  if (present.length + files.length > MOST_FILES) {
    throw badRequest('client_files', `A task takes at most ${MOST_FILES} files; put them into one zip archive.`);
  }
  if (purpose === 'data') {
    const names = new Set(present.map(({ filename }) => filename));
    for (const { filename } of files) {
      if (names.has(filename)) {
        throw new HttpError(409, { detail: `A file of the name ${filename} was uploaded already; names must differ.` });
      }
      names.add(filename);
    }
  }
  const next = present.reduce((most, { position }) => Math.max(most, position), -1) + 1;
  const rows = files.map((file, n) => ({ ...file, position: next + n }));
  const made: Upload[] = [];
  // A statement holds a limited number of values.
  for (let from = 0; from < rows.length; from += 2_000) {
    made.push(
      ...(await tx
        .insert(uploads)
        .values(rows.slice(from, from + 2_000))
        .returning()),
    );
  }
  return made;
}

/** Locks the task and throws HttpError 400/409 unless data can be attached to it now. */
export async function assertWantsData(tx: Db, taskId: number): Promise<void> {
  const [task] = await tx.select({ id: tasks.id }).from(tasks).where(eq(tasks.id, taskId)).for('update');
  if (!task) throw notFound(`There is no task ${taskId}.`);
  const [media] = await tx.select({ id: taskMedia.taskId }).from(taskMedia).where(eq(taskMedia.taskId, taskId));
  if (media) {
    throw new HttpError(
      400,
      'This task has data already, which cannot be exchanged; make another task for other data.',
    );
  }
  const [running] = await tx
    .select({ id: requests.id })
    .from(requests)
    .where(
      and(
        eq(requests.taskId, taskId),
        eq(requests.type, 'create:task'),
        inArray(requests.status, ['queued', 'started']),
      ),
    );
  if (running) {
    throw new HttpError(409, { rq_id: running.id, detail: 'The data of this task is being worked on already.' });
  }
}

/** Throws HttpError: 404 no such upload of this task, 403 it is somebody else's. */
export async function findUpload(
  db: Db,
  id: string,
  taskId: number,
  purpose: Upload['purpose'],
  userId: number,
): Promise<Upload> {
  const [upload] = await db
    .select()
    .from(uploads)
    .where(and(eq(uploads.id, id), eq(uploads.taskId, taskId), eq(uploads.purpose, purpose)));
  if (!upload) throw notFound('There is no such upload; begin it again.');
  if (upload.userId !== userId) throw forbidden('This upload was begun by somebody else.');
  return upload;
}

/** Uploads into which this process is writing: a newer message for one ends the older, whose connection is likely dead. */
const writing = new Map<string, { readonly stop: () => void; readonly done: Promise<unknown> }>();

/**
 * Writes bytes from `offset` on. Returns the new offset, which is on disk and in the database. Throws HttpError 409 with
 * the `Upload-Offset` to go on from when `offset` is not that, and 413 past the announced length.
 */
export async function appendToUpload(
  context: Context,
  upload: Upload,
  offset: number,
  bytes: Readable,
): Promise<number> {
  const earlier = writing.get(upload.id);
  if (earlier) {
    earlier.stop();
    await earlier.done.catch(() => undefined);
  }
  const work = append(context, upload, offset, bytes);
  const entry = { stop: () => void bytes.destroy(new Error('Another message for this upload came.')), done: work };
  writing.set(upload.id, entry);
  try {
    return await work;
  } finally {
    if (writing.get(upload.id) === entry) writing.delete(upload.id);
  }
}

async function append({ db, store }: Context, upload: Upload, offset: number, bytes: Readable): Promise<number> {
  const [now] = await db
    .select({ offset: uploads.offset, length: uploads.length })
    .from(uploads)
    .where(eq(uploads.id, upload.id));
  if (!now) throw notFound('There is no such upload; begin it again.');
  if (now.offset !== offset) throw wrongOffset(now.offset);
  const { end, cut } = await store.append(uploadKey(upload), offset, bytes, now.length);
  // Two processes may be writing the same bytes of one upload; the first to say so goes on, the other starts over.
  const [saved] = await db
    .update(uploads)
    .set({ offset: end, updatedDate: sql`now()` })
    .where(and(eq(uploads.id, upload.id), eq(uploads.offset, offset)))
    .returning({ offset: uploads.offset });
  if (!saved) {
    const [other] = await db.select({ offset: uploads.offset }).from(uploads).where(eq(uploads.id, upload.id));
    if (!other) throw notFound('There is no such upload; begin it again.');
    throw wrongOffset(other.offset);
  }
  if (cut instanceof StoreError) throw new HttpError(413, { detail: cut.message }, offsetHeader(end));
  if (cut) throw new HttpError(400, { detail: 'The connection broke off.' }, offsetHeader(end));
  return end;
}

const offsetHeader = (offset: number) => ({ 'Upload-Offset': String(offset), 'Tus-Resumable': '1.0.0' });
const wrongOffset = (offset: number) =>
  new HttpError(409, { detail: `This upload goes on from byte ${offset}.` }, offsetHeader(offset));

/** A file as it stands in a form. */
export type FormFile = { readonly filename: string; readonly bytes: Readable & { readonly truncated?: boolean } };

/**
 * Takes the files of a form as they come in: all of them or, when one is refused or the connection breaks off, none. A
 * process that dies in between leaves bytes that no row names, which go with the next start, import or deletion of the task.
 * Throws HttpError as `beginUpload`, and 413 past the limit.
 */
export async function takeFiles(
  context: Context,
  into: Pick<NewUpload, 'userId' | 'taskId' | 'purpose'>,
  files: AsyncIterable<FormFile>,
): Promise<Upload[]> {
  const stored: (NewUpload & { id: string; offset: number })[] = [];
  const storing = new Set<Promise<void>>();
  try {
    for await (const { filename, bytes } of files) {
      const upload = { ...into, filename: baseName(filename), id: newId(into.userId), length: 0, offset: 0 };
      stored.push(upload);
      const closed = new Promise<void>((resolve) => bytes.once('close', resolve));
      const work = store(context, upload, bytes).then((end) => {
        upload.offset = end;
        upload.length = end;
        storing.delete(work);
      });
      // A failure is met at the end, when all are waited for.
      work.catch(() => undefined);
      storing.add(work);
      // While one file is brought to the disk the next may come in; a disk takes many as fast as one.
      await Promise.race([work, closed]);
      if (storing.size >= SYNCED_AT_ONCE) await Promise.race(storing);
    }
    await Promise.all(storing);
    if (stored.length === 0) return [];
    return await transact(context.db, (tx) => insertUploads(tx, stored));
  } catch (error) {
    await Promise.allSettled(storing);
    for (const upload of stored) await context.store.remove(uploadKey(upload));
    throw error;
  }
}

const SYNCED_AT_ONCE = 32;

/** Takes one file that comes as a stream of unknown length. Throws HttpError as `takeFiles`. */
export async function takeWhole(
  context: Context,
  file: Omit<NewUpload, 'length'>,
  bytes: FormFile['bytes'],
): Promise<Upload> {
  const { filename, ...into } = file;
  const one = (async function* () {
    yield { filename, bytes };
  })();
  const [upload] = await takeFiles(context, into, one);
  return upload!;
}

async function store(context: Context, upload: NewUpload & { id: string }, bytes: FormFile['bytes']): Promise<number> {
  const most = context.config.limits.uploadBytes;
  const { end, cut } = await context.store.append(uploadKey(upload), 0, bytes, most);
  if (cut instanceof StoreError || bytes.truncated) {
    throw new HttpError(413, {
      detail: `${upload.filename} is longer than ${most} bytes, which is the most that is taken.`,
    });
  }
  if (cut) throw new HttpError(400, { detail: `The connection broke off within ${upload.filename}.` });
  return end;
}

/** Uploads of a task in the order in which they were begun. */
export async function listUploads(db: Db, taskId: number, purpose: Upload['purpose']): Promise<Upload[]> {
  return db
    .select()
    .from(uploads)
    .where(and(eq(uploads.taskId, taskId), eq(uploads.purpose, purpose)))
    .orderBy(asc(uploads.position), asc(uploads.id));
}

/** Forgets uploads and frees their disk. */
export async function dropUploads(
  context: Context,
  gone: readonly Pick<Upload, 'id' | 'taskId' | 'purpose'>[],
): Promise<void> {
  for (const upload of gone) {
    await context.db.delete(uploads).where(eq(uploads.id, upload.id));
    await context.store.remove(uploadKey(upload));
  }
}

/** How long an upload may rest before it is taken to be given up. */
const KEPT_DAYS = 3;

/** Forgets uploads that nobody went on with, unless they wait for a request. */
export async function dropStaleUploads(context: Context): Promise<void> {
  await context.db.transaction(async (tx) => {
    const busy = tx
      .select({ id: requests.taskId })
      .from(requests)
      .where(and(inArray(requests.status, ['queued', 'started']), sql`${requests.taskId} is not null`));
    const gone = await tx
      .delete(uploads)
      .where(
        and(
          lt(uploads.updatedDate, sql`now() - make_interval(days => ${KEPT_DAYS})`),
          sql`${uploads.taskId} not in ${busy}`,
        ),
      )
      .returning({ id: uploads.id, taskId: uploads.taskId, purpose: uploads.purpose });
    for (const upload of gone) await enqueueRemoval(context, tx as unknown as Db, uploadKey(upload), 0);
  });
}
