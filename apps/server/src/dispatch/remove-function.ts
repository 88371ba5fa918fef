import { and, eq, inArray } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { functionRequests, functions, runs } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { DONE } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { isOpen } from '../queue/requests.ts';
import { isUnderWay, step } from '../runs/machine.ts';
import { lockRun, writeRun } from '../runs/rows.ts';

/** The one route of functions that also ends runs. */
export function functionRemovalRoute(app: App, context: Context): void {
  app.delete(
    '/api/functions/:id',
    {
      config: { access: { action: 'delete', on: 'function' } },
      schema: {
        tags: ['functions'],
        summary: 'Delete a function',
        response: DONE,
        description: 'Its requests and streams end; runs that it was to do fail, with what is done kept.',
        params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: 999_999_999 }) }),
      },
    },
    async (request, reply) => {
      await removeFunction(context, request.params.id);
      return reply.code(204).send();
    },
  );
}

/** Deletes a function: its requests end, whoever waits for them is told, and its runs fail with what is done kept. */
async function removeFunction({ db, events }: Context, id: number): Promise<void> {
  await transact(db, async (tx) => {
    const underWay = await tx
      .select({ id: runs.id })
      .from(runs)
      .where(and(eq(runs.functionId, id), inArray(runs.state, ['queued', 'running'])));
    for (const run of underWay) {
      const stored = await lockRun(tx, run.id);
      if (!isUnderWay(stored.run)) continue;
      await writeRun(tx, stored, step(stored.run, { kind: 'failed', error: 'Its function was deleted.' }));
      await events.tell(tx, { on: 'run', runId: run.id, taskId: stored.row.taskId });
    }
    const open = await tx
      .select({ id: functionRequests.id })
      .from(functionRequests)
      .where(and(eq(functionRequests.functionId, id), isOpen));
    await tx.delete(functions).where(eq(functions.id, id));
    for (const request of open) await events.tell(tx, { on: 'request-ended', requestId: request.id });
    await events.tell(tx, { on: 'function-deleted', functionId: id });
  });
}
