import { createHmac } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { newSecret, sameSecret } from './secrets.ts';
import { cookie, readCookie } from './sessions.ts';

/** Remembers in the browser that it signed in under a name before. */
const DEVICE_COOKIE = 'roto_device';
const DEVICE_SECONDS = 365 * 24 * 3600;

/**
 * Marks the browser as one that has signed in under this name. The mark is signed by the password's hash: it needs no
 * table, nobody can make one, and a new password ends it. It does not sign in; wrong passwords of a marked browser are
 * counted apart from those of its address, so that others at the same address cannot lock its owner out.
 */
export function deviceCookie(
  reply: FastifyReply,
  user: { username: string; passwordHash: string | null },
): string | undefined {
  if (user.passwordHash === null) return undefined;
  const nonce = newSecret().slice(0, 20);
  const value = `${nonce}.${sign(nonce, user.username, user.passwordHash)}`;
  return cookie(DEVICE_COOKIE, value, DEVICE_SECONDS, {
    httpOnly: true,
    secure: reply.request.base.startsWith('https:'),
  });
}

/** The name of the browser that sent these cookies, if it has signed in as this user before. */
export function knownDevice(
  cookies: string | undefined,
  user: { username: string; passwordHash: string | null } | undefined,
): string | undefined {
  const [nonce, signature] = readCookie(cookies, DEVICE_COOKIE)?.split('.') ?? [];
  if (!nonce || !signature || !user || user.passwordHash === null) return undefined;
  return sameSecret(signature, sign(nonce, user.username, user.passwordHash)) ? nonce : undefined;
}

function sign(nonce: string, username: string, passwordHash: string): string {
  return createHmac('sha256', passwordHash).update(`device\0${username}\0${nonce}`).digest('hex').slice(0, 40);
}
