import { StoredData, WriteConflict, WrittenData } from '@roto/wire';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { DONE } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest } from '../http/errors.ts';
import { type Given, readGiven } from './given.ts';
import type { AnnotationText } from './read.ts';
import { actionQuery } from './routes.ts';
import { taskFrames, taskJobs, taskLabels } from './scope.ts';
import { sendGiven, sendText } from './send-text.ts';
import {
  createInTask,
  deleteAllInTask,
  deleteInTask,
  replaceInTask,
  type TaskEdit,
  updateInTask,
} from './task-edit.ts';
import { readTask } from './task-parts.ts';

const params = Type.Object({ id: Type.Integer() });
const view = { access: { action: 'view', on: 'task' } } as const;
const annotate = { access: { action: 'annotate', on: 'task' } } as const;
const tags = ['annotations'];
const WORK = new Map<string, (edit: TaskEdit, given: Given) => Promise<AnnotationText | undefined>>([
  ['create', createInTask],
  ['update', updateInTask],
  ['delete', deleteInTask],
]);

/** Annotations of tasks: those of all jobs, merged where these overlap; writes are cut to the jobs (contract 3.1). */
export function taskAnnotationRoutes(app: App, context: Context): void {
  const { db } = context;

  app.get(
    '/api/tasks/:id/annotations',
    { config: view, schema: { tags, summary: 'All annotations of a task', params, response: { 200: StoredData } } },
    async (request, reply) => {
      const { id } = request.params;
      const jobs = await taskJobs(db, id);
      return sendText(reply, await readTask(db, jobs, await taskLabels(db, id)));
    },
  );

  const begin = async (request: FastifyRequest, taskId: number): Promise<{ edit: TaskEdit; given: Given }> => {
    const labels = await taskLabels(db, taskId);
    const given = readGiven(request.body ?? {}, labels, await taskFrames(db, taskId));
    const author = { userId: request.principal.userId, origin: 'person' } as const;
    return { edit: { db, taskId, labels, author }, given };
  };

  app.put(
    '/api/tasks/:id/annotations',
    {
      config: annotate,
      schema: {
        tags,
        summary: 'Put annotations in place of all of a task',
        params,
        body: WrittenData,
        response: { 200: StoredData, 409: WriteConflict },
      },
    },
    async (request, reply) => {
      const { edit, given } = await begin(request, request.params.id);
      return sendText(reply, await replaceInTask(edit, given));
    },
  );

  app.patch(
    '/api/tasks/:id/annotations',
    {
      config: annotate,
      schema: {
        tags,
        summary: 'Add, change or remove annotations of a task',
        params,
        querystring: actionQuery,
        body: WrittenData,
        response: { 200: StoredData, 409: WriteConflict },
      },
    },
    async (request, reply) => {
      const work = WORK.get(request.query.action ?? '');
      if (!work) throw badRequest('action', 'Say what to do with the objects: ?action=create, update or delete.');
      const { edit, given } = await begin(request, request.params.id);
      const answer = await work(edit, given);
      return answer ? sendText(reply, answer) : sendGiven(reply, given.data);
    },
  );

  app.delete(
    '/api/tasks/:id/annotations',
    { config: annotate, schema: { tags, summary: 'Remove all annotations of a task', params, response: DONE } },
    async (request, reply) => {
      const { id } = request.params;
      const labels = await taskLabels(db, id);
      await deleteAllInTask({ db, taskId: id, labels, author: { userId: request.principal.userId, origin: 'person' } });
      return reply.code(204).send();
    },
  );
}
