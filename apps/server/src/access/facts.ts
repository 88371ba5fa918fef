import { and, eq, exists, inArray, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Db } from '../database/open.ts';
import {
  accessTokens,
  agents,
  functionRequests,
  functions,
  jobs,
  memberships,
  organizations,
  requests,
  runs,
  tasks,
  users,
} from '../database/schema/index.ts';
import type { ResourceKind } from './access.ts';
import { type Facts, may, NO_FACTS } from './policy.ts';

/** Looks up how a resource stands to a user; `id` as it stands in the address. Null: there is no such resource. */
export async function loadFacts(db: Db, kind: ResourceKind, id: string, userId: number): Promise<Facts | null> {
  const found = await (PATTERNS[kind].test(id) ? LOADERS[kind](db, id, userId) : null);
  return found && { ...NO_FACTS, kind, ...found };
}

/** The resource's number in the database, for ids that are numbers; `function:12` names a queue by its function. */
export function numberOf(id: string): number {
  return Number(id.startsWith('function:') ? id.slice('function:'.length) : id);
}

const NUMBER = /^[1-9]\d{0,8}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const PATTERNS: Record<ResourceKind, RegExp> = {
  task: NUMBER,
  job: NUMBER,
  function: /^(function:)?[1-9]\d{0,8}$/,
  'function-request': UUID,
  run: UUID,
  request: /^[^\0]{1,512}$/,
  organization: NUMBER,
  membership: NUMBER,
  user: NUMBER,
  'access-token': NUMBER,
};

type Found = Partial<Omit<Facts, 'kind'>> | null;
type Loader = (db: Db, id: string, userId: number) => Promise<Found>;

/** What `userId` is in the organization of a row; null: nothing. */
function roleIn(db: Db, organization: PgColumn, userId: number) {
  return sql<Facts['role']>`(${db
    .select({ role: memberships.role })
    .from(memberships)
    .where(
      and(eq(memberships.organizationId, organization), eq(memberships.userId, userId), eq(memberships.isActive, true)),
    )})`;
}

/** Whether an agent that `userId` runs holds a request for the task. */
export function servesTask(db: Db, userId: number): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(functionRequests)
      .innerJoin(
        agents,
        and(eq(agents.functionId, functionRequests.functionId), eq(agents.agentId, functionRequests.agentId)),
      )
      .where(
        and(eq(functionRequests.taskId, tasks.id), eq(functionRequests.state, 'leased'), eq(agents.userId, userId)),
      ),
  );
}

/** Whether a job of the task is given to `userId`. */
export function hasJobOf(db: Db, userId: number): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(jobs)
      .where(and(eq(jobs.taskId, tasks.id), eq(jobs.assigneeId, userId))),
  );
}

function taskColumns(db: Db, userId: number) {
  return {
    ownerId: tasks.ownerId,
    assigneeId: tasks.assigneeId,
    organizationId: tasks.organizationId,
    role: roleIn(db, tasks.organizationId, userId),
    hasJob: sql<boolean>`${hasJobOf(db, userId)}`,
    serving: sql<boolean>`${servesTask(db, userId)}`,
  };
}

type TaskRow = {
  ownerId: number | null;
  assigneeId: number | null;
  organizationId: number | null;
  role: Facts['role'];
  hasJob: boolean;
  serving: boolean;
};

const taskFacts = (row: TaskRow, userId: number, jobAssignee: number | null = null) => ({
  owns: row.ownerId === userId,
  assigned: row.assigneeId === userId || jobAssignee === userId,
  partlyAssigned: row.hasJob,
  inOrganization: row.organizationId !== null,
  role: row.role,
  serving: row.serving,
});

async function jobFacts(db: Db, where: SQL, userId: number): Promise<Found> {
  const [row] = await db
    .select({ ...taskColumns(db, userId), jobAssigneeId: jobs.assigneeId })
    .from(jobs)
    .innerJoin(tasks, eq(tasks.id, jobs.taskId))
    .where(where);
  // Another job of the same task says nothing about this one.
  return row ? { ...taskFacts(row, userId, row.jobAssigneeId), partlyAssigned: false } : null;
}

function functionColumns(db: Db, userId: number) {
  return {
    ownerId: functions.ownerId,
    organizationId: functions.organizationId,
    visibility: functions.visibility,
    role: roleIn(db, functions.organizationId, userId),
  };
}

