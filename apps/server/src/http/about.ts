import { About, Plugins } from '@roto/wire';
import { ROTO_VERSION } from '../database/version.ts';
import type { App } from './app.ts';

/** The release of CVAT whose interface this server speaks; its clients compare it with their own. */
export const CVAT_VERSION = '2.72.0';

export function aboutRoutes(app: App): void {
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
      roto_version: ROTO_VERSION,
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
        response: { 200: Plugins },
      },
    },
    async () => ({ ANALYTICS: false, MODELS: true }),
  );
}
