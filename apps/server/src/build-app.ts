import multipart from '@fastify/multipart';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply } from 'fastify';
import { historyRoutes } from './annotations/history-routes.ts';
import { partRoutes } from './annotations/part-routes.ts';
import { annotationRoutes } from './annotations/routes.ts';
import { summaryRoutes } from './annotations/summary-routes.ts';
import { surgeryRoutes } from './annotations/surgery-routes.ts';
import { taskAnnotationRoutes } from './annotations/task-routes.ts';
import { transferRoutes } from './annotations/transfer/routes.ts';
import { createAttempts } from './auth/attempts.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import { guard } from './auth/guard.ts';
import { createVerdicts } from './auth/passwords.ts';
import { authRoutes } from './auth/routes.ts';
import { createStillAllowed } from './auth/still-allowed.ts';
import { requestRoutes } from './background/routes.ts';
import type { TrustedProxies } from './config.ts';
import type { Context } from './context.ts';
import { queueRoutes } from './dispatch/queue-routes.ts';
import { functionRemovalRoute } from './dispatch/remove-function.ts';
import { feedRoutes } from './feed/routes.ts';
import { functionRoutes } from './functions/routes.ts';
import { aboutRoutes } from './http/about.ts';
import { checkAccept, MEDIA_TYPE } from './http/accept.ts';
import type { App } from './http/app.ts';
import { readBodies } from './http/bodies.ts';
import { SMALL_BODY } from './http/body-limits.ts';
import { compressText } from './http/compression.ts';
import { publishDocument } from './http/document.ts';
import { addEventStreams } from './http/event-stream.ts';
import { MAX_FIELD_BYTES, MAX_FIELDS } from './http/form-fields.ts';
import { healthRoutes } from './http/health.ts';
import { refuseForeignHosts } from './http/known-hosts.ts';
import { addLinkBase } from './http/links.ts';
import { metricsRoutes } from './http/metrics.ts';
import { answerProblems, type Report } from './http/problems.ts';
import { endStalledBodies } from './http/stalled-bodies.ts';
import { validatorCompiler } from './http/validation.ts';
import { lambdaRoutes } from './lambda/routes.ts';
import { dataRoutes } from './media/data-routes.ts';
import { mediaRoutes } from './media/routes.ts';
import { pageRoutes } from './page/routes.ts';
import { tokenRoutes } from './people/access-tokens.ts';
import { membershipRoutes } from './people/memberships.ts';
import { organizationRoutes } from './people/organizations.ts';
import { settingsRoutes } from './people/settings.ts';
import { userRoutes } from './people/users.ts';
import { runRoutes } from './runs/routes.ts';
import { statusRoutes } from './status/routes.ts';
import { labelRoutes } from './tasks/label-routes.ts';
import { taskRoutes } from './tasks/routes.ts';

/** The routes of every noun; the order does not matter. */
const ROUTES: readonly ((app: App, context: Context) => void)[] = [
  aboutRoutes,
  healthRoutes,
  metricsRoutes,
  annotationRoutes,
  partRoutes,
  historyRoutes,
  surgeryRoutes,
  summaryRoutes,
  taskAnnotationRoutes,
  transferRoutes,
  tokenRoutes,
  userRoutes,
  settingsRoutes,
  organizationRoutes,
  requestRoutes,
  labelRoutes,
  taskRoutes,
  dataRoutes,
  mediaRoutes,
  membershipRoutes,
  functionRoutes,
  functionRemovalRoute,
  queueRoutes,
  lambdaRoutes,
  runRoutes,
  feedRoutes,
];

/** The whole HTTP server, ready to listen. `report` is told of errors that are a fault of ours. */
export async function buildApp(context: Context, report: Report = () => undefined): Promise<App> {
  const { config } = context;
  const app: App = Fastify({
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_024 },
    bodyLimit: SMALL_BODY,
    // Event streams would otherwise keep a server that is told to close open for ever.
    forceCloseConnections: true,
    requestTimeout: 3_600_000,
    trustProxy: trusted(config.trustProxy),
    // Addresses that cannot be decoded come here, past all hooks.
    frameworkErrors: (error, _request, reply) => {
      (reply as FastifyReply)
        .code(400)
        .type(MEDIA_TYPE)
        .send(JSON.stringify({ detail: error.message }));
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  // Schemas of answers document them; what is sent is what the handler returned.
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  // In front of all that may refuse a request before its body has come.
  endStalledBodies(app, config.limits.stalledBodyMs);
  answerProblems(app, report);
  refuseForeignHosts(app, config);
  readBodies(app, config.limits);
  await app.register(multipart, {
    limits: {
      fileSize: config.limits.uploadBytes,
      fieldSize: MAX_FIELD_BYTES,
      fields: MAX_FIELDS,
      files: 10_000,
      parts: 10_000 + MAX_FIELDS,
    },
  });
  addLinkBase(app, config);

  const attempts = createAttempts();
  const verdicts = createVerdicts();
  const parts = { attempts, verdicts, log: context.log };
  guard(app, context, createAuthenticator(context.db, parts));

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'same-origin', Vary: 'Cookie, Accept' });
    checkAccept(request.headers.accept);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, ip } = request;
    const { username } = request.principal ?? {};
    // Without the query, and without what a sign-in link is worth.
    const path = url
      .split('?')[0]!
      .replace(/^(\/sign-in\/).*/, '$1…')
      .slice(0, 300);
    const ms = Math.round(reply.elapsedTime);
    context.log.debug('request', { method, path, status: reply.statusCode, ms, address: ip, user: username });
  });
  app.addHook('preSerialization', async (request, reply, payload) => {
    // A person who opens an address in the browser is shown its answer, and not offered a file of unknown kind.
    const browsed = request.headers.accept?.includes('text/html') ?? false;
    if (!browsed && String(reply.getHeader('content-type') ?? 'application/json').startsWith('application/json'))
      reply.type(MEDIA_TYPE);
    return payload;
  });

  addEventStreams(app, context, createStillAllowed(context.db));
  await compressText(app);
  await publishDocument(app, config.publicUrl);
  authRoutes(app, context, parts);
  await statusRoutes(app, context, parts);
  if (config.pageFolder !== undefined) await pageRoutes(app, config.pageFolder);
  for (const routes of ROUTES) routes(app, context);
  await app.ready();
  return app;
}

function trusted(proxies: TrustedProxies | undefined) {
  if (typeof proxies !== 'number') return proxies ?? false;
  return (_address: string, hop: number): boolean => hop < proxies;
}
