import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { transact } from '../database/transact.ts';
import { MEDIA_TYPE } from '../http/accept.ts';
import type { App } from '../http/app.ts';
import { badRequest } from '../http/errors.ts';
import { pageQuery, paginate } from '../http/pages.ts';
import { confirmKeyframes } from './confirm.ts';
import {
  checkRange,
  createObjects,
  deleteAll,
  deleteObjects,
  replaceObjects,
  updateObjects,
} from './edit.ts';
import { type Given, readGiven } from './given.ts';
import { changeList, revertChange } from './history.ts';
import type { Author } from './history-rows.ts';
import type { JobEdit } from './job-edit.ts';
import { type AnnotationText, labeledDataText, type Piece, readJob } from './read.ts';
import { attributeIds, jobRange, lockJob, taskFrames, taskLabels } from './scope.ts';

const idParam = Type.Object({ id: Type.Integer() });
const view = { access: { action: 'view', on: 'job' } } as const;
const annotate = { access: { action: 'annotate', on: 'job' } } as const;
export const actionQuery = Type.Object({
  action: Type.Optional(Type.String({ description: 'What to do with the objects: create, update or delete.' })),
});
const tags = ['annotations'];

/** Annotations of jobs (contract, section 3.1), their history, and the confirmation of tracked keyframes. */
export function annotationRoutes(app: App, context: Context): void {
  const { db } = context;

  app.get(
    '/api/jobs/:id/annotations',
    { config: view, schema: { tags, summary: 'All annotations of a job', params: idParam } },
    async (request, reply) => {
      const job = await jobRange(db, request.params.id);
      const labels = await taskLabels(db, job.taskId);
      const tagOf = (version: number) => entityTag(version, labels.map(attributeIds).join('|'));
      if (request.headers['if-none-match'] === tagOf(job.version)) return reply.code(304).send();
      const text = await readJob(db, job.id, labels);
      reply.header('etag', tagOf(text.version));
      return sendText(reply, text);
    },
  );

  const write = async (
    request: FastifyRequest,
    jobId: number,
    work: (edit: JobEdit, given: Given) => Promise<AnnotationText | undefined>,
  ) => {
    const job = await jobRange(db, jobId);
    const labels = await taskLabels(db, job.taskId);
    const given = readGiven(request.body ?? {}, labels, await taskFrames(db, job.taskId));
    checkRange(given, job);
    const author: Author = { userId: request.principal.userId, origin: 'person' };
    const text = await transact(db, async (tx) => work({ tx, job: await lockJob(tx, jobId), labels, author }, given));
    return { text, given };
  };

  app.put(
    '/api/jobs/:id/annotations',
    {
      config: annotate,
      schema: {
        tags,
        summary: 'Put annotations in place of all of a job',
        description:
          'With `If-Match` and the version (or the ETag) that was read, only when nothing has changed since.',
        params: idParam,
        body: Type.Unknown(),
      },
    },
    async (request, reply) => {
      const version = versionOf(request.headers['if-match']);
      const { text } = await write(request, request.params.id, (edit, given) => replaceObjects(edit, given, version));
      return sendText(reply, text!);
    },
  );

  app.patch(
    '/api/jobs/:id/annotations',
    {
      config: annotate,
      schema: {
        tags,
        summary: 'Add, change or remove annotations of a job',
        description:
          'Objects may carry the `revision` that was read with them. Then what others did since is kept: 409 names the objects, and of tracks the keyframes, that both changed.',
        params: idParam,
        querystring: actionQuery,
        body: Type.Unknown(),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      switch (request.query.action) {
        case 'create':
          return sendText(reply, (await write(request, id, createObjects)).text!);
        case 'update':
          return sendText(reply, (await write(request, id, updateObjects)).text!);
        case 'delete': {
          const { given } = await write(request, id, async (edit, objects) => {
            await deleteObjects(edit, objects);
            return undefined;
          });
          return reply.type(MEDIA_TYPE).send(JSON.stringify(given.data));
        }
        default:
          throw badRequest('action', 'Say what to do with the objects: ?action=create, update or delete.');
      }
    },
  );

  app.delete(
    '/api/jobs/:id/annotations',
    { config: annotate, schema: { tags, summary: 'Remove all annotations of a job', params: idParam } },
    async (request, reply) => {
      const job = await jobRange(db, request.params.id);
      const labels = await taskLabels(db, job.taskId);
      const author: Author = { userId: request.principal.userId, origin: 'person' };
      await transact(db, async (tx) => deleteAll({ tx, job: await lockJob(tx, job.id), labels, author }));
      return reply.code(204).send();
    },
  );

  app.post(
    '/api/jobs/:id/annotations/confirm',
    {
      config: annotate,
      schema: {
        tags,
        summary: 'Make tracked keyframes those of a person',
        params: idParam,
        body: Type.Object({
          object: Type.Integer(),
          frames: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { description: 'Without it: all.' })),
        }),
      },
    },
    (request) =>
      transact(db, (tx) =>
        confirmKeyframes(tx, request.params.id, { userId: request.principal.userId, origin: 'person' }, request.body),
      ),
  );

  const historyQuery = Type.Object({
    ...pageQuery,
    before: Type.Optional(Type.Boolean({ description: 'Also what was there before each change.' })),
  });
  app.get(
    '/api/jobs/:id/annotations/history',
    {
      config: view,
      schema: { tags, summary: 'Changes of a job, newest first', params: idParam, querystring: historyQuery },
    },
    (request) => paginate(request, changeList(db, request.params.id, { withBefore: request.query.before })),
  );
  app.get(
    '/api/jobs/:id/annotations/:object/history',
    {
      config: view,
      schema: {
        tags,
        summary: 'Changes of one object, newest first; also of one that was removed',
        params: Type.Object({ id: Type.Integer(), object: Type.Integer() }),
        querystring: historyQuery,
      },
    },
    (request) =>
      paginate(
        request,
        changeList(db, request.params.id, { objectId: request.params.object, withBefore: request.query.before }),
      ),
  );
  app.post(
    '/api/jobs/:id/annotations/history/:change/revert',
    {
      config: annotate,
      schema: {
        tags,
        summary: 'Take one change back',
        params: Type.Object({ id: Type.Integer(), change: Type.Integer() }),
        body: Type.Object({
          force: Type.Optional(Type.Boolean({ description: 'Also where it was changed again since.' })),
        }),
      },
    },
    (request) => {
      const { id, change } = request.params;
      const author: Author = { userId: request.principal.userId, origin: 'person' };
      return transact(db, (tx) => revertChange(tx, id, change, author, request.body.force ?? false));
    },
  );
}

function entityTag(version: number, labels: string): string {
  let hash = 0;
  for (let i = 0; i < labels.length; i++) hash = (Math.imul(hash, 31) + labels.charCodeAt(i)) >>> 0;
  return `"${version}-${hash.toString(36)}"`;
}

/** The version in an `If-Match` header: `17`, `"17"` or the ETag of a read, `"17-x2f"`. */
function versionOf(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined;
  const found = /^(?:W\/)?"?(\d+)(?:-\w+)?"?$/.exec(header.trim());
  if (!found) throw badRequest('If-Match', 'It must be the version or the ETag of the annotations that were read.');
  return Number(found[1]);
}
