import {
  Estimate,
  EstimateQuery,
  NewRun,
  pageOf,
  pageQuery,
  Run,
  RunContinuation,
  RunFrames,
  RunReverted,
  RunState,
  workspaceQuery,
} from '@roto/wire';
import { eq } from 'drizzle-orm';
import { Type } from 'typebox';
import { demand } from '../access/resource.ts';
import { visibleJobs } from '../access/visible.ts';
import type { Context } from '../context.ts';
import { runs, taskMedia } from '../database/schema/index.ts';
import { readFunction } from '../functions/functions.ts';
import { DONE, eventStream } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { notFound } from '../http/errors.ts';
import { paginate } from '../http/pages.ts';
import { cancelRun, continueRun, deleteRun, revertRunOf } from './control.ts';
import { checkFrames, createRun, placeOf } from './create.ts';
import { estimate } from './estimate.ts';
import { countFrames } from './pass.ts';
import { countRuns, listRuns, readFrames, runFilter, showRuns } from './show.ts';
import { createRunStreams } from './stream.ts';

const tags = ['runs'];
const Id = Type.Object({ id: Type.String() });
const number = Type.Integer({ minimum: 1, maximum: 999_999_999 });
const frame = Type.Integer({ minimum: 0, maximum: 1e9 });

/** Tracking runs: started by a person, done by an agent, and there whoever is connected. */
export function runRoutes(app: App, context: Context): void {
  const { db, events } = context;
  const streams = createRunStreams(db, events);
  app.addHook('preClose', async () => streams.close());
  const view = { action: 'view', on: 'run' } as const;
  const annotate = { action: 'annotate', on: 'run' } as const;

  app.post(
    '/api/runs',
    {
      config: { access: { signedIn: 'function and job are in the body, and are asked for there' } },
      schema: {
        tags,
        summary: 'Follow objects from a start to a target frame',
        description: 'Needs nobody to stay connected; each finished frame is saved and visible at once.',
        body: NewRun,
        response: { 201: Run },
      },
    },
    async (request, reply) => {
      const { body, principal } = request;
      await demandPlace(principal, body, 'annotate');
      await demand(db, principal, 'use', 'function', body.function);
      const fn = await readFunction(db, body.function);
      const id = await createRun(context, fn, principal.userId, body);
      return reply.code(201).send(await show(id, request.base));
    },
  );

  app.post(
    '/api/runs/estimate',
    {
      config: { access: { signedIn: 'function and job are in the body, and are asked for there' } },
      schema: {
        tags,
        summary: 'How long a run would take, by past ones',
        body: EstimateQuery,
        response: { 200: Estimate },
      },
    },
    async (request) => {
      const { body, principal } = request;
      await demandPlace(principal, body, 'view');
      await demand(db, principal, 'use', 'function', body.function);
      const job = await placeOf(db, body);
      checkFrames(job, { start_frame: body.start_frame, target_frame: body.target_frame });
      const [media] = await db
        .select({ deletedFrames: taskMedia.deletedFrames })
        .from(taskMedia)
        .where(eq(taskMedia.taskId, job.taskId));
      const pass = {
        startFrame: body.start_frame,
        targetFrame: body.target_frame,
        deletedFrames: media?.deletedFrames ?? [],
      };
      return estimate(db, body.function, countFrames(pass, body.start_frame, body.target_frame), body.objects);
    },
  );

  app.get(
    '/api/runs',
    {
      config: { access: { signedIn: 'lists runs of jobs that the user may view' } },
      schema: {
        tags,
        summary: 'Runs, the newest first',
        response: { 200: pageOf(Run, 'RunPage') },
        querystring: Type.Object({
          ...pageQuery,
          ...workspaceQuery,
          task: Type.Optional(number),
          job: Type.Optional(number),
          function: Type.Optional(number),
          state: Type.Optional(RunState),
        }),
      },
    },
    async (request) => {
      const where = runFilter(visibleJobs(db, request.principal), request.query);
      return paginate(request, {
        count: () => countRuns(db, where),
        rows: async (limit, offset) => showRuns(db, await listRuns(db, where, limit, offset), request.base),
      });
    },
  );

  app.get(
    '/api/runs/:id',
    { config: { access: view }, schema: { tags, summary: 'A run', params: Id, response: { 200: Run } } },
    (request) => show(request.params.id, request.base),
  );

  app.get(
    '/api/runs/:id/frames',
    {
      config: { access: view },
      schema: {
        tags,
        summary: 'What the model said of each object on each finished frame',
        response: { 200: RunFrames },
        params: Id,
        querystring: Type.Object({
          after: Type.Optional(frame),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1_000 })),
        }),
      },
    },
    async (request) => {
      const row = await read(request.params.id);
      return { results: await readFrames(db, row, request.query.after ?? null, request.query.limit ?? 1_000) };
    },
  );

  app.get(
    '/api/runs/:id/events',
    {
      config: { access: view },
      schema: {
        tags,
        summary: 'Stream of a run',
        response: { 200: eventStream('Events `frame`: RunFrame, and `progress`: RunProgress.') },
        description:
          'Server-sent events `frame` (its id is the number of the frame; Last-Event-ID goes on after it) and `progress`.',
        params: Id,
      },
    },
    async (request, reply) => {
      const last = request.headers['last-event-id'];
      const stream = app.eventStreams.open(request, reply, { retryMs: 2_000 });
      await streams.add(request.params.id, stream, typeof last === 'string' ? last : undefined);
    },
  );

  app.post(
    '/api/runs/:id/cancel',
    {
      config: { access: annotate },
      schema: { tags, summary: 'Stop a run; what is done is kept', params: Id, response: { 200: Run } },
    },
    async (request) => {
      await cancelRun(context, request.params.id);
      return show(request.params.id, request.base);
    },
  );

  app.post(
    '/api/runs/:id/revert',
    {
      config: { access: annotate },
      schema: {
        tags,
        summary: 'Take back all that a run wrote, but for what somebody changed after it',
        params: Id,
        response: { 200: RunReverted },
      },
    },
    (request) => revertRunOf(context, request.params.id, request.principal.userId),
  );

  app.post(
    '/api/runs/:id/continue',
    {
      config: { access: annotate },
      schema: {
        tags,
        summary: 'Go on where a run stopped, to another target',
        params: Id,
        body: RunContinuation,
        response: { 200: Run },
      },
    },
    async (request) => {
      await continueRun(context, request.params.id, request.body.target_frame);
      return show(request.params.id, request.base);
    },
  );

  app.delete(
    '/api/runs/:id',
    {
      config: { access: annotate },
      schema: {
        tags,
        summary: 'Forget an ended run',
        description: 'The annotations that it made stay.',
        params: Id,
        response: DONE,
      },
    },
    async (request, reply) => {
      await deleteRun(context, request.params.id);
      return reply.code(204).send();
    },
  );

  async function read(id: string) {
    const [row] = await db.select().from(runs).where(eq(runs.id, id));
    if (!row) throw notFound(`There is no run ${id}.`);
    return row;
  }

  async function show(id: string, base: string) {
    const [shown] = await showRuns(db, [await read(id)], base);
    return shown!;
  }

  async function demandPlace(
    principal: Parameters<typeof demand>[1],
    body: { job?: number; task?: number; start_frame: number },
    action: 'view' | 'annotate',
  ): Promise<void> {
    if (body.job === undefined && body.task !== undefined) await demand(db, principal, 'view', 'task', body.task);
    const job = await placeOf(db, body);
    await demand(db, principal, action, 'job', job.id);
  }
}
