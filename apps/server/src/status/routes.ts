import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../access/access.ts';
import { byNameAndPassword, checkOrigin, type PasswordParts } from '../auth/authenticate.ts';
import { changePassword } from '../auth/change-password.ts';
import { deviceCookie } from '../auth/known-device.ts';
import { sameSecret } from '../auth/secrets.ts';
import {
  clearCookies,
  closeSession,
  findSession,
  openSession,
  readCookie,
  SESSION_COOKIE,
  sendCookies,
} from '../auth/sessions.ts';
import { useSignInLink } from '../auth/sign-in-links.ts';
import type { Context } from '../context.ts';
import type { App } from '../http/app.ts';
import { forbidden, HttpError } from '../http/errors.ts';
import { LOGO } from '../http/logo.ts';
import { readOverview } from './overview.ts';
import { signInPage, statusPage, tables } from './page.ts';
import { openStatusStreams } from './stream.ts';
import { SCRIPT, STYLE } from './style.ts';

/** The plain page at `/status`, and signing in and out of it. Not part of the API: it answers HTML, to browsers. */
export async function statusRoutes(app: App, context: Context, parts: PasswordParts): Promise<void> {
  const { db, log } = context;
  const streams = openStatusStreams(context.events);
  app.addHook('preClose', async () => streams.close());

  await app.register(async (pages) => {
    // Forms of our own pages; the API does not take them.
    pages.removeAllContentTypeParsers();
    pages.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 16_384 },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
    );

    pages.get('/status', async (request, reply) => {
      const session = await sessionOf(request);
      const frame = protect(reply);
      if (!session) return reply.code(200).send(signInPage({ ...frame, title: 'Sign in · Roto' }));
      return reply.send(await ownPage(session, frame));
    });

    // Without a built page this one stands in for it.
    if (context.config.pageFolder === undefined) pages.get('/', (_request, reply) => reply.redirect('/status', 303));

    pages.post('/password', async (request, reply) => {
      checkOrigin(request);
      const session = await demandSession(request);
      const { csrf = '', next = '', again = '' } = (request.body ?? {}) as Record<string, string | undefined>;
      if (!sameSecret(csrf, session.csrfToken)) throw forbidden('CSRF Failed: the form is not of this session.');
      if (session.hasPassword)
        throw forbidden('You have a password; it is changed, with the old one, at /api/auth/password/change.');
      try {
        const { userId, hash } = session;
        await changePassword(db, parts, { userId, address: request.ip, old: '', next, again, session: hash });
      } catch (error) {
        if (!(error instanceof HttpError) || error.status !== 400) throw error;
        const [problem] = Object.values(error.body as Record<string, string[]>).flat();
        return reply.code(400).send(await ownPage(session, protect(reply), problem));
      }
      return reply.redirect('/status', 303);
    });

    pages.get('/status/tables', async (request, reply) => {
      const session = await demandSession(request);
      protect(reply);
      return reply.send(tables(await readOverview(db, principalOf(session))).text);
    });

    pages.get('/status/events', async (request, reply) => {
      const session = await demandSession(request);
      request.principal = principalOf(session);
      request.credential = { by: 'session', sessionHash: session.hash };
      streams.add(app.eventStreams.open(request, reply, { retryMs: 3_000 }));
    });

    // No HEAD, and nothing for a browser that fetches ahead: a link works once, and only for a person who opens it.
    const byLink = { exposeHeadRoute: false };
    pages.get<{ Params: { secret: string } }>('/sign-in/:secret', byLink, async (request, reply) => {
      const purpose = request.headers['sec-purpose'] ?? request.headers.purpose;
      if (purpose !== undefined) throw forbidden('Sign-in links are not fetched ahead of time.');
      const userId = await useSignInLink(db, request.params.secret);
      if (userId !== null) {
        log.info('signed in', { userId, address: request.ip, by: 'link' });
        return signIn(reply, userId, context.config.pageFolder === undefined ? '/status' : '/start');
      }
      log.warn('sign-in failed', { address: request.ip, by: 'link' });
      const problem =
        'This link was used already, or is too old. Restart the server for a new one, or sign in by password.';
      return reply.code(403).send(signInPage({ ...protect(reply), title: 'Sign in · Roto' }, problem));
    });

    pages.post('/sign-in', async (request, reply) => {
      checkOrigin(request);
      const { username = '', password = '' } = (request.body ?? {}) as Record<string, string | undefined>;
      try {
        const cookies = request.headers.cookie;
        const user = await byNameAndPassword(db, parts, { name: username, password, address: request.ip, cookies });
        if (user) {
          log.info('signed in', { user: user.username, address: request.ip, by: 'password' });
          return await signIn(reply, user.userId, '/status', deviceCookie(reply, user));
        }
      } catch (error) {
        if (!(error instanceof HttpError && (error.status === 429 || error.status === 503))) throw error;
        const { detail } = error.body as { detail: string };
        return reply.code(error.status).send(signInPage({ ...protect(reply), title: 'Sign in · Roto' }, detail));
      }
      const problem = 'The name or the password is wrong.';
      return reply.code(403).send(signInPage({ ...protect(reply), title: 'Sign in · Roto' }, problem));
    });

    pages.post('/sign-out', async (request, reply) => {
      checkOrigin(request);
      const session = await sessionOf(request);
      if (session) {
        const { csrf = '' } = (request.body ?? {}) as Record<string, string | undefined>;
        if (!sameSecret(csrf, session.csrfToken)) throw forbidden('CSRF Failed: the form is not of this session.');
        await closeSession(db, session.hash);
      }
      clearCookies(reply);
      return reply.redirect('/status', 303);
    });

    pages.get('/logo.svg', async (_request, reply) =>
      reply.type('image/svg+xml').header('Cache-Control', 'public, max-age=86400').send(LOGO),
    );
  });

  async function ownPage(session: Session, frame: { nonce: string; style: string }, problem?: string): Promise<string> {
    const { username, csrfToken: csrf, hasPassword } = session;
    const overview = await readOverview(db, principalOf(session));
    return statusPage({ ...frame, title: 'Roto', script: SCRIPT }, { username, csrf, hasPassword, problem }, overview);
  }

  async function sessionOf(request: FastifyRequest) {
    const id = readCookie(request.headers.cookie, SESSION_COOKIE);
    return id ? findSession(db, { id }) : undefined;
  }

  async function demandSession(request: FastifyRequest) {
    const session = await sessionOf(request);
    if (!session) throw new HttpError(401, { detail: 'Sign in first.' });
    return session;
  }

  async function signIn(reply: FastifyReply, userId: number, to: string, device?: string): Promise<FastifyReply> {
    sendCookies(reply, await openSession(db, userId));
    if (device !== undefined) reply.header('Set-Cookie', device);
    return reply.header('Cache-Control', 'no-store').redirect(to, 303);
  }
}

type Session = NonNullable<Awaited<ReturnType<typeof findSession>>>;

function principalOf(session: Session): Principal {
  const { userId, username, isAdmin } = session;
  return { userId, username, isAdmin, readOnly: true, organization: undefined };
}

/** Headers of a page: nothing is loaded from elsewhere, no script runs but our own, no other site frames it. */
function protect(reply: FastifyReply): { nonce: string; style: string } {
  const nonce = randomBytes(16).toString('base64');
  reply
    .type('text/html; charset=utf-8')
    .header('Cache-Control', 'no-store')
    .header('X-Frame-Options', 'DENY')
    .header(
      'Content-Security-Policy',
      [
        "default-src 'none'",
        `style-src 'nonce-${nonce}'`,
        `script-src 'nonce-${nonce}'`,
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ].join('; '),
    );
  return { nonce, style: STYLE };
}
