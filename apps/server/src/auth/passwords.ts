import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { MAX_PASSWORD } from '@roto/wire';
import { isCommonPassword } from './common-passwords.ts';
import { derive } from './derivations.ts';

/** scrypt's cost, a row of OWASP's cheat sheet for password storage: 32 MiB, and some 0.2 seconds of one core. */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** `scrypt$N$r$p$salt$key`, salt and key in base64url: a stored hash is checked with the cost it was made with. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password.normalize('NFC'), salt, { cost: COST, bytes: KEY_BYTES });
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether `password` is the one behind `hash`; takes as long when there is no hash. */
export async function checkPassword(password: string, hash: string | null): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = hash?.split('$') ?? [];
  if (scheme !== 'scrypt' || !salt || !key) {
    await derive(password.normalize('NFC'), Buffer.alloc(SALT_BYTES), { cost: COST, bytes: KEY_BYTES });
    return false;
  }
  const expected = Buffer.from(key, 'base64url');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const found = await derive(password.normalize('NFC'), Buffer.from(salt, 'base64url'), { cost, bytes: KEY_BYTES });
  return expected.length === found.length && timingSafeEqual(expected, found);
}

export const MIN_PASSWORD = 8;

/** What speaks against a new password; undefined: nothing. */
export function passwordProblem(password: string, username: string): string | undefined {
  if (password.length < MIN_PASSWORD) return `A password has at least ${MIN_PASSWORD} characters.`;
  if (password.length > MAX_PASSWORD) return `A password has at most ${MAX_PASSWORD} characters.`;
  if (/^\d+$/.test(password)) return 'The password must not consist of digits only.';
  const [plain, name] = [password.toLowerCase(), username.toLowerCase()];
  if (plain === name || (name.length > 3 && plain.includes(name) && plain.length < name.length + MIN_PASSWORD))
    return 'The password must not be the user name, nor the user name with a few more characters.';
  if (new Set(password.trim()).size < 5) return 'The password must have at least 5 different characters.';
  if (isCommonPassword(password))
    return 'The password is one of the most common ones, or a row of keys. Choose another, such as three words.';
  return undefined;
}

/**
 * Remembers for some minutes which passwords were right, so that a client which sends one with every request does not
 * cost the server a derivation each time; of equal ones that arrive together one is derived. Keeps no password: a keyed
 * digest, with a key of this process.
 */
export function createVerdicts(milliseconds = 300_000, size = 1_000) {
  const secret = randomBytes(32);
  const until = new Map<string, number>();
  const inProgress = new Map<string, Promise<boolean>>();
  const nameOf = (hash: string | null, password: string): string =>
    createHmac('sha256', secret).update(`${hash}\0${password}`).digest('base64');
  return {
    /** `count` is called before a password is derived, and may refuse; its `succeeded` when the password was right. */
    async check(password: string, hash: string | null, count: () => { succeeded(): void }): Promise<boolean> {
      const name = nameOf(hash, password);
      if ((until.get(name) ?? 0) > performance.now()) return true;
      const joined = hash === null ? undefined : inProgress.get(name);
      if (joined) return joined;
      const attempt = count();
      const checking = checkPassword(password, hash);
      inProgress.set(name, checking);
      try {
        if (!(await checking)) return false;
      } finally {
        inProgress.delete(name);
      }
      attempt.succeeded();
      if (until.size >= size) until.delete(until.keys().next().value!);
      until.set(name, performance.now() + milliseconds);
      return true;
    },
  };
}
