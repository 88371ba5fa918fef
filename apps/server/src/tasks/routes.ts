import {
  Job,
  JobChange,
  Label,
  NewTask,
  Project,
  pageOf,
  pageQuery,
  Task,
  TaskChange,
  workspaceQuery,
} from '@roto/wire';
import { and, asc, count, desc, eq, inArray, isNull, type SQL } from 'drizzle-orm';
import { Type } from 'typebox';
import { demand } from '../access/resource.ts';
import { visibleJobs, visibleTasks } from '../access/visible.ts';
import type { Context } from '../context.ts';
import { jobs, labels, tasks } from '../database/schema/index.ts';
import { DONE } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { notFound } from '../http/errors.ts';
import { filterCondition, orderOf, plainConditions, searchCondition } from '../http/list-filters.ts';
import { paginate } from '../http/pages.ts';
import { changeJob, isOwnWork } from './jobs.ts';
import { readLabels, showLabel } from './labels.ts';
import { JOB_FIELDS, LABEL_FIELDS, TASK_FIELDS } from './list-fields.ts';
import { showJobs, showTasks } from './task-view.ts';
import { changeTask, createTask, deleteTask } from './tasks.ts';

const byId = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) });
const text = Type.Optional(Type.String({ maxLength: 256 }));
const integer = Type.Optional(Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }));
const filter = Type.Optional(Type.String({ maxLength: 65_536, description: 'An expression of JSON logic.' }));
/** A parameter that does not filter would show what was not asked for. */
const exactly = { additionalProperties: false } as const;

/** Tasks, their jobs and their labels (contract 2.1, 2.2, 2.7); the empty list of projects. */
export function taskRoutes(app: App, context: Context): void {
  const { db } = context;

  const one = async (id: number, base: string): Promise<Task> => {
    const rows = await db.select().from(tasks).where(eq(tasks.id, id));
    const [shown] = await showTasks(db, rows, base);
    if (!shown) throw notFound(`There is no task ${id}.`);
    return shown;
  };

  app.post(
    '/api/tasks',
    {
      config: { access: { action: 'create', on: 'task' } },
      schema: {
        summary: 'Make a task; its data is attached afterwards',
        body: NewTask,
        querystring: Type.Object(workspaceQuery),
        response: { 201: Task },
      },
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
        summary: 'List tasks',
        response: { 200: pageOf(Task, 'TaskPage') },
        querystring: Type.Object(
          {
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
            project_name: text,
            status: text,
            tracker_link: text,
            id: integer,
            sort: text,
            filter,
          },
          exactly,
        ),
      },
    },
    async (request) => {
      const { query } = request;
      const { search, filter: expression, ...asked } = query;
      const conditions: (SQL | undefined)[] = [
        visibleTasks(db, request.principal),
        ...plainConditions(asked, TASK_FIELDS),
        searchCondition(
          search,
          ['name', 'owner', 'assignee', 'mode', 'status', 'subset'].map((name) => TASK_FIELDS[name]!),
        ),
        filterCondition(expression, TASK_FIELDS),
      ];
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
    {
      config: { access: { action: 'view', on: 'task' } },
      schema: { summary: 'Look up a task', params: byId, response: { 200: Task } },
    },
    async (request) => one(request.params.id, request.base),
  );

  app.patch(
    '/api/tasks/:id',
    {
      config: { access: { action: 'update', on: 'task' } },
      schema: {
        summary: 'Change a task, its labels included',
        params: byId,
        body: TaskChange,
        response: { 200: Task },
      },
    },
    async (request) => {
      await changeTask(context, request.principal, request.params.id, request.body);
      return one(request.params.id, request.base);
    },
  );

  app.delete(
    '/api/tasks/:id',
    {
      config: { access: { action: 'delete', on: 'task' } },
      schema: { summary: 'Delete a task with its media and annotations', params: byId, response: DONE },
    },
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
        summary: 'List jobs',
        response: { 200: pageOf(Job, 'JobPage') },
        querystring: Type.Object(
          {
            ...pageQuery,
            ...workspaceQuery,
            id: integer,
            task_id: integer,
            task_name: text,
            project_id: integer,
            project_name: text,
            assignee: text,
            state: text,
            stage: text,
            type: text,
            dimension: text,
            search: text,
            sort: text,
            filter,
          },
          exactly,
        ),
      },
    },
    async (request) => {
      const { query } = request;
      const { search, filter: expression, ...asked } = query;
      const conditions: (SQL | undefined)[] = [
        visibleJobs(db, request.principal),
        ...plainConditions(asked, JOB_FIELDS),
        searchCondition(
          search,
          ['task_name', 'assignee', 'state', 'stage'].map((name) => JOB_FIELDS[name]!),
        ),
        filterCondition(expression, JOB_FIELDS),
      ];
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

  const oneJob = async (id: number, base: string): Promise<Job> => {
    const [shown] = await showJobs(db, await db.select().from(jobs).where(eq(jobs.id, id)), base);
    if (!shown) throw notFound(`There is no job ${id}.`);
    return shown;
  };

  app.get(
    '/api/jobs/:id',
    {
      config: { access: { action: 'view', on: 'job' } },
      schema: { summary: 'Look up a job', params: byId, response: { 200: Job } },
    },
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
        response: { 200: Job },
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
        summary: 'List labels of tasks and jobs',
        response: { 200: pageOf(Label, 'LabelPage') },
        querystring: Type.Object(
          {
            ...pageQuery,
            ...workspaceQuery,
            task_id: integer,
            job_id: integer,
            project_id: integer,
            name: text,
            type: text,
            color: text,
            parent: text,
            search: text,
            sort: text,
            filter,
          },
          exactly,
        ),
      },
    },
    async (request) => {
      const { query } = request;
      const { search, filter: expression, job_id, ...asked } = query;
      const ofJob =
        job_id === undefined ? undefined : db.select({ id: jobs.taskId }).from(jobs).where(eq(jobs.id, job_id));
      const conditions: (SQL | undefined)[] = [
        visibleTasks(db, request.principal),
        isNull(labels.parentId),
        ofJob && inArray(labels.taskId, ofJob),
        ...plainConditions(asked, LABEL_FIELDS),
        searchCondition(search, [labels.name]),
        filterCondition(expression, LABEL_FIELDS),
      ];
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
            .orderBy(...orderOf(query.sort, SORTABLE_LABELS, asc(labels.id)))
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
      schema: {
        summary: 'List projects: there are none',
        querystring: Type.Object({ ...pageQuery, ...workspaceQuery }),
        response: { 200: pageOf(Project, 'ProjectPage') },
      },
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
const SORTABLE_LABELS = { id: labels.id, name: labels.name, type: labels.type, color: labels.color } as const;
