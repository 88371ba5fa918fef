import { enqueue } from '../background/queue.ts';
import type { Context } from '../context.ts';
import type { Db } from '../database/open.ts';

export const FIND_CUTS = 'find:scene-cuts';

/** Has the scene cuts of a task's video looked for, once `tx` has committed. Nobody is shown the request. */
export function enqueueCuts(context: Pick<Context, 'events'>, tx: Db, taskId: number): Promise<void> {
  return enqueue(context, tx, { id: `find-scene-cuts-${taskId}`, type: FIND_CUTS, taskId, ownerId: null });
}
