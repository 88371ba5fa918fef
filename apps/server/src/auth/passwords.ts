import { createHmac, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** scrypt's cost: 32 MiB, and some 0.15 seconds of one core. */
const COST = { N: 2 ** 15, r: 8, p: 2 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** `scrypt$N$r$p$salt$key`, salt and key in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether `password` is the one behind `hash`; takes as long when there is no hash. */
export async function checkPassword(password: string, hash: string | null): Promise<boolean> {
  const [scheme, N, r, p, salt, key] = hash?.split('$') ?? [];
  if (scheme !== 'scrypt' || !salt || !key) {
    await derive(password, Buffer.alloc(SALT_BYTES), COST);
    return false;
  }
  const expected = Buffer.from(key, 'base64url');
  const found = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function derive(password: string, salt: Buffer, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  const options: ScryptOptions = { ...cost, maxmem: 256 * cost.N * cost.r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

export const MIN_PASSWORD = 8;
export const MAX_PASSWORD = 256;

/** What speaks against a new password; undefined: nothing. */
export function passwordProblem(password: string, username: string): string | undefined {
  if (password.length < MIN_PASSWORD) return `A password has at least ${MIN_PASSWORD} characters.`;
  if (password.length > MAX_PASSWORD) return `A password has at most ${MAX_PASSWORD} characters.`;
  if (/^\d+$/.test(password)) return 'A password has more than digits.';
  if (password.toLowerCase() === username.toLowerCase()) return 'The password is the name.';
  return undefined;
}

/**
 * Remembers for some minutes which passwords were right, so that a client which sends one with every request does not
 * cost the server a derivation each time. Keeps no password: a keyed digest, with a key of this process.
 */
export function createVerdicts(milliseconds = 300_000, size = 1_000) {
  const secret = randomBytes(32);
  const until = new Map<string, number>();
  const nameOf = (hash: string, password: string): string =>
    createHmac('sha256', secret).update(`${hash}\0${password}`).digest('base64');
  return {
    async check(password: string, hash: string | null): Promise<boolean> {
      if (hash === null) return checkPassword(password, hash);
      const name = nameOf(hash, password);
      if ((until.get(name) ?? 0) > Date.now()) return true;
      if (!(await checkPassword(password, hash))) return false;
      if (until.size >= size) until.delete(until.keys().next().value!);
      until.set(name, Date.now() + milliseconds);
      return true;
    },
  };
}
