import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { AnnotationError } from '@roto/annotations';
import { findFormat, type ImportedFile } from '@roto/annotations/formats';
import { eq } from 'drizzle-orm';
import { RequestFailure, type RequestHandler } from '../../background/handlers.ts';
import { assertHeld } from '../../background/queue.ts';
import { uploads } from '../../database/schema/index.ts';
import { transact } from '../../database/transact.ts';
import { type ArchiveLimits, openZip } from '../../media/archive.ts';
import { dropUploads, uploadKey } from '../../media/uploads.ts';
import { jobRange, taskLabels } from '../scope.ts';
import { importInto } from '../task-edit.ts';
import { taskInfo } from './task-info.ts';

export const IMPORT_ANNOTATIONS = 'import:annotations';

const LIMITS: ArchiveLimits = {
  maxEntries: 200_000,
  maxFileBytes: 1024 * 1024 * 1024,
  maxBytes: 8 * 1024 * 1024 * 1024,
};

/** Reads an uploaded file of annotations into a task or job, all or nothing. */
export const importAnnotations: RequestHandler = {
  async run(context, request, progress) {
    const { db, store } = context;
    const format = findFormat(request.format ?? '');
    if (!format?.import) throw new RequestFailure(`There is no format "${request.format}" to import from.`);
    const [upload] = await db
      .select()
      .from(uploads)
      .where(eq(uploads.id, String(request.params.uploadId)));
    if (!upload) throw new RequestFailure('The uploaded file is gone; upload it again.');
    const taskId = request.taskId!;
    const job = request.jobId === null ? undefined : await jobRange(db, request.jobId);
    const labels = await taskLabels(db, taskId);
    const { info } = await taskInfo(db, taskId, job);

    progress(0.1, 'The file is being read');
    const source = await openFiles(await store.path(uploadKey(upload)), upload.filename);
    try {
      const { data } = await format.import(source.files, { labels, task: info });
      progress(0.7, 'The annotations are being saved');
      await transact(db, async (tx) => {
        await assertHeld(tx, request);
        const edit = { db: tx, taskId, labels, author: { userId: request.ownerId, origin: 'import' as const } };
        await importInto(edit, data, { job, append: request.params.mode === 'append' });
      });
    } catch (error) {
      if (error instanceof AnnotationError) throw new RequestFailure(error.message);
      throw error;
    } finally {
      source.close();
    }
    await dropUploads(context, [upload]);
    return undefined;
  },

  async release(context, request) {
    const gone = await context.db
      .select()
      .from(uploads)
      .where(eq(uploads.id, String(request.params.uploadId)));
    await dropUploads(context, gone);
  },
};

/** The files of an upload: those of a zip archive, else itself. */
async function openFiles(path: string, name: string): Promise<{ files: ImportedFile[]; close(): void }> {
  const head = Buffer.alloc(4);
  const file = await open(path);
  await file.read(head, 0, 4, 0).finally(() => file.close());
  if (head.toString('latin1') !== 'PK\x03\x04' && head.toString('latin1') !== 'PK\x05\x06')
    return { files: [{ path: name, open: () => createReadStream(path) }], close: () => undefined };
  const zip = await openZip(path, name, LIMITS, () => true);
  return {
    files: zip.files.map(({ name }, i) => ({
      path: name,
      async *open() {
        yield* (await zip.open(i)) as AsyncIterable<Uint8Array>;
      },
    })),
    close: () => zip.close(),
  };
}
