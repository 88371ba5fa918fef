import { JobEventsQuery } from '@roto/wire';
import { Type } from 'typebox';
import { jobRange } from '../annotations/scope.ts';
import type { Context } from '../context.ts';
import { eventStream } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { createRooms } from './rooms.ts';

/** One stream for all that a page must hear of a job. */
export function feedRoutes(app: App, context: Context): void {
  const rooms = createRooms(context);
  app.addHook('preClose', async () => rooms.close());

  app.get(
    '/api/jobs/:id/events',
    {
      config: { access: { action: 'view', on: 'job' } },
      schema: {
        tags: ['jobs'],
        summary: 'Stream of what happens to a job: its annotations, runs, frames and readers',
        description:
          'Server-sent events: `object`, `keyframes` (of the objects asked for), `version`, `reset`, `run`, `media`, `people`. The id of `version` events is the version of the annotations: Last-Event-ID, or `since`, goes on after it.',
        params: Type.Object({ id: Type.Integer() }),
        querystring: JobEventsQuery,
        response: {
          200: eventStream(
            'Events: ObjectEvent, KeyframesEvent, VersionEvent, RunEvent, MediaEvent, PeopleEvent by their names.',
          ),
        },
      },
    },
    async (request, reply) => {
      const job = await jobRange(context.db, request.params.id);
      const { since, objects } = request.query;
      const last = request.headers['last-event-id'];
      const seen = typeof last === 'string' && /^\d{1,9}$/.test(last) ? Number(last) : (since ?? null);
      const asked = objects === undefined || objects === 'all' ? objects : new Set(objects.split(',').map(Number));
      const stream = app.eventStreams.open(request, reply, { retryMs: 2_000 });
      await rooms.add(job, stream, { since: seen, asked }).catch(() => stream.end());
    },
  );
}
