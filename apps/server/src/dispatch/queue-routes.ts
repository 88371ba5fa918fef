import {
  AcquireAnswer,
  AcquireBody,
  AGENT_ID,
  FailBody,
  FramesAnswer,
  FramesBody,
  REQUEST_ID,
  UpdateBody,
} from '@roto/wire';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import { DONE, eventStream } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { notFound } from '../http/errors.ts';
import { createSightings } from '../queue/seen.ts';
import { createWatchers, WATCH } from '../queue/watch.ts';
import { saveFrames } from '../runs/frames.ts';
import { acquire } from './acquire.ts';
import { complete, fail, update } from './finish.ts';

const queue = Type.String({ pattern: '^function:[1-9]\\d{0,8}$' });
const Queue = Type.Object({ q: queue });
const QueueRequest = Type.Object({ q: queue, rid: Type.String() });
const access = { action: 'serve', on: 'function', param: 'q' } as const;
const tags = ['queues'];
const prefix = '/api/functions/queues/:q';

/** What agents call: contract 4.2 to 4.5, and the frames of whole runs. */
export function queueRoutes(app: App, context: Context): void {
  const sighted = createSightings(context.db);
  const watchers = createWatchers(context.db, context.events);
  app.addHook('preClose', async () => watchers.close());

  app.get(
    `${prefix}/watch`,
    {
      config: { access },
      schema: {
        tags,
        summary: 'Stream of hints that the queue has something new',
        description:
          'Server-sent events: `newrequest` with `{"request_category": "interactive" | "batch"}`. Ends when the function is deleted.',
        params: Queue,
        response: { 200: eventStream('Events `newrequest`: NewRequestEvent.') },
      },
    },
    async (request, reply) => {
      const stream = app.eventStreams.open(request, reply, WATCH);
      await watchers.add(functionOf(request.params.q), stream).catch(() => stream.end());
    },
  );

  app.post(
    `${prefix}/requests/acquire`,
    {
      config: { access },
      schema: {
        tags,
        summary: 'Take the next request',
        params: Queue,
        body: AcquireBody,
        response: { 200: AcquireAnswer },
      },
    },
    async (request) => {
      const { agent_id: agentId, request_category: category, capabilities = {}, holding } = request.body;
      const functionId = functionOf(request.params.q);
      await sighted(functionId, agentId, request.principal.userId, capabilities);
      return { ar_assignment: await acquire(context, functionId, category, { agentId, capabilities, holding }) };
    },
  );

  app.post(
    `${prefix}/requests/:rid/update`,
    {
      config: { access },
      schema: {
        tags,
        summary: 'Say how far it is, and keep the lease',
        description:
          'A `track_range` asked about with its fence is answered with what its agent should do next (200), all others with 204.',
        params: QueueRequest,
        body: UpdateBody,
        response: { 200: FramesAnswer, ...DONE },
      },
    },
    async (request, reply) => {
      const { agent_id: agentId, fence, progress } = request.body;
      const holder = { agentId, fence };
      const answer = await update(
        context,
        functionOf(request.params.q),
        requestOf(request.params.rid),
        holder,
        progress,
      );
      return answer ? reply.code(200).send(answer) : reply.code(204).send();
    },
  );

  app.post(
    `${prefix}/requests/:rid/frames`,
    {
      config: { access },
      schema: {
        tags,
        summary: 'Save frames of a run',
        description: 'They are in the database when this answers. Frames that are saved already are passed over.',
        params: QueueRequest,
        body: FramesBody,
        response: { 200: FramesAnswer },
      },
    },
    (request) => saveFrames(context, functionOf(request.params.q), requestOf(request.params.rid), request.body),
  );

  app.post(
    `${prefix}/requests/:rid/complete`,
    {
      config: { access },
      schema: {
        tags,
        summary: 'Hand in the result',
        params: QueueRequest,
        body: Type.Object({
          agent_id: Type.String({ pattern: AGENT_ID }),
          fence: Type.Optional(Type.Integer({ minimum: 0 })),
        }),
        response: DONE,
      },
    },
    async (request, reply) => {
      const { agent_id: agentId, fence, ...result } = request.body;
      await complete(context, functionOf(request.params.q), requestOf(request.params.rid), { agentId, fence }, result);
      return reply.code(204).send();
    },
  );

  app.post(
    `${prefix}/requests/:rid/fail`,
    {
      config: { access },
      schema: { tags, summary: 'Give up', params: QueueRequest, body: FailBody, response: DONE },
    },
    async (request, reply) => {
      const { agent_id: agentId, fence, exc_info: error, permanent = false } = request.body;
      await fail(
        context,
        functionOf(request.params.q),
        requestOf(request.params.rid),
        { agentId, fence },
        error,
        permanent,
      );
      return reply.code(204).send();
    },
  );
}

function functionOf(queueId: string): number {
  return Number(queueId.slice('function:'.length));
}

const REQUEST = new RegExp(REQUEST_ID);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ids of the published form that are none of ours are unknown, not wrong. */
function requestOf(rid: string): string {
  if (!REQUEST.test(rid) || !UUID.test(rid)) throw notFound(`There is no request ${rid.slice(0, 64)}.`);
  return rid;
}
