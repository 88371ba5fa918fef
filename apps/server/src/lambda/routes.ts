import { LambdaAnswer, LambdaCall, LambdaFunctionShown, LambdaProblem } from '@roto/wire';
import { Type } from 'typebox';
import type { Principal } from '../access/access.ts';
import { demand } from '../access/resource.ts';
import type { Context } from '../context.ts';
import { transact } from '../database/transact.ts';
import { rememberOwnStates, statesAreOf } from '../functions/states.ts';
import type { App } from '../http/app.ts';
import { HttpError } from '../http/errors.ts';
import { Frames } from '../media/frames.ts';
import { findJobMedia, findTaskMedia } from '../media/task-media.ts';
import type { Shape } from './answers.ts';
import { LambdaCaller } from './caller.ts';
import { LambdaError } from './endpoint.ts';
import { callPlain, continueTracking, type LambdaTools, startTracking } from './invoke.ts';
import { type Deployed, LambdaRegistry } from './registry.ts';

const tags = ['lambda'];
const Id = Type.Object({ id: Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]*$', maxLength: 128 }) });
const problems = { 400: LambdaProblem, 403: LambdaProblem, 404: LambdaProblem, 503: LambdaProblem, 504: LambdaProblem };

/** The gateway to serverless functions: `/api/lambda`, and the process's part in their runs. */
export function lambdaRoutes(app: App, context: Context): void {
  const { db, store } = context;
  const registry = new LambdaRegistry(context);
  const tools: LambdaTools = { db, frames: new Frames(store, { frameCacheBytes: 0 }) };
  if (registry.isUsed) {
    const caller = new LambdaCaller(context, registry, tools, (error) =>
      context.log.error(`Calling a serverless function failed: ${(error as Error).message}`, {}),
    );
    let stop: (() => Promise<void>) | undefined;
    app.addHook('onReady', async () => {
      registry.start();
      stop = caller.start();
    });
    app.addHook('preClose', async () => {
      await stop?.();
      await registry.close();
    });
  }
  app.addHook('onClose', () => tools.frames.close());

  app.get(
    '/api/lambda/functions',
    {
      config: { access: { signedIn: 'functions of the gateway are for all who are signed in' } },
      schema: {
        tags,
        summary: 'Serverless functions',
        response: {
          200: Type.Array(LambdaFunctionShown, { description: 'All functions that may be called.' }),
          503: LambdaProblem,
          504: LambdaProblem,
        },
      },
    },
    () =>
      words(async () => {
        const found = registry.list();
        const problem = registry.problem();
        if (found.length === 0 && problem) throw problem;
        return found.map(show);
      }),
  );

  app.get(
    '/api/lambda/functions/:id',
    {
      config: { access: { signedIn: 'functions of the gateway are for all who are signed in' } },
      schema: {
        tags,
        summary: 'A serverless function',
        params: Id,
        response: { 200: LambdaFunctionShown, ...problems },
      },
    },
    (request) => words(async () => show(registry.find(request.params.id))),
  );

  app.post(
    '/api/lambda/functions/:id',
    {
      config: { access: { signedIn: 'task and job are in the body, and are asked for there' } },
      schema: {
        tags,
        summary: 'Call a serverless function and wait for its answer',
        description:
          'States of trackers change with every call: send back the newest. They are worth something to the same person, for the same task and function, for 8 hours.',
        params: Id,
        body: LambdaCall,
        response: { 200: LambdaAnswer, ...problems },
      },
    },
    (request, reply) =>
      words(async () => {
        const fn = registry.find(request.params.id);
        const { taskId, frame } = await placeOf(request.principal, fn, request.body);
        const gone = new AbortController();
        reply.raw.on('close', () => {
          if (!reply.raw.writableFinished) gone.abort(new LambdaError(499, 'The client has left.'));
        });
        return call(fn, request.principal.userId, taskId, frame, request.body, gone.signal);
      }),
  );

  async function call(
    fn: Deployed,
    userId: number,
    task: number,
    frame: number,
    body: LambdaCall,
    signal: AbortSignal,
  ) {
    if (fn.kind !== 'tracker') {
      const { task: _task, job: _job, frame: _frame, type: _type, ...members } = body as Record<string, unknown>;
      return callPlain(tools, fn, { task, frame }, members, signal);
    }
    const owner = { functionId: fn.rowId, userId, taskId: task };
    if (body.states === undefined || body.states.length === 0) {
      const shapes = (body.shapes ?? []) as Shape[];
      if (shapes.length === 0 || shapes.includes(null as never)) throw wrong(fn, 'shapes');
      const supported = fn.spec.supported_shape_types as readonly string[];
      for (const { type } of shapes)
        if (!supported.includes(type))
          throw new LambdaError(400, `This function does not support shapes of type '${type}'`);
      return remembered(owner, await startTracking(tools, fn, { task, frame, shapes }, signal));
    }
    const texts = body.states;
    if (texts.some((text) => text === null) || !(await statesAreOf(db, owner, texts as string[])))
      throw new LambdaError(400, 'Invalid or expired tracker state');
    const states = (texts as string[]).map((text) => JSON.parse(text) as unknown);
    return remembered(owner, await continueTracking(tools, fn, { task, frame, states }, signal));
  }

  /** States leave as text whose hash is kept with whom it belongs to, so that nobody can send back another. */
  async function remembered(
    owner: { functionId: number; userId: number; taskId: number },
    { states, shapes }: { readonly states: readonly unknown[]; readonly shapes: readonly (Shape | null)[] },
  ) {
    const texts = states.map((state) => JSON.stringify(state));
    await transact(db, (tx) => rememberOwnStates(tx, owner, texts, null));
    return { states: texts, shapes };
  }

  /** Task and frame of a call, which the person may see. */
  async function placeOf(principal: Principal, fn: Deployed, { task, job, frame }: LambdaCall) {
    if (job === undefined && task === undefined) throw wrong(fn, 'task or job');
    if (job !== undefined) await demand(db, principal, 'view', 'job', job);
    else await demand(db, principal, 'view', 'task', task!);
    const range = job === undefined ? await findTaskMedia(db, task!) : await findJobMedia(db, job);
    const taskId = range.media.taskId;
    if (task !== undefined && task !== taskId) throw new LambdaError(400, 'Job task id does not match task id');
    if (frame === undefined)
      throw new LambdaError(400, `\`${fn.id}\` lambda function was called without mandatory argument: frame`);
    if (frame < range.first || frame > range.last) throw new LambdaError(400, 'The frame is outside the job range');
    return { taskId, frame };
  }
}

function show({ id, kind, name, description, version, labels, spec }: Deployed): LambdaFunctionShown {
  const { labels_v2: _labels, ...more } = spec;
  return { id, kind, labels_v2: labels as LambdaFunctionShown['labels_v2'], description, name, version, ...more };
}

function wrong(fn: Deployed, what: string): LambdaError {
  return new LambdaError(400, `\`${fn.id}\` lambda function was run with wrong arguments (${what} is missing)`);
}

/** Errors of these routes are JSON strings, as CVAT's are. */
async function words<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A function's own 500 is no fault of this server.
    const status = { 499: 408, 500: 502 }[(error as LambdaError).status];
    if (error instanceof LambdaError) throw new HttpError(status ?? error.status, error.message);
    if (error instanceof HttpError && typeof error.body === 'object')
      throw new HttpError(error.status, (error.body as { detail?: string } | null)?.detail ?? error.message);
    throw error;
  }
}
