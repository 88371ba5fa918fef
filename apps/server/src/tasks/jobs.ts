import type { JobChange } from '@roto/wire';
import { eq, sql } from 'drizzle-orm';
import type { Principal } from '../access/access.ts';
import type { Context } from '../context.ts';
import type { Db } from '../database/open.ts';
import { jobs, tasks } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { notFound } from '../http/errors.ts';
import { touchTask } from './task-view.ts';
import { checkAssignee } from './tasks.ts';

/** Whether a change is one that whoever works on a job makes: says how far it is, and hands it on to be looked at. */
export async function isOwnWork(db: Db, jobId: number, { assignee, stage }: JobChange): Promise<boolean> {
  if (assignee !== undefined) return false;
  if (stage === undefined) return true;
  const [job] = await db.select({ stage: jobs.stage }).from(jobs).where(eq(jobs.id, jobId));
  return stage === job?.stage || (job?.stage === 'annotation' && stage === 'validation');
}

/** Changes what `change` names. A new stage begins as new, as in CVAT. Throws HttpError 400. */
export async function changeJob(
  { db }: Context,
  principal: Principal,
  jobId: number,
  change: JobChange,
): Promise<void> {
  await transact(db, async (tx) => {
    const [found] = await tx
      .select({ job: jobs, organizationId: tasks.organizationId })
      .from(jobs)
      .innerJoin(tasks, eq(tasks.id, jobs.taskId))
      .where(eq(jobs.id, jobId))
      .for('update');
    if (!found) throw notFound(`There is no job ${jobId}.`);
    const { job } = found;
    if (change.assignee) await checkAssignee(tx, principal, change.assignee, found.organizationId);
    const moves = change.stage !== undefined && change.stage !== job.stage;
    await tx
      .update(jobs)
      .set({
        ...(change.assignee !== undefined && change.assignee !== job.assigneeId
          ? { assigneeId: change.assignee, assigneeUpdatedDate: sql`now()` }
          : {}),
        ...(change.stage !== undefined ? { stage: change.stage } : {}),
        ...(change.state !== undefined ? { state: change.state } : moves ? { state: 'new' as const } : {}),
        updatedDate: sql`now()`,
      })
      .where(eq(jobs.id, jobId));
    await touchTask(tx, job.taskId);
  });
}