const LOADERS: Record<ResourceKind, Loader> = {
  async task(db, id, userId) {
    const [row] = await db
      .select(taskColumns(db, userId))
      .from(tasks)
      .where(eq(tasks.id, numberOf(id)));
    return row ? taskFacts(row, userId) : null;
  },

  job: (db, id, userId) => jobFacts(db, eq(jobs.id, numberOf(id)), userId),

  run: (db, id, userId) =>
    jobFacts(db, eq(jobs.id, sql`(${db.select({ jobId: runs.jobId }).from(runs).where(eq(runs.id, id))})`), userId),

  async function(db, id, userId) {
    const [row] = await db
      .select(functionColumns(db, userId))
      .from(functions)
      .where(eq(functions.id, numberOf(id)));
    if (!row) return null;
    return {
      owns: row.ownerId === userId,
      inOrganization: row.organizationId !== null,
      role: row.role,
      isPublic: row.visibility === 'public',
    };
  },

  async 'function-request'(db, id, userId) {
    const [row] = await db
      .select({ ...functionColumns(db, userId), askedBy: functionRequests.ownerId })
      .from(functionRequests)
      .innerJoin(functions, eq(functions.id, functionRequests.functionId))
      .where(eq(functionRequests.id, id));
    if (!row) return null;
    return {
      owns: row.ownerId === userId,
      assigned: row.askedBy === userId,
      inOrganization: row.organizationId !== null,
      role: row.role,
      isPublic: row.visibility === 'public',
    };
  },

  async request(db, id, userId) {
    const [row] = await db
      .select({ ownerId: requests.ownerId, taskId: requests.taskId, jobId: requests.jobId })
      .from(requests)
      .where(eq(requests.id, id));
    if (!row) return null;
    // What was made of a task is out of reach when the task is: for who left its organization, or lost their job.
    const about = row.jobId !== null ? (['job', row.jobId] as const) : (['task', row.taskId] as const);
    const facts = about[1] === null ? null : await loadFacts(db, about[0], String(about[1]), userId);
    const isReachable = facts === null ? row.taskId === null : may({ isAdmin: false }, 'view', facts);
    return { owns: row.ownerId === userId && isReachable };
  },

  async organization(db, id, userId) {
    const [row] = await db
      .select({ role: roleIn(db, organizations.id, userId) })
      .from(organizations)
      .where(eq(organizations.id, numberOf(id)));
    return row ? { inOrganization: true, role: row.role } : null;
  },

  async membership(db, id, userId) {
    const [row] = await db
      .select({ userId: memberships.userId, organizationId: memberships.organizationId })
      .from(memberships)
      .where(eq(memberships.id, numberOf(id)));
    if (!row) return null;
    const [own] = await db
      .select({ role: memberships.role })
      .from(memberships)
      .where(
        and(
          eq(memberships.organizationId, row.organizationId),
          eq(memberships.userId, userId),
          eq(memberships.isActive, true),
        ),
      );
    return { owns: row.userId === userId, inOrganization: true, role: own?.role ?? null };
  },

  async user(db, id, userId) {
    const asked = numberOf(id);
    const [row] = await db
      .select({ id: users.id, shared: sql<boolean>`${sharesOrganization(db, userId)}` })
      .from(users)
      .where(eq(users.id, asked));
    return row ? { owns: row.id === userId, assigned: row.shared } : null;
  },

  async 'access-token'(db, id, userId) {
    const [row] = await db
      .select({ userId: accessTokens.userId })
      .from(accessTokens)
      .where(eq(accessTokens.id, numberOf(id)));
    return row ? { owns: row.userId === userId } : null;
  },
};

/** Whether `userId` and the row of `users` are both members of some organization. */
export function sharesOrganization(db: Db, userId: number): SQL {
  const mine = db
    .select({ id: memberships.organizationId })
    .from(memberships)
    .where(and(eq(memberships.userId, userId), eq(memberships.isActive, true)));
  return exists(
    db
      .select({ one: sql`1` })
      .from(memberships)
      .where(
        and(
          eq(memberships.userId, users.id),
          eq(memberships.isActive, true),
          inArray(memberships.organizationId, mine),
        ),
      ),
  );
}
