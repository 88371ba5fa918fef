import { sql } from 'drizzle-orm';
import { Type } from 'typebox';
import type { Context } from '../context.ts';
import type { App } from './app.ts';

/** The release of CVAT whose interface this server speaks; its clients compare it with their own. */
export const CVAT_VERSION = '2.72.0';

const About = Type.Object({
  name: Type.String(),
  description: Type.String(),
  version: Type.String(),
  logo_url: Type.String({ format: 'uri' }),
  subtitle: Type.String(),
});

export function aboutRoutes(app: App, { db }: Context): void {
  app.get(
    '/api/server/about',
    {
      config: { access: { open: 'clients look for the server, and at its version, before they log in' } },
      schema: { tags: ['server'], summary: 'What this server is', response: { 200: About } },
    },
    async (request) => ({
      name: 'Roto',
      description: 'Video annotation: outline an object once, SAM 2 follows it.',
      version: CVAT_VERSION,
      logo_url: `${request.base}/logo.svg`,
      subtitle: '',
    }),
  );

  app.get(
    '/api/server/plugins',
    {
      config: { access: { open: 'says only which parts the server has' } },
      schema: {
        tags: ['server'],
        summary: 'Which parts the server has',
        response: { 200: Type.Record(Type.String(), Type.Boolean()) },
      },
    },
    async () => ({ ANALYTICS: false, MODELS: true }),
  );

  app.get(
    '/api/server/health',
    {
      config: { access: { open: 'for whoever watches over the process' } },
      schema: {
        tags: ['server'],
        summary: 'Whether the server can do its work',
        description: '200 when the database answers, 503 otherwise.',
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    async (_request, reply) => {
      reply.header('Cache-Control', 'no-store');
      await db.execute(sql`select 1`);
      return { status: 'ok' as const };
    },
  );
}
