import { and, asc, count, desc, eq, ilike, inArray, isNull, or, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { Type } from 'typebox';
import { demand } from '../access/resource.ts';
import { visibleJobs, visibleTasks } from '../access/visible.ts';
import type { Context } from '../context.ts';
import { jobs, labels, taskMedia, tasks, users } from '../database/schema/index.ts';
import type { App } from '../http/app.ts';
import { badRequest, notFound } from '../http/errors.ts';
import { type Page, pageQuery, paginate, workspaceQuery } from '../http/pages.ts';
import { changeJob, isOwnWork, JobChange } from './jobs.ts';
import { readLabels, showLabel } from './labels.ts';
import { showJobs, showTasks } from './task-view.ts';
import { changeTask, createTask, deleteTask, NewTask, TaskChange } from './tasks.ts';

const byId = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) });
const text = Type.Optional(Type.String({ maxLength: 256 }));
const integer = Type.Optional(Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }));
/** Of CVAT's lists; answered by a refusal, since to pass over a filter would show what was not asked for. */
const filter = Type.Optional(Type.String());

function refuseFilter(filter: string | undefined): void {
  if (filter) throw badRequest('filter', 'Expressions are not understood here; use search and the plain parameters.');
}

/** Tasks, their jobs and their labels (contract 2.1, 2.2, 2.7); the empty list of projects. */
export function taskRoutes(app: App, context: Context): void {
  const { db } = context;

  const one = async (id: number, base: string): Promise<Record<string, unknown>> => {
    const rows = await db.select().from(tasks).where(eq(tasks.id, id));
    const [shown] = await showTasks(db, rows, base);
    if (!shown) throw notFound(`There is no task ${id}.`);
    return shown;
  };

  app.post(
    '/api/tasks',
    {
      config: { access: { action: 'create', on: 'task' } },
      schema: { body: NewTask, querystring: Type.Object(workspaceQuery) },
    },
    async (request, reply) => {
      const id = await createTask(context, request.principal, request.body);
      return reply.code(201).send(await one(id, request.base));
    },
  );

  app.get(
    '/api/tasks',
    {
      config: { access: { signedIn: 'lists the tasks that one may see' } },
      schema: {
        querystring: Type.Object({
          ...pageQuery,
          ...workspaceQuery,
          search: text,
          name: text,
          owner: text,
          assignee: text,
          subset: text,
          mode: text,
          dimension: text,
          project_id: integer,
          id: integer,
          sort: text,
          filter,
        }),
      },
    },
    async (request) => {
      const { query } = request;
      refuseFilter(query.filter);
      const userNamed = (username: string) =>
        db.select({ id: users.id }).from(users).where(eq(users.username, username));
      const conditions: (SQL | undefined)[] = [visibleTasks(db, request.principal)];
      if (query.id !== undefined) conditions.push(eq(tasks.id, query.id));
      if (query.name) conditions.push(eq(tasks.name, query.name));
      if (query.subset) conditions.push(eq(tasks.subset, query.subset));
      if (query.owner) conditions.push(inArray(tasks.ownerId, userNamed(query.owner)));
      if (query.assignee) conditions.push(inArray(tasks.assigneeId, userNamed(query.assignee)));
      if (query.project_id !== undefined || (query.dimension ?? '2d') !== '2d') conditions.push(eq(tasks.id, -1));
      if (query.mode) {
        const kind = query.mode === 'interpolation' ? 'video' : 'images';
        const ofKind = db.select({ id: taskMedia.taskId }).from(taskMedia).where(eq(taskMedia.kind, kind));
        conditions.push(inArray(tasks.id, ofKind));
      }
      if (query.search) {
        const pattern = `%${query.search.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
        const people = db.select({ id: users.id }).from(users).where(ilike(users.username, pattern));
        conditions.push(
          or(ilike(tasks.name, pattern), inArray(tasks.ownerId, people), inArray(tasks.assigneeId, people)),
        );
      }
      const where = and(...conditions);
      return paginate(request, {
        count: async () => (await db.select({ n: count() }).from(tasks).where(where))[0]!.n,
        rows: async (limit, offset) => {
          const order = orderOf(query.sort, SORTABLE_TASKS, desc(tasks.id));
          const rows = await db
            .select()
            .from(tasks)
            .where(where)
            .orderBy(...order)
            .limit(limit)
            .offset(offset);
          return showTasks(db, rows, request.base);
        },
      });
    },
  );

  app.get(
    '/api/tasks/:id',
    { config: { access: { action: 'view', on: 'task' } }, schema: { params: byId } },
    async (request) => one(request.params.id, request.base),
  );

  app.patch(
    '/api/tasks/:id',
    { config: { access: { action: 'update', on: 'task' } }, schema: { params: byId, body: TaskChange } },
    async (request) => {
      await changeTask(context, request.principal, request.params.id, request.body);
      return one(request.params.id, request.base);
    },
  );

  app.delete(
    '/api/tasks/:id',
    { config: { access: { action: 'delete', on: 'task' } }, schema: { params: byId } },
    async (request, reply) => {
      await deleteTask(context, request.params.id);
      return reply.code(204).send();
    },
  );

  app.get(
    '/api/jobs',
    {
      config: { access: { signedIn: 'lists the jobs that one may see' } },
      schema: {
        querystring: Type.Object({
          ...pageQuery,
          ...workspaceQuery,
          task_id: integer,
          project_id: integer,
          assignee: text,
          state: text,
          stage: text,
          type: text,
          sort: text,
          filter,
        }),
      },
    },
    async (request) => {
      const { query } = request;
      refuseFilter(query.filter);
      const conditions: (SQL | undefined)[] = [visibleJobs(db, request.principal)];
      if (query.task_id !== undefined) conditions.push(eq(jobs.taskId, query.task_id));
      if (query.state) conditions.push(eq(jobs.state, query.state as 'new'));
      if (query.stage) conditions.push(eq(jobs.stage, query.stage as 'annotation'));
      if (query.assignee) {
        conditions.push(
          inArray(jobs.assigneeId, db.select({ id: users.id }).from(users).where(eq(users.username, query.assignee))),
        );
      }
      if (query.project_id !== undefined || (query.type ?? 'annotation') !== 'annotation')
        conditions.push(eq(jobs.id, -1));
      const where = and(...conditions);
      return paginate(request, {
        count: async () =>
          (await db.select({ n: count() }).from(jobs).innerJoin(tasks, eq(tasks.id, jobs.taskId)).where(where))[0]!.n,
        rows: async (limit, offset) => {
          const rows = await db
            .select({ job: jobs })
            .from(jobs)
            .innerJoin(tasks, eq(tasks.id, jobs.taskId))
            .where(where)
            .orderBy(...orderOf(query.sort, SORTABLE_JOBS, desc(jobs.id)))
            .limit(limit)
            .offset(offset);
          return showJobs(
            db,
            rows.map(({ job }) => job),
            request.base,
          );
        },
      });
    },
  );

  const oneJob = async (id: number, base: string): Promise<Record<string, unknown>> => {
    const [shown] = await showJobs(db, await db.select().from(jobs).where(eq(jobs.id, id)), base);
    if (!shown) throw notFound(`There is no job ${id}.`);
    return shown;
  };

  app.get(
    '/api/jobs/:id',
    { config: { access: { action: 'view', on: 'job' } }, schema: { params: byId } },
    async (request) => oneJob(request.params.id, request.base),
  );

  app.patch(
    '/api/jobs/:id',
    {
      config: { access: { action: 'annotate', on: 'job' } },
      schema: {
        summary: 'Change a job',
        description:
          'Who may annotate a job may move its state, and its stage from annotation to validation; the rest is for those who may change the task.',
        params: byId,
        body: JobChange,
      },
    },
    async (request) => {
      const { id } = request.params;
      if (!(await isOwnWork(db, id, request.body))) await demand(db, request.principal, 'update', 'job', id);
      await changeJob(context, request.principal, request.params.id, request.body);
      return oneJob(request.params.id, request.base);
    },
  );

  app.get(
    '/api/labels',
    {
      config: { access: { signedIn: 'lists the labels of tasks that one may see' } },
      schema: {
        querystring: Type.Object({
          ...pageQuery,
          ...workspaceQuery,
          task_id: integer,
          job_id: integer,
          project_id: integer,
          name: text,
          search: text,
          sort: text,
          filter,
        }),
      },
    },
    async (request): Promise<Page<Record<string, unknown>>> => {
      const { query } = request;
      refuseFilter(query.filter);
      const { task_id, job_id, project_id, name, search } = query;
      const conditions: (SQL | undefined)[] = [visibleTasks(db, request.principal), isNull(labels.parentId)];
      if (task_id !== undefined) conditions.push(eq(labels.taskId, task_id));
      if (job_id !== undefined) {
        conditions.push(inArray(labels.taskId, db.select({ id: jobs.taskId }).from(jobs).where(eq(jobs.id, job_id))));
      }
      if (project_id !== undefined) conditions.push(eq(labels.id, -1));
      if (name) conditions.push(eq(labels.name, name));
      if (search) conditions.push(ilike(labels.name, `%${search.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`));
      const where = and(...conditions);
      return paginate(request, {
        count: async () =>
          (await db.select({ n: count() }).from(labels).innerJoin(tasks, eq(tasks.id, labels.taskId)).where(where))[0]!
            .n,
        rows: async (limit, offset) => {
          const rows = await db
            .select({ id: labels.id, taskId: labels.taskId })
            .from(labels)
            .innerJoin(tasks, eq(tasks.id, labels.taskId))
            .where(where)
            .orderBy(asc(labels.id))
            .limit(limit)
            .offset(offset);
          const wanted = new Set(rows.map(({ id }) => id));
          const whole = await readLabels(db, [...new Set(rows.map(({ taskId }) => taskId))]);
          return whole.filter(({ id }) => wanted.has(id)).map(showLabel);
        },
      });
    },
  );

  app.get(
    '/api/projects',
    {
      config: { access: { signedIn: 'there are no projects; clients that list them get an empty page' } },
      schema: { querystring: Type.Object({ ...pageQuery, ...workspaceQuery }) },
    },
    async (request) => paginate(request, { count: async () => 0, rows: async () => [] }),
  );
}

const SORTABLE_TASKS = {
  id: tasks.id,
  name: tasks.name,
  created_date: tasks.createdDate,
  updated_date: tasks.updatedDate,
} as const;
const SORTABLE_JOBS = {
  id: jobs.id,
  task_id: jobs.taskId,
  updated_date: jobs.updatedDate,
  state: jobs.state,
  stage: jobs.stage,
} as const;

/** `-updated_date` and the like; `last` makes it an order that stays the same. Throws HttpError 400. */
function orderOf(sort: string | undefined, sortable: Readonly<Record<string, PgColumn>>, last: SQL): SQL[] {
  const fields = (sort ?? '').split(',').filter((field) => field.trim() !== '');
  const order = fields.map((field) => {
    const name = field.trim().replace(/^-/, '');
    const column = Object.hasOwn(sortable, name) ? sortable[name] : undefined;
    if (!column) throw badRequest('sort', `One cannot sort by ${name}; use ${Object.keys(sortable).join(', ')}.`);
    return field.trim().startsWith('-') ? desc(column) : asc(column);
  });
  return [...order, last];
}
