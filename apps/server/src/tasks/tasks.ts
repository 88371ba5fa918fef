import type { NewTask, TaskChange } from '@roto/wire';
import { and, eq } from 'drizzle-orm';
import type { Principal } from '../access/access.ts';
import { visibleUsers } from '../access/visible.ts';
import { enqueueRemoval } from '../background/queue.ts';
import type { Context } from '../context.ts';
import type { Db } from '../database/open.ts';
import { memberships, tasks, users } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { badRequest, notFound } from '../http/errors.ts';
import { toLabelSpec } from './label-input.ts';
import { addLabels, changeLabels } from './labels.ts';
import { touchTask } from './task-view.ts';

/** Makes a task without data, in the workspace that `principal` works in. Returns its id. Throws HttpError 400. */
export async function createTask({ db }: Context, principal: Principal, input: NewTask): Promise<number> {
  refuseUnkept(input);
  const specs = (input.labels ?? []).map((label) => {
    if (label.id !== undefined || label.deleted) {
      throw badRequest('labels', 'A new task has no labels yet, so none of them can have an id or be deleted.');
    }
    return toLabelSpec(label);
  });
  const organizationId = principal.organization?.id ?? null;
  return transact(db, async (tx) => {
    if (input.assignee_id) await checkAssignee(tx, principal, input.assignee_id, organizationId);
    const ownerId = await chooseOwner(tx, principal, input.owner_id ?? principal.userId);
    const [task] = await tx
      .insert(tasks)
      .values({
        name: checkTaskName(input.name),
        ownerId,
        assigneeId: input.assignee_id ?? null,
        ...(input.assignee_id ? { assigneeUpdatedDate: new Date() } : {}),
        organizationId,
        bugTracker: input.bug_tracker ?? '',
        subset: input.subset ?? '',
        segmentSize: input.segment_size ?? 0,
        overlap: input.overlap ?? null,
      })
      .returning({ id: tasks.id });
    await addLabels(tx, task!.id, specs);
    return task!.id;
  });
}

/** Changes what `change` names. Throws HttpError 400. */
export async function changeTask(
  { db }: Context,
  principal: Principal,
  taskId: number,
  change: TaskChange,
): Promise<void> {
  refuseUnkept(change);
  await transact(db, async (tx) => {
    const [task] = await tx.select().from(tasks).where(eq(tasks.id, taskId)).for('update');
    if (!task) throw notFound(`There is no task ${taskId}.`);
    const set: Partial<typeof tasks.$inferInsert> = {};
    if (change.name !== undefined) set.name = checkTaskName(change.name);
    if (change.bug_tracker !== undefined) set.bugTracker = change.bug_tracker;
    if (change.subset !== undefined) set.subset = change.subset;
    if (change.owner_id) set.ownerId = await chooseOwner(tx, principal, change.owner_id);
    if (change.assignee_id !== undefined && change.assignee_id !== task.assigneeId) {
      if (change.assignee_id !== null) await checkAssignee(tx, principal, change.assignee_id, task.organizationId);
      set.assigneeId = change.assignee_id;
      set.assigneeUpdatedDate = new Date();
    }
    if (Object.keys(set).length > 0) await tx.update(tasks).set(set).where(eq(tasks.id, taskId));
    if (change.labels) await changeLabels(tx, taskId, change.labels);
    await touchTask(tx, taskId);
  });
}

/** How long a process that still works on a deleted task may write to its files. */
const STRAGGLERS_SECONDS = 600;

/** The part of the media store that is a task's. */
export const taskFiles = (taskId: number): string => `tasks/${taskId}/`;

/** Deletes a task with its jobs, annotations and requests, and frees its disk: now, and once more when all stragglers ended. */
export async function deleteTask(context: Context, taskId: number): Promise<void> {
  await transact(context.db, async (tx) => {
    const gone = await tx.delete(tasks).where(eq(tasks.id, taskId)).returning({ id: tasks.id });
    if (gone.length === 0) throw notFound(`There is no task ${taskId}.`);
    await enqueueRemoval(context, tx, taskFiles(taskId), STRAGGLERS_SECONDS);
  });
  await context.store.remove(taskFiles(taskId));
}

function checkTaskName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') throw badRequest('name', 'This field may not be blank.');
  return trimmed;
}

/** What CVAT keeps and this server does not is refused instead of being lost. */
function refuseUnkept(input: TaskChange): void {
  if (input.project_id) throw badRequest('project_id', 'This server has no projects; give the task labels of its own.');
  if (input.consensus_replicas) throw badRequest('consensus_replicas', 'This server has no consensus jobs.');
  for (const field of ['target_storage', 'source_storage'] as const) {
    const storage = input[field];
    if (storage && ((storage.location ?? 'local') !== 'local' || storage.cloud_storage_id)) {
      throw badRequest(field, 'This server keeps files itself and uses no cloud storage; leave this out.');
    }
  }
}

async function chooseOwner(tx: Db, principal: Principal, ownerId: number): Promise<number> {
  if (ownerId === principal.userId) return ownerId;
  if (!principal.isAdmin) throw badRequest('owner_id', 'Only an administrator can make a task of somebody else.');
  await checkUser(tx, 'owner_id', ownerId);
  return ownerId;
}

/**
 * Throws HttpError 400 unless `principal` may see that there is such a user and, in an organization, they are a member.
 * Else the answer, which names the assignee, would tell the names of all people by their ids.
 */
export async function checkAssignee(
  tx: Db,
  principal: Principal,
  userId: number,
  organizationId: number | null,
): Promise<void> {
  if (organizationId === null) {
    const everywhere = { ...principal, organization: undefined };
    const [seen] = await tx
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, userId), eq(users.isActive, true), visibleUsers(tx, everywhere)));
    if (!seen) {
      const what = `There is no user of the id ${userId} in an organization of yours.`;
      throw badRequest('assignee_id', what);
    }
    return;
  }
  const [member] = await tx
    .select({ id: memberships.id })
    .from(memberships)
    .where(
      and(
        eq(memberships.userId, userId),
        eq(memberships.organizationId, organizationId),
        eq(memberships.isActive, true),
      ),
    );
  if (!member) throw badRequest('assignee_id', `The user ${userId} is no member of the task's organization.`);
}

async function checkUser(tx: Db, field: string, userId: number): Promise<void> {
  const [user] = await tx.select({ active: users.isActive }).from(users).where(eq(users.id, userId));
  if (!user?.active) throw badRequest(field, `There is no user of the id ${userId}.`);
}
