import { Detail, Login, LoginAnswer, PasswordChange } from '@roto/wire';
import type { Context } from '../context.ts';
import type { App } from '../http/app.ts';
import { forbidden, HttpError } from '../http/errors.ts';
import { byNameAndPassword, checkOrigin, type PasswordParts } from './authenticate.ts';
import { changePassword } from './change-password.ts';
import { clearCookies, closeSession, openSession, sendCookies } from './sessions.ts';

/** Signing in and out. */
export function authRoutes(app: App, { db, log }: Context, parts: PasswordParts): void {
  app.post(
    '/api/auth/login',
    {
      bodyLimit: 16_384,
      config: { access: { open: 'who signs in is not signed in yet' } },
      schema: {
        tags: ['auth'],
        summary: 'Sign in by name (or e-mail address) and password',
        description: 'Sets the cookies sessionid and csrftoken; `key` is for the header Authorization: Token.',
        body: Login,
        response: { 200: LoginAnswer },
      },
    },
    async (request, reply) => {
      // Else another site could sign its visitors in under a name of its own.
      checkOrigin(request);
      const { username, email, password } = request.body;
      const name = username || email;
      if (!name) throw new HttpError(400, { non_field_errors: ['Give "username" or "email".'] });
      const user = await byNameAndPassword(db, parts, { name, password, address: request.ip, email: !username });
      if (!user) throw new HttpError(400, { non_field_errors: ['The name or the password is wrong.'] });
      const session = await openSession(db, user.userId);
      log.info('signed in', { user: user.username, address: request.ip, by: 'password' });
      sendCookies(reply, session);
      return { key: session.key };
    },
  );

  app.post(
    '/api/auth/logout',
    {
      config: { access: { signedIn: 'ends the session that the request came with' } },
      schema: {
        tags: ['auth'],
        summary: 'Sign out',
        response: { 200: Detail },
      },
    },
    async (request, reply) => {
      if ('sessionHash' in request.credential) await closeSession(db, request.credential.sessionHash);
      clearCookies(reply);
      return { detail: 'Signed out.' };
    },
  );

  app.post(
    '/api/auth/password/change',
    {
      bodyLimit: 16_384,
      config: { access: { signedIn: "sets one's own password" } },
      schema: {
        tags: ['auth'],
        summary: 'Change the password',
        description: 'Ends all other sessions. Who has no password yet, and came by a sign-in link, needs no old one.',
        body: PasswordChange,
        response: { 200: Detail },
      },
    },
    async (request) => {
      const { credential, principal, body } = request;
      if (credential.by === 'access-token') throw forbidden('A password is not changed with an access token.');
      await changePassword(db, parts, {
        userId: principal.userId,
        address: request.ip,
        old: body.old_password ?? '',
        next: body.new_password1,
        again: body.new_password2,
        session: 'sessionHash' in credential ? credential.sessionHash : undefined,
      });
      log.info('password changed', { user: principal.username, address: request.ip });
      return { detail: 'The password is changed; all other sessions have ended.' };
    },
  );
}
