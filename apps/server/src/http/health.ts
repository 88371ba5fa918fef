import { Health } from '@roto/wire';
import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import type { App } from './app.ts';
import { HttpError } from './errors.ts';

/** With less room than this on the disk the server is not ready: what people save may not fit. */
const MIN_FREE_BYTES = 100 * 1024 * 1024;
/** A database that takes longer to say that it is there is not. */
const PATIENCE_MS = 5_000;

/** For whoever watches over the process: whether it runs, and whether it can do its work. */
export function healthRoutes(app: App, { db, store, config }: Context): void {
  const access = { open: 'for whoever watches over the process' } as const;

  app.get(
    '/api/server/health/live',
    {
      config: { access },
      schema: {
        tags: ['server'],
        summary: 'Whether the process answers',
        description: '200 as long as it runs. Restart it when it does not answer, and not when it is not ready.',
        response: { 200: Health },
      },
    },
    async (_request, reply) => {
      reply.header('Cache-Control', 'no-store');
      return { status: 'ok' as const };
    },
  );

  for (const path of ['/api/server/health', '/api/server/health/ready'])
    app.get(
      path,
      {
        config: { access },
        schema: {
          tags: ['server'],
          summary: 'Whether the server can do its work',
          description: '200 when the database answers and takes writes, and the disk has room; 503 otherwise, and why.',
          response: { 200: Health },
        },
      },
      async (_request, reply) => {
        reply.header('Cache-Control', 'no-store');
        const problems = await problemsNow();
        if (problems.length > 0)
          throw new HttpError(503, { status: 'unavailable', detail: problems.join(' '), problems });
        return { status: 'ok' as const };
      },
    );

  async function problemsNow(): Promise<string[]> {
    const problems: string[] = [];
    const database = await databaseProblem().catch(() => 'The database does not answer.');
    if (database) problems.push(database);
    const free = await store.free().catch(() => 0);
    if (free !== null && free < (config.limits.minFreeBytes ?? MIN_FREE_BYTES))
      problems.push(`The disk of the media folder has ${free} bytes left.`);
    return problems;
  }

  async function databaseProblem(): Promise<string | undefined> {
    const late = Promise.withResolvers<string>();
    const timer = setTimeout(
      () => late.resolve(`The database does not answer within ${PATIENCE_MS / 1000} s.`),
      PATIENCE_MS,
    );
    const asked = db.execute(sql`select current_setting('transaction_read_only') as read_only`).then((answer) => {
      const { rows } = answer as { rows: { read_only?: unknown }[] };
      return rows[0]?.read_only === 'on' ? 'The database is read-only.' : undefined;
    });
    return Promise.race([asked, late.promise]).finally(() => clearTimeout(timer));
  }
}
