import { KeyframesAnswer, KeyframesPatch, type PartQuery, StoredData, WriteConflict } from '@roto/wire';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { transact } from '../database/transact.ts';
import type { App } from '../http/app.ts';
import { badRequest, notFound } from '../http/errors.ts';
import { patchKeyframes } from './batch.ts';
import type { Author } from './history-rows.ts';
import { type AnnotationPart, type PartAsked, readJobPart } from './read-part.ts';
import { type JobRange, jobRange, taskFrames, taskLabels } from './scope.ts';
import { sendText } from './send-text.ts';

const objectParams = Type.Object({ id: Type.Integer(), object: Type.Integer() });
const frame = Type.Optional(Type.Integer({ minimum: 0, maximum: 1e9 }));
const tags = ['annotations'];

/** One object of a job, and the keyframes of one track. */
export function partRoutes(app: App, context: Context): void {
  const { db } = context;

  app.get(
    '/api/jobs/:id/annotations/:object',
    {
      // HEAD there asks for an upload.
      exposeHeadRoute: false,
      config: { access: { action: 'view', on: 'job' } },
      schema: {
        tags,
        summary: 'One object of a job, whole or with the keyframes of some frames',
        params: objectParams,
        querystring: Type.Object({ from: frame, to: frame }),
        response: { 200: StoredData },
      },
    },
    async (request, reply) => {
      const { id, object } = request.params;
      const job = await jobRange(db, id);
      const asked = { ...askedPart(request.query, job), objects: [object] };
      const part = await readJobPart(db, id, await taskLabels(db, job.taskId), asked);
      if (part.tags.length + part.shapes.length + part.tracks.length === 0)
        throw notFound(`Job ${id} has no object ${object}.`);
      return sendPart(reply, part, asked);
    },
  );

  app.patch(
    '/api/jobs/:id/annotations/:object/keyframes',
    {
      config: { access: { action: 'annotate', on: 'job' } },
      schema: {
        tags,
        summary: 'Set and remove keyframes of a track, without the others',
        description:
          'With the `revision` that was read, what others did since is kept; 409 names the keyframes that both changed.',
        params: objectParams,
        body: KeyframesPatch,
        response: { 200: KeyframesAnswer, 409: WriteConflict },
      },
    },
    async (request) => {
      const { id, object } = request.params;
      const job = await jobRange(db, id);
      const [labels, frames] = [await taskLabels(db, job.taskId), await taskFrames(db, job.taskId)];
      const author: Author = { userId: request.principal.userId, origin: 'person' };
      return transact(db, (tx) => patchKeyframes({ tx, job, labels, author }, frames, object, request.body));
    },
  );
}

/** The part that an address names; undefined: all. @throws HttpError 400 */
export function askedPart(query: PartQuery, { start, stop, version }: JobRange): PartAsked | undefined {
  const { from, to, objects, since } = query;
  if (since !== undefined && since > version)
    throw badRequest('since', `The job's annotations have version ${version}, so nothing can be asked since ${since}.`);
  const isWindow = from !== undefined || to !== undefined;
  const window = { from: from ?? start, to: to ?? stop };
  if (isWindow && window.from > window.to)
    throw badRequest('from', `The frames go from ${window.from} to ${window.to}; from must not lie past to.`);
  if (!isWindow && objects === undefined && since === undefined) return undefined;
  return {
    ...(isWindow ? { window } : {}),
    ...(objects === undefined ? {} : { objects: objects.split(',').map(Number) }),
    ...(since === undefined ? {} : { since }),
  };
}

/** What most of those hear who ask what changed. */
export function nothingSince(version: number): AnnotationPart {
  return { version, tags: [], shapes: [], tracks: [], removed: [] };
}

export function sendPart(reply: FastifyReply, part: AnnotationPart, { since }: PartAsked) {
  return sendText(reply, part, since === undefined ? '' : `,"since":${since},"removed":[${part.removed.join(',')}]`);
}
