import { and, count, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Principal } from '../access/access.ts';
import { visibleFunctions, visibleJobs, visibleTasks } from '../access/visible.ts';
import type { Db } from '../database/open.ts';
import { agents, functions, jobs, runs, taskMedia, tasks, users } from '../database/schema/index.ts';

/** Rows of each table that the page shows. */
const ROWS = 25;

export type Overview = {
  readonly tasks: readonly {
    readonly id: number;
    readonly name: string;
    readonly owner: string | null;
    /** Null: no media yet. */
    readonly frames: number | null;
    readonly width: number | null;
    readonly height: number | null;
    readonly kind: 'video' | 'images' | null;
    readonly jobs: number;
    readonly updated: Date;
  }[];
  readonly taskCount: number;
  readonly runs: readonly {
    readonly id: string;
    readonly task: string;
    readonly taskId: number;
    readonly function: string | null;
    readonly state: (typeof runs.$inferSelect)['state'];
    readonly message: string;
    readonly startFrame: number;
    readonly targetFrame: number;
    readonly doneFrame: number;
    /** Null: nothing is saved yet. */
    readonly framesPerSecond: number | null;
    readonly updated: Date;
  }[];
  readonly agents: readonly {
    readonly id: string;
    readonly function: string;
    readonly functionId: number;
    readonly owner: string | null;
    readonly lastSeen: Date;
  }[];
  readonly now: Date;
};

/** What the status page shows to a user: what they may view, newest first. */
export async function readOverview(db: Db, principal: Principal): Promise<Overview> {
  const taskRows = await db
    .select({
      id: tasks.id,
      name: tasks.name,
      owner: users.username,
      frames: taskMedia.size,
      width: taskMedia.width,
      height: taskMedia.height,
      kind: taskMedia.kind,
      updated: tasks.updatedDate,
    })
    .from(tasks)
    .leftJoin(taskMedia, eq(taskMedia.taskId, tasks.id))
    .leftJoin(users, eq(users.id, tasks.ownerId))
    .where(visibleTasks(db, principal))
    .orderBy(desc(tasks.id))
    .limit(ROWS);
  const [all] = await db.select({ n: count() }).from(tasks).where(visibleTasks(db, principal));
  const jobCounts = taskRows.length
    ? await db
        .select({ taskId: jobs.taskId, n: count() })
        .from(jobs)
        .where(
          inArray(
            jobs.taskId,
            taskRows.map(({ id }) => id),
          ),
        )
        .groupBy(jobs.taskId)
    : [];
  const jobsOf = new Map(jobCounts.map(({ taskId, n }) => [taskId, n]));
  const runRows = await db
    .select({ run: runs, task: tasks.name, function: functions.name })
    .from(runs)
    .innerJoin(jobs, eq(jobs.id, runs.jobId))
    .innerJoin(tasks, eq(tasks.id, jobs.taskId))
    .leftJoin(functions, eq(functions.id, runs.functionId))
    .where(visibleJobs(db, principal))
    // What is under way first.
    .orderBy(sql`${runs.state} in ('queued', 'running') desc`, desc(runs.createdDate))
    .limit(ROWS);
  const agentRows = await db
    .select({
      id: agents.agentId,
      function: functions.name,
      functionId: functions.id,
      owner: users.username,
      lastSeen: agents.lastSeen,
    })
    .from(agents)
    .innerJoin(functions, eq(functions.id, agents.functionId))
    .leftJoin(users, eq(users.id, agents.userId))
    .where(and(visibleFunctions(db, principal), sql`${agents.lastSeen} > now() - interval '7 days'`))
    .orderBy(desc(agents.lastSeen))
    .limit(ROWS);
  return {
    tasks: taskRows.map((row) => ({ ...row, jobs: jobsOf.get(row.id) ?? 0 })),
    taskCount: all!.n,
    runs: runRows.map(({ run, task, function: name }) => ({
      id: run.id,
      task,
      taskId: run.taskId,
      function: name,
      state: run.state,
      message: run.message,
      startFrame: run.startFrame,
      targetFrame: run.targetFrame,
      doneFrame: run.doneFrame,
      framesPerSecond: run.workedSeconds > 0 ? run.savedFrames / run.workedSeconds : null,
      updated: run.updatedDate,
    })),
    agents: agentRows,
    now: new Date(),
  };
}
