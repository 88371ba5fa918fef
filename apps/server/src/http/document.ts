import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { AnyObject, Problem } from '@roto/wire';
import { Type } from 'typebox';
import { CVAT_VERSION } from './about.ts';
import { MEDIA_TYPE } from './accept.ts';
import type { App } from './app.ts';
import { nameComponents } from './components.ts';
import { LOGO } from './logo.ts';

/** Where the browsable document lies. Its files come with the package; nothing is loaded from elsewhere. */
export const DOCS = '/api/docs';

/** Collects the schemas of all routes that are added after this, and publishes them as an OpenAPI document. */
export async function publishDocument(app: App, publicUrl: string | undefined): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Roto',
        version: CVAT_VERSION,
        description:
          "Tasks, annotations, functions and tracking runs, in the dialect of CVAT's REST interface. Lists are paged: " +
          '`page`, `page_size`. Work inside an organization with the header `X-Organization: slug`.',
      },
      servers: [{ url: publicUrl ?? '/' }],
      components: {
        securitySchemes: {
          accessToken: { type: 'http', scheme: 'bearer', description: 'A personal access token.' },
          password: { type: 'http', scheme: 'basic' },
          session: { type: 'apiKey', in: 'cookie', name: 'sessionid' },
        },
      },
      security: [{ accessToken: [] }, { password: [] }, { session: [] }],
      tags: [
        { name: 'server', description: 'What this server is' },
        { name: 'auth', description: 'Signing in, access tokens' },
        { name: 'users', description: 'People' },
        { name: 'organizations', description: 'Organizations and their members' },
        { name: 'tasks', description: 'Tasks, their media and uploads' },
        { name: 'jobs', description: 'Parts of tasks that are given to people' },
        { name: 'labels', description: 'Labels of tasks' },
        { name: 'annotations', description: 'Tags, shapes and tracks, their history and files' },
        { name: 'functions', description: 'Functions that agents serve' },
        { name: 'queues', description: 'What agents call' },
        { name: 'runs', description: 'Tracking runs' },
        { name: 'requests', description: 'Background work: imports and exports' },
      ],
    },
    // Pages for people are no part of the interface.
    transform: ({ schema, url, route }) => ({
      schema: {
        produces: [MEDIA_TYPE],
        ...schema,
        response: { ...(schema?.response as object | undefined), '4XX': Problem, '5XX': Problem },
        // A route that names no chapter stands in that of its noun.
        tags: schema?.tags ?? [url.split('/')[2] ?? ''],
        hide: !url.startsWith('/api/') || url.startsWith(DOCS),
        ...(route.config?.access && 'open' in route.config.access ? { security: [] } : {}),
      },
      url,
    }),
    transformObject: (document) => nameComponents('openapiObject' in document ? document.openapiObject : {}),
  });
  await app.register(swaggerUi, {
    routePrefix: DOCS,
    staticCSP: true,
    transformStaticCSP: () =>
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    uiConfig: {
      // Else the page asks a service on the internet whether the document is right.
      validatorUrl: null,
      docExpansion: 'list',
      deepLinking: true,
      tryItOutEnabled: false,
      withCredentials: true,
    },
    logo: { type: 'image/svg+xml', content: Buffer.from(LOGO), href: '/', target: '_self' },
    theme: { title: 'Roto: API' },
  });

  // The page names its files relative to its folder.
  app.addHook('onRequest', async (request, reply) => {
    if (request.url === DOCS) return reply.redirect(`${DOCS}/`);
  });

  app.get(
    '/api/schema',
    {
      config: { access: { open: 'describes the interface, and nothing that is kept' } },
      schema: {
        tags: ['server'],
        summary: 'This document',
        querystring: Type.Object({ format: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('yaml')])) }),
        response: {
          200: {
            description: 'OpenAPI 3.1.',
            content: {
              'application/json': { schema: AnyObject },
              'application/yaml': { schema: Type.Unsafe<unknown>({ type: 'string' }) },
            },
          },
        },
      },
    },
    async (request, reply) => {
      if (request.query.format === 'yaml') return reply.type('application/yaml').send(app.swagger({ yaml: true }));
      return reply.type('application/json').send(JSON.stringify(app.swagger()));
    },
  );
}
