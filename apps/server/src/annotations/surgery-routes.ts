import {
  DeleteKeyframesBody,
  LookedAt,
  LookedAtBody,
  MergeBody,
  SplitBody,
  SurgeryAnswer,
  SwapBody,
  ThinBody,
  TrimBody,
} from '@roto/wire';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { transact } from '../database/transact.ts';
import type { App } from '../http/app.ts';
import { deleteKeyframes, thinTracks } from './bulk-keyframes.ts';
import type { Author } from './history-rows.ts';
import type { JobEdit } from './job-edit.ts';
import { lookedAt, markLookedAt } from './looked-at.ts';
import { jobRange, lockJob, taskLabels } from './scope.ts';
import { mergeTracks, splitTrack, swapTracks, trimTrack } from './surgery.ts';

const params = Type.Object({ id: Type.Integer() });
const objectParams = Type.Object({ id: Type.Integer(), object: Type.Integer() });
const config = { access: { action: 'annotate', on: 'job' } } as const;
const tags = ['annotations'];
const response = { 200: SurgeryAnswer };
const at = '/api/jobs/:id/annotations';

/** Tracks cut, joined and thinned, with all that is known of their keyframes; and what a person looked at. */
export function surgeryRoutes(app: App, context: Context): void {
  const { db } = context;
  const edit = async <T>(request: FastifyRequest, work: (edit: JobEdit) => Promise<T>): Promise<T> => {
    const { id } = request.params as { id: number };
    const { taskId } = await jobRange(db, id);
    const labels = await taskLabels(db, taskId);
    const author: Author = { userId: request.principal.userId, origin: 'person' };
    return transact(db, async (tx) => work({ tx, job: await lockJob(tx, id), labels, author }));
  };

  app.post(
    `${at}/:object/split`,
    {
      config,
      schema: { tags, summary: 'Split a track in two at a frame', params: objectParams, body: SplitBody, response },
    },
    (request) => edit(request, (job) => splitTrack(job, request.params.object, request.body)),
  );
  app.post(
    `${at}/:object/trim`,
    {
      config,
      schema: {
        tags,
        summary: 'Cut off what a track has before or after a frame',
        params: objectParams,
        body: TrimBody,
        response,
      },
    },
    (request) => edit(request, (job) => trimTrack(job, request.params.object, request.body)),
  );
  app.post(
    `${at}/merge`,
    { config, schema: { tags, summary: 'Join tracks into the first of them', params, body: MergeBody, response } },
    (request) => edit(request, (job) => mergeTracks(job, request.body)),
  );
  app.post(
    `${at}/swap`,
    { config, schema: { tags, summary: 'Exchange two tracks from a frame on', params, body: SwapBody, response } },
    (request) => edit(request, (job) => swapTracks(job, request.body)),
  );
  app.post(
    `${at}/thin`,
    {
      config,
      schema: { tags, summary: 'Remove keyframes of a tracker that are not needed', params, body: ThinBody, response },
    },
    (request) => edit(request, (job) => thinTracks(job, request.body)),
  );
  app.post(
    `${at}/keyframes/delete`,
    {
      config,
      schema: {
        tags,
        summary: 'Remove keyframes of tracks on ranges of frames',
        params,
        body: DeleteKeyframesBody,
        response,
      },
    },
    (request) => edit(request, (job) => deleteKeyframes(job, request.body)),
  );

  app.post(
    `${at}/looked-at`,
    {
      config,
      schema: {
        tags,
        summary: 'Mark frames of objects as looked at, or take marks away',
        params,
        body: LookedAtBody,
        response: { 200: LookedAt },
      },
    },
    (request) => transact(db, (tx) => markLookedAt(tx, request.params.id, request.principal.userId, request.body)),
  );
  app.get(
    `${at}/looked-at`,
    {
      config: { access: { action: 'view', on: 'job' } },
      schema: {
        tags,
        summary: 'Frames that were looked at and have not changed since',
        params,
        querystring: Type.Object({
          objects: Type.Optional(Type.String({ pattern: '^\\d{1,15}(,\\d{1,15})*$', maxLength: 65_536 })),
        }),
        response: { 200: LookedAt },
      },
    },
    async (request) => {
      const { id } = await jobRange(db, request.params.id);
      return lookedAt(db, id, request.query.objects?.split(',').map(Number));
    },
  );
}
