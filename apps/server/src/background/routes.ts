import { BackgroundRequest, type ImportReport, pageOf, pageQuery, workspaceQuery } from '@roto/wire';
import { and, count, desc, eq, isNotNull, like, type SQL } from 'drizzle-orm';
import { Type } from 'typebox';
import { visibleRequests } from '../access/visible.ts';
import type { Context } from '../context.ts';
import { requests, users } from '../database/schema/index.ts';
import { file } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { notFound } from '../http/errors.ts';
import { paginate } from '../http/pages.ts';
import { cancel } from './queue.ts';

type Row = { readonly request: typeof requests.$inferSelect; readonly username: string | null };

const named = Type.Object({ id: Type.String({ maxLength: 512 }) });

/** Background requests as clients watch them (contract 2.4). */
export function requestRoutes(app: App, context: Context): void {
  const { db, store } = context;

  const find = async (id: string): Promise<Row> => {
    const [row] = await select().where(eq(requests.id, id));
    if (!row) throw notFound(`There is no request ${id}.`);
    return row;
  };
  const select = () =>
    db
      .select({ request: requests, username: users.username })
      .from(requests)
      .leftJoin(users, eq(users.id, requests.ownerId))
      .$dynamic();

  app.get(
    '/api/requests',
    {
      config: { access: { signedIn: 'lists the requests of the one who asks' } },
      schema: {
        summary: "List one's background requests",
        response: { 200: pageOf(BackgroundRequest, 'BackgroundRequestPage') },
        querystring: Type.Object({
          ...pageQuery,
          ...workspaceQuery,
          status: Type.Optional(Type.String()),
          task_id: Type.Optional(Type.Integer()),
          job_id: Type.Optional(Type.Integer()),
          project_id: Type.Optional(Type.Integer()),
          action: Type.Optional(Type.String()),
          target: Type.Optional(Type.String()),
          subresource: Type.Optional(Type.String()),
          format: Type.Optional(Type.String()),
        }),
      },
    },
    async (request) => {
      const { query } = request;
      const conditions: (SQL | undefined)[] = [visibleRequests(db, request.principal), isNotNull(requests.ownerId)];
      if (query.status) conditions.push(eq(requests.status, query.status as 'queued'));
      if (query.task_id !== undefined) conditions.push(eq(requests.taskId, query.task_id));
      if (query.job_id !== undefined) conditions.push(eq(requests.jobId, query.job_id));
      if (query.project_id !== undefined) conditions.push(eq(requests.taskId, -1));
      if (query.action) conditions.push(like(requests.type, `${plain(query.action)}:%`));
      if (query.target === 'job') conditions.push(isNotNull(requests.jobId));
      if (query.subresource) conditions.push(like(requests.type, `%:${plain(query.subresource)}`));
      if (query.format) conditions.push(eq(requests.format, query.format));
      const where = and(...conditions);
      return paginate(request, {
        count: async () => (await db.select({ n: count() }).from(requests).where(where))[0]!.n,
        rows: async (limit, offset) =>
          (
            await select().where(where).orderBy(desc(requests.createdDate), requests.id).limit(limit).offset(offset)
          ).map((row) => showRequest(row, request.base)),
      });
    },
  );

  app.get(
    '/api/requests/:id',
    {
      config: { access: { action: 'view', on: 'request' } },
      schema: { summary: 'Look up a background request', params: named, response: { 200: BackgroundRequest } },
    },
    async (request) => showRequest(await find(request.params.id), request.base),
  );

  app.post(
    '/api/requests/:id/cancel',
    {
      config: { access: { action: 'update', on: 'request' } },
      schema: { summary: 'Cancel a background request', params: named, response: { 200: BackgroundRequest } },
    },
    async (request) => {
      await cancel(context, request.params.id);
      return showRequest(await find(request.params.id), request.base);
    },
  );

  app.get(
    '/api/requests/:id/result',
    {
      config: { access: { action: 'view', on: 'request' } },
      schema: {
        summary: 'The file that a background request made',
        params: named,
        response: { 200: file('The file.', 'application/octet-stream') },
      },
    },
    async (request, reply) => {
      const { request: row } = await find(request.params.id);
      const size = row.resultKey === null ? null : await store.size(row.resultKey);
      if (row.resultKey === null || size === null) throw notFound('This request has no file, or its time is over.');
      return reply
        .headers({
          'Content-Type': 'application/octet-stream',
          'Content-Length': size,
          'Content-Disposition': attachment(row.resultName ?? 'result.bin'),
          'Cache-Control': 'private, no-store',
        })
        .send(store.read(row.resultKey));
    },
  );
}

/** A header that has a browser, or the CLI, save the file under this name, reduced to what every client takes. */
export function attachment(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_\-. ]/g, '_').replace(/^\.+/, '_');
  return `attachment; filename="${safe.slice(-200)}"`;
}

export function showRequest({ request: row, username }: Row, base: string): BackgroundRequest {
  return {
    id: row.id,
    status: row.status,
    message: row.message,
    progress: row.progress,
    operation: {
      type: row.type,
      target: row.jobId === null ? 'task' : 'job',
      project_id: null,
      task_id: row.taskId,
      job_id: row.jobId,
      format: row.format,
    },
    created_date: row.createdDate.toISOString(),
    started_date: row.startedDate?.toISOString() ?? null,
    finished_date: row.finishedDate?.toISOString() ?? null,
    expiry_date: row.expiryDate?.toISOString() ?? null,
    ...(row.ownerId === null ? {} : { owner: { id: row.ownerId, username: username ?? '' } }),
    result_url:
      row.status === 'finished' && row.resultKey !== null
        ? `${base}/api/requests/${encodeURIComponent(row.id)}/result`
        : null,
    result_id: null,
    ...(row.params.report === undefined ? {} : { roto: { import: row.params.report as ImportReport } }),
  };
}

/** Without the signs that a LIKE pattern gives a meaning. */
const plain = (text: string): string => text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
