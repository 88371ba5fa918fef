import { sql } from 'drizzle-orm';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Context } from '../context.ts';
import { ROTO_VERSION } from '../database/version.ts';
import { file } from './answers.ts';
import type { App } from './app.ts';
import { forbidden } from './errors.ts';

const SECONDS = [0.005, 0.02, 0.1, 0.5, 1, 5, 30, 120];

/** Measurements in the form of Prometheus: of the process, of requests by route, and of what waits in the tables. */
export function metricsRoutes(app: App, { db, store, database }: Context): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const seconds = new Histogram({
    name: 'roto_http_request_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const faults = new Counter({
    name: 'roto_http_faults_total',
    help: 'Answers with a status of 500 and above.',
    labelNames: ['route'],
    registers,
  });
  new Gauge({
    name: 'roto_info',
    help: 'Always 1; its labels say what runs.',
    labelNames: ['version', 'engine'],
    registers,
  }).set({ version: ROTO_VERSION, engine: database.engine }, 1);
  new Gauge({
    name: 'roto_media_free_bytes',
    help: 'Bytes that can still be written to the media folder.',
    registers,
    async collect() {
      const free = await store.free();
      if (free !== null) this.set(free);
    },
  });
  new Gauge({
    name: 'roto_rows',
    help: 'Tasks, users, runs and requests by their state.',
    labelNames: ['table', 'state'],
    registers,
    async collect() {
      const counted = (await db.execute(sql`
        select 'tasks' as "table", '' as state, count(*)::int as n from tasks
        union all select 'users', '', count(*)::int from users
        union all select 'runs', state, count(*)::int from runs group by state
        union all select 'background_requests', status, count(*)::int from requests group by status
        union all select 'function_requests', state, count(*)::int from function_requests group by state`)) as unknown as {
        rows: { table: string; state: string; n: number }[];
      };
      this.reset();
      for (const { table, state, n } of counted.rows) this.set({ table, state }, n);
    },
  });

  app.addHook('onResponse', async (request, reply) => {
    // The route as it was written: addresses would be labels without end.
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    if (reply.statusCode >= 500) faults.inc({ route });
  });

  app.get(
    '/api/server/metrics',
    {
      config: { access: { signedIn: 'for the Prometheus of administrators, which is asked for there' } },
      schema: {
        tags: ['server'],
        summary: 'Measurements in the form of Prometheus',
        description: 'For administrators; an access token that may only read is enough.',
        response: { 200: file('The measurements.', 'text/plain') },
      },
    },
    async (request, reply) => {
      if (!request.principal.isAdmin) throw forbidden('Only administrators may read the metrics of the server.');
      return reply
        .header('Cache-Control', 'no-store')
        .type(registry.contentType)
        .send(await registry.metrics());
    },
  );
}
