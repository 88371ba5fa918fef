import { and, eq } from 'drizzle-orm';
import { enqueue } from '../background/queue.ts';
import { requestId } from '../background/request-id.ts';
import type { Context } from '../context.ts';
import { uploads } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { badRequest, HttpError } from '../http/errors.ts';
import type { DataFields } from './data-fields.ts';
import { problemOfOrder } from './file-order.ts';
import { assertWantsData, incoming, listUploads } from './uploads.ts';

export const CREATE_TASK = 'create:task';

/**
 * Has the uploaded files of a task made into its media. Returns the id of the request that does it. Throws HttpError: 400
 * when there is data already, no file, a file that is not complete, or an order that does not fit the files; 409 while
 * one runs.
 */
export async function attachData(
  context: Context,
  taskId: number,
  userId: number,
  fields: DataFields,
): Promise<string> {
  const id = requestId({ action: 'create', target: 'task', targetId: taskId });
  await transact(context.db, async (tx) => {
    await assertWantsData(tx, taskId);
    const files = await listUploads(tx, taskId, 'data');
    if (files.length === 0) {
      throw new HttpError(
        400,
        'No files were uploaded: send them as client_files, or by the TUS protocol, and finish then.',
      );
    }
    const torn = files.find(({ offset, length }) => offset !== length);
    if (torn) {
      const { filename, offset, length } = torn;
      throw new HttpError(400, `The upload of ${filename} is not complete: ${offset} of ${length} bytes are here.`);
    }
    if (fields.sorting === 'predefined' && fields.order.length > 0) {
      const names = files.map(({ filename }) => filename);
      // An archive's order names what is in it, which is not known yet.
      const problem = names.length === 1 ? null : problemOfOrder(fields.order, names);
      if (problem) throw badRequest('upload_file_order', problem);
    }
    await enqueue(context, tx, { id, type: CREATE_TASK, taskId, ownerId: userId, params: { ...fields } });
  });
  return id;
}

/** Begins anew: what was uploaded and never finished is dropped. Throws HttpError 400/409 when no data is wanted. */
export async function startUploads(context: Context, taskId: number): Promise<void> {
  await transact(context.db, async (tx) => {
    await assertWantsData(tx, taskId);
    await tx.delete(uploads).where(and(eq(uploads.taskId, taskId), eq(uploads.purpose, 'data')));
  });
  await context.store.remove(incoming(taskId, 'data'));
}
