import { JobSummary, SummaryQuery } from '@roto/wire';
import { eq } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { jobs } from '../database/schema/index.ts';
import { MEDIA_TYPE } from '../http/accept.ts';
import { UNCHANGED } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest } from '../http/errors.ts';
import { cutsOfTask } from '../media/scene-cuts.ts';
import { findJobMedia } from '../media/task-media.ts';
import { createSummaries } from './summary.ts';

/** What a timeline shows of a job. */
export function summaryRoutes(app: App, context: Context): void {
  const summary = createSummaries(context.db);
  app.get(
    '/api/jobs/:id/annotations/summary',
    {
      config: { access: { action: 'view', on: 'job' } },
      schema: {
        tags: ['annotations'],
        summary: 'Keyframes, scores and suspicious spans of a job, without geometry',
        params: Type.Object({ id: Type.Integer() }),
        querystring: SummaryQuery,
        response: { 200: JobSummary, ...UNCHANGED },
      },
    },
    async (request, reply) => {
      const range = await findJobMedia(context.db, request.params.id);
      const { buckets = 80, from = range.first, to = range.last } = request.query;
      if (from > to) throw badRequest('from', `The frames go from ${from} to ${to}; from must not lie past to.`);
      const cuts = cutsOfTask(range);
      const [job] = await context.db
        .select({ version: jobs.annotationsVersion })
        .from(jobs)
        .where(eq(jobs.id, request.params.id));
      const etag = `"${job?.version}-${buckets}-${from}-${to}-${cuts?.length ?? 'x'}"`;
      reply.headers({ ETag: etag, 'Cache-Control': 'private, no-cache' });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      const { width, height } = range.media;
      const text = await summary(request.params.id, { from, to, buckets }, { width, height, cuts: cuts ?? [] }, cuts);
      return reply
        .type(MEDIA_TYPE)
        .serializer((sent: string) => sent)
        .send(text as never);
    },
  );
}
