import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new secret of 160 random bits as 40 hexadecimal digits: session ids, login keys, access tokens, sign-in links. */
export function newSecret(): string {
  return randomBytes(20).toString('hex');
}

/** What is kept of a secret. The secrets are random, so one round of SHA-256 is enough. */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in a time that does not tell how much is equal. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
