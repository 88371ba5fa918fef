import { and, eq, exists, inArray, isNull, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { functions, jobs, memberships, requests, tasks, users } from '../database/schema/index.ts';
import type { Principal } from './access.ts';
import { hasJobOf, servesTask, sharesOrganization } from './facts.ts';

/*
 * Conditions for the queries behind lists: the same rules as `may(principal, 'view', …)` in policy.ts, as SQL over many
 * rows, and narrowed to the workspace that the request works in. visible.test.ts compares the two.
 */

const TRUE = sql`true`;

/** Rows of `tasks`. */
export function visibleTasks(db: Db, principal: Principal): SQL {
  return inWorkspace(tasks.organizationId, principal, viewableTasks(db, principal, hasJobOf(db, principal.userId)));
}

/** Rows of `jobs` joined with their `tasks`; also of `runs` joined with both. */
export function visibleJobs(db: Db, principal: Principal): SQL {
  const own = eq(jobs.assigneeId, principal.userId);
  return inWorkspace(tasks.organizationId, principal, viewableTasks(db, principal, own));
}

function viewableTasks(db: Db, principal: Principal, throughJob: SQL): SQL {
  if (principal.isAdmin) return TRUE;
  const me = principal.userId;
  const theirs = or(eq(tasks.ownerId, me), eq(tasks.assigneeId, me), throughJob)!;
  return or(
    and(isNull(tasks.organizationId), theirs),
    memberWith(db, tasks.organizationId, me, MANAGERS),
    and(theirs, memberWith(db, tasks.organizationId, me)),
    servesTask(db, me),
  )!;
}

/** Rows of `functions`. */
export function visibleFunctions(db: Db, principal: Principal): SQL {
  if (principal.isAdmin) return inWorkspace(functions.organizationId, principal, TRUE);
  const me = principal.userId;
  const own = and(isNull(functions.organizationId), eq(functions.ownerId, me));
  const open = eq(functions.visibility, 'public');
  // A public function is for everybody, in whatever workspace they are.
  return or(
    open,
    inWorkspace(functions.organizationId, principal, or(own, memberWith(db, functions.organizationId, me))!),
  )!;
}

/** Rows of `requests`, the background ones: one's own, about what one can still see. */
export function visibleRequests(db: Db, principal: Principal): SQL {
  if (principal.isAdmin) return TRUE;
  const me = principal.userId;
  const seenTasks = db
    .select({ id: tasks.id })
    .from(tasks)
    .where(viewableTasks(db, principal, hasJobOf(db, me)));
  const seenJobs = db
    .select({ id: jobs.id })
    .from(jobs)
    .innerJoin(tasks, eq(tasks.id, jobs.taskId))
    .where(viewableTasks(db, principal, eq(jobs.assigneeId, me)));
  const isSeen = or(
    isNull(requests.taskId),
    and(isNull(requests.jobId), inArray(requests.taskId, seenTasks)),
    inArray(requests.jobId, seenJobs),
  );
  return and(eq(requests.ownerId, me), isSeen)!;
}

/** Rows of `users`. */
export function visibleUsers(db: Db, principal: Principal): SQL {
  const known = principal.isAdmin
    ? TRUE
    : or(eq(users.id, principal.userId), sharesOrganization(db, principal.userId))!;
  if (!principal.organization) return known;
  const members = db
    .select({ id: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.organizationId, principal.organization.id), eq(memberships.isActive, true)));
  return and(known, inArray(users.id, members))!;
}

const MANAGERS = ['owner', 'maintainer'] as const;

function memberWith(
  db: Db,
  organization: typeof tasks.organizationId | typeof functions.organizationId,
  userId: number,
  roles?: typeof MANAGERS,
): SQL {
  return exists(
    db
      .select({ one: sql`1` })
      .from(memberships)
      .where(
        and(
          eq(memberships.organizationId, organization),
          eq(memberships.userId, userId),
          eq(memberships.isActive, true),
          roles && inArray(memberships.role, roles),
        ),
      ),
  );
}

function inWorkspace(
  organization: typeof tasks.organizationId | typeof functions.organizationId,
  principal: Principal,
  condition: SQL,
): SQL {
  if (principal.organization === undefined) return condition;
  const here = principal.organization === null ? isNull(organization) : eq(organization, principal.organization.id);
  return and(here, condition)!;
}
