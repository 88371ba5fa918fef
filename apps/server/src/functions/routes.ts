import {
  AnnotationFunction,
  FunctionAgents,
  FunctionCall,
  FunctionKind,
  FunctionRequest,
  FunctionRequests,
  FunctionResult,
  NewFunction,
  NewFunctionRequest,
  Providers,
  pageOf,
  pageQuery,
  REQUEST_STATUSES,
  workspaceQuery,
} from '@roto/wire';
import { Type } from 'typebox';
import { demand } from '../access/resource.ts';
import { visibleFunctions } from '../access/visible.ts';
import type { Context } from '../context.ts';
import { functions } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { DONE } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, conflict } from '../http/errors.ts';
import { paginate } from '../http/pages.ts';
import { endRequest, retryRequest, submit } from '../queue/requests.ts';
import { countOpen, forget, listBatches, readBatch, showBatch, visibleBatches } from './batch.ts';
import {
  countFunctions,
  functionFilter,
  listFunctions,
  readAgents,
  readFunction,
  SORT_PATTERN,
  showFunctions,
} from './functions.ts';
import { createInteractive } from './interactive.ts';
import { checkParams } from './params.ts';
import { specOf } from './spec.ts';
import { keeperOf } from './states.ts';

const tags = ['functions'];
const Id = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 999_999_999 }) });
const RequestId = Type.Object({ rid: Type.String() });
/** Functions and what their users call: contract 4.1 and 4.6. */
export function functionRoutes(app: App, context: Context): void {
  const { db, events } = context;
  const interactive = createInteractive(context);
  app.addHook('onClose', async () => interactive.close());

  app.get(
    '/api/functions',
    {
      config: { access: { signedIn: 'lists what the user may use' } },
      schema: {
        tags,
        summary: 'Functions that the user may use',
        response: { 200: pageOf(AnnotationFunction, 'AnnotationFunctionPage') },
        querystring: Type.Object({
          ...pageQuery,
          ...workspaceQuery,
          search: Type.Optional(Type.String({ maxLength: 128 })),
          id: Type.Optional(Type.Integer({ minimum: 1, maximum: 999_999_999 })),
          name: Type.Optional(Type.String({ maxLength: 128 })),
          owner: Type.Optional(Type.String({ maxLength: 150 })),
          provider: Type.Optional(Type.String({ maxLength: 32 })),
          kind: Type.Optional(FunctionKind),
          sort: Type.Optional(Type.String({ pattern: SORT_PATTERN })),
        }),
      },
    },
    async (request) => {
      const where = functionFilter(visibleFunctions(db, request.principal), request.query);
      return paginate(request, {
        count: () => countFunctions(db, where),
        rows: async (limit, offset) =>
          showFunctions(db, await listFunctions(db, where, request.query.sort, limit, offset), request.base),
      });
    },
  );

  app.post(
    '/api/functions',
    {
      config: { access: { action: 'create', on: 'function' } },
      schema: {
        tags,
        summary: 'Register a function',
        querystring: Type.Object(workspaceQuery),
        body: NewFunction,
        response: { 201: AnnotationFunction },
      },
    },
    async (request, reply) => {
      const spec = specOf(request.body);
      const { provider, name, kind, visibility = 'private' } = request.body;
      const { userId, organization } = request.principal;
      const [row] = await db
        .insert(functions)
        .values({ provider, name, kind, visibility, spec, ownerId: userId, organizationId: organization?.id ?? null })
        .returning();
      const [shown] = await showFunctions(db, [row!], request.base);
      return reply.code(201).send(shown);
    },
  );

  app.get(
    '/api/functions/info',
    {
      config: { access: { signedIn: 'says what this server can serve, nothing of anybody' } },
      schema: { tags, summary: 'Providers of functions', response: { 200: Providers } },
    },
    async (): Promise<Providers> => ({
      providers: [{ name: 'native', title: 'Agents', kinds: ['detector', 'interactor', 'tracker'] }],
    }),
  );

  app.get(
    '/api/functions/:id',
    {
      config: { access: { action: 'view', on: 'function' } },
      schema: { tags, summary: 'A function', params: Id, response: { 200: AnnotationFunction } },
    },
    async (request) => {
      const [shown] = await showFunctions(db, [await readFunction(db, request.params.id)], request.base);
      return shown!;
    },
  );

  app.get(
    '/api/functions/:id/agents',
    {
      config: { access: { action: 'view', on: 'function' } },
      schema: {
        tags,
        summary: 'Agents that serve a function, as last heard of',
        params: Id,
        response: { 200: FunctionAgents },
      },
    },
    async (request) => ({
      queued: await countOpen(db, request.params.id),
      results: await readAgents(db, request.params.id),
    }),
  );

  app.post(
    '/api/functions/:id/run',
    {
      config: { access: { action: 'use', on: 'function' } },
      schema: {
        tags,
        summary: 'Ask a function and wait for its answer',
        description:
          'Answers with the result, or 504 when no agent answered in time. Who leaves before cancels the request.',
        params: Id,
        body: FunctionCall,
        response: { 200: FunctionResult },
      },
    },
    async (request, reply) => {
      const fn = await readFunction(db, request.params.id);
      await demandPlace(request.principal, request.body, 'view');
      if (request.body.type === 'annotate_task')
        throw badRequest('type', 'A whole task takes long: POST it to /api/functions/requests/.');
      const params = await checkParams(db, fn, request.body);
      const gone = new AbortController();
      reply.raw.on('close', () => {
        if (!reply.raw.writableFinished) gone.abort();
      });
      return interactive.run(fn.id, request.principal.userId, params, gone.signal);
    },
  );

  app.get(
    '/api/functions/requests',
    {
      config: { access: { signedIn: 'lists requests of the user, and for functions of the user' } },
      schema: {
        tags,
        summary: 'Batch requests, the newest first',
        response: { 200: FunctionRequests },
        querystring: Type.Object({
          ...workspaceQuery,
          function: Type.Optional(Type.Integer({ minimum: 1, maximum: 999_999_999 })),
          status: Type.Optional(Type.Enum(REQUEST_STATUSES)),
        }),
      },
    },
    async (request) => (await listBatches(db, visibleBatches(request.principal, request.query))).map(showBatch),
  );

  app.post(
    '/api/functions/requests',
    {
      config: { access: { signedIn: 'function and task are in the body, and are asked for there' } },
      schema: {
        tags,
        summary: 'Ask a function, and look for the answer later',
        description: 'The result of `annotate_task` becomes annotations of the task; others are kept with the request.',
        body: NewFunctionRequest,
        response: { 201: FunctionRequest },
      },
    },
    async (request, reply) => {
      const { function: functionId, ...body } = request.body as { function: number } & Record<string, unknown> & {
          type: string;
        };
      await demand(db, request.principal, 'use', 'function', functionId);
      const fn = await readFunction(db, functionId);
      await demandPlace(request.principal, body, body.type === 'annotate_task' ? 'annotate' : 'view');
      const params = await checkParams(db, fn, body);
      const { userId } = request.principal;
      const id = await transact(db, async (tx) =>
        submit(tx, events, {
          functionId,
          category: 'batch',
          params,
          taskId: params.task,
          ownerId: userId,
          onlyAgentId:
            params.type === 'track'
              ? await keeperOf(tx, { functionId, userId, taskId: params.task, states: params.states as string[] })
              : null,
        }),
      );
      return reply.code(201).send(showBatch(await readBatch(db, id)));
    },
  );

  app.get(
    '/api/functions/requests/:rid',
    {
      config: { access: { action: 'view', on: 'function-request', param: 'rid' } },
      schema: { tags, summary: 'A batch request', params: RequestId, response: { 200: FunctionRequest } },
    },
    async (request) => showBatch(await readBatch(db, request.params.rid)),
  );

  app.delete(
    '/api/functions/requests/:rid',
    {
      config: { access: { action: 'delete', on: 'function-request', param: 'rid' } },
      schema: { tags, summary: 'Cancel a batch request, or forget an ended one', params: RequestId, response: DONE },
    },
    async (request, reply) => {
      const row = await readBatch(db, request.params.rid);
      await transact(db, async (tx) => {
        if (!(await endRequest(tx, events, row.id, { state: 'cancelled' }))) await forget(tx, row.id);
      });
      return reply.code(204).send();
    },
  );

  app.post(
    '/api/functions/requests/:rid/retry',
    {
      // Who may take a request away may also have it tried again.
      config: { access: { action: 'delete', on: 'function-request', param: 'rid' } },
      schema: {
        tags,
        summary: 'Try a failed or parked batch request again',
        params: RequestId,
        response: { 200: FunctionRequest },
      },
    },
    async (request) => {
      const row = await readBatch(db, request.params.rid);
      if (!(await transact(db, (tx) => retryRequest(tx, events, row.id))))
        throw conflict(`Request ${row.id} is ${showBatch(row).status}; only a failed one is tried again.`);
      return showBatch(await readBatch(db, row.id));
    },
  );

  function demandPlace(
    principal: Parameters<typeof demand>[1],
    body: Record<string, unknown>,
    action: 'view' | 'annotate',
  ) {
    if (typeof body.job === 'number') return demand(db, principal, action, 'job', body.job);
    if (typeof body.task === 'number') return demand(db, principal, action, 'task', body.task);
    throw badRequest('task', 'This field is required.');
  }
}
