import {
  AnnotationsSince,
  BatchAnswer,
  BatchBody,
  PartQuery,
  StoredData,
  WriteConflict,
  WrittenData,
} from '@roto/wire';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { transact } from '../database/transact.ts';
import { DONE, UNCHANGED } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, HttpError } from '../http/errors.ts';
import { fieldErrors } from '../http/validation.ts';
import { saveBatch } from './batch.ts';
import { checkRange, createObjects, deleteAll, deleteObjects, replaceObjects, updateObjects } from './edit.ts';
import { type Given, readGiven } from './given.ts';
import type { Author } from './history-rows.ts';
import type { JobEdit } from './job-edit.ts';
import { askedPart, nothingSince, sendPart } from './part-routes.ts';
import { type AnnotationText, readJob } from './read.ts';
import { readJobPart } from './read-part.ts';
import { attributeIds, jobRange, lockJob, taskFrames, taskLabels } from './scope.ts';
import { sendGiven, sendText } from './send-text.ts';

const idParam = Type.Object({ id: Type.Integer() });
const view = { access: { action: 'view', on: 'job' } } as const;
const annotate = { access: { action: 'annotate', on: 'job' } } as const;
export const actionQuery = Type.Object({
  action: Type.Optional(
    Type.String({ description: 'What to do with the objects: create, update or delete; of a job also batch.' }),
  ),
});
const tags = ['annotations'];

/** Annotations of jobs (contract, section 3.1), whole or in parts. */
export function annotationRoutes(app: App, context: Context): void {
  const { db } = context;

  app.get(
    '/api/jobs/:id/annotations',
    {
      config: view,
      schema: {
        tags,
        summary: 'Annotations of a job: all, those of some frames or objects, or what changed since a version',
        description:
          'With `from` and `to`, tracks have the keyframes on these frames, the one before and the one after them; what is not in the picture there is left out. With `since`, tracks say whether they are `whole`, and which keyframes went (`removed_frames`); `removed` names objects that are gone.',
        params: idParam,
        querystring: PartQuery,
        response: {
          200: Type.Union([StoredData, AnnotationsSince], { description: 'The second with `since`.' }),
          ...UNCHANGED,
        },
      },
    },
    async (request, reply) => {
      const job = await jobRange(db, request.params.id);
      const asked = askedPart(request.query, job);
      if (asked?.since === job.version) return sendPart(reply, nothingSince(job.version), asked);
      const labels = await taskLabels(db, job.taskId);
      if (asked) return sendPart(reply, await readJobPart(db, job.id, labels, asked), asked);
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

  const batch = async (request: FastifyRequest, jobId: number, body: BatchBody) => {
    const { taskId } = await jobRange(db, jobId);
    const labels = await taskLabels(db, taskId);
    const frames = await taskFrames(db, taskId);
    const author: Author = { userId: request.principal.userId, origin: 'person' };
    return transact(db, async (tx) => saveBatch({ tx, job: await lockJob(tx, jobId), labels, author }, frames, body));
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
        body: WrittenData,
        response: { 200: StoredData, 409: WriteConflict },
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
          'Objects may carry the `revision` that was read with them. Then what others did since is kept: 409 names the objects, and of tracks the keyframes, that both changed. New objects may carry a `uid`: sent again, they are not made again. `action=batch` takes updates, changes of keyframes, removals and new objects in one transaction (BatchBody), and answers with revisions alone (BatchAnswer).',
        params: idParam,
        querystring: actionQuery,
        body: Type.Union([WrittenData, BatchBody]),
        response: {
          200: Type.Union([StoredData, BatchAnswer], { description: 'What was written; the second of `batch`.' }),
          409: WriteConflict,
        },
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
          return sendGiven(reply, given.data);
        }
        case 'batch':
          return batch(request, id, readBatch(request));
        default:
          throw badRequest('action', 'Say what to do with the objects: ?action=create, update, delete or batch.');
      }
    },
  );

  app.delete(
    '/api/jobs/:id/annotations',
    { config: annotate, schema: { tags, summary: 'Remove all annotations of a job', params: idParam, response: DONE } },
    async (request, reply) => {
      const job = await jobRange(db, request.params.id);
      const labels = await taskLabels(db, job.taskId);
      const author: Author = { userId: request.principal.userId, origin: 'person' };
      await transact(db, async (tx) => deleteAll({ tx, job: await lockJob(tx, job.id), labels, author }));
      return reply.code(204).send();
    },
  );
}

/** @throws HttpError 400 that names the field */
function readBatch(request: FastifyRequest): BatchBody {
  const check = request.compileValidationSchema(BatchBody, 'body');
  if (!check(request.body ?? {})) throw new HttpError(400, fieldErrors(check.errors ?? []));
  return request.body as BatchBody;
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
