import { HttpError } from '../http/errors.ts';

/** Wrong passwords in a window of time, from one address for one name and from one address for any name. */
export const MAX_FAILURES = { ofName: 10, ofAddress: 100, windowMs: 300_000 } as const;

export type Attempts = {
  /** @throws HttpError 429 when there were too many wrong ones */
  check(address: string, name: string): void;
  failed(address: string, name: string): void;
};

/**
 * Slows down whoever guesses passwords. Counts in memory and only failures: a client that knows its password is never
 * held up by its own diligence, and one address cannot lock a name out for others.
 */
export function createAttempts(
  limits: { ofName: number; ofAddress: number; windowMs: number } = MAX_FAILURES,
): Attempts {
  const failures = new Map<string, { count: number; until: number }>();
  const counted = (key: string): number => {
    const entry = failures.get(key);
    return entry && entry.until > Date.now() ? entry.count : 0;
  };
  const keysOf = (address: string, name: string) => [
    { key: `a ${address}`, limit: limits.ofAddress },
    { key: `n ${address} ${name.toLowerCase().slice(0, 150)}`, limit: limits.ofName },
  ];
  return {
    check(address, name) {
      for (const { key, limit } of keysOf(address, name)) {
        if (counted(key) < limit) continue;
        const seconds = Math.ceil((failures.get(key)!.until - Date.now()) / 1000);
        throw new HttpError(
          429,
          { detail: `Too many wrong passwords. Try again in ${seconds} seconds.` },
          { 'Retry-After': String(seconds) },
        );
      }
    },
    failed(address, name) {
      if (failures.size > 10_000)
        for (const [key, { until }] of failures) if (until <= Date.now()) failures.delete(key);
      for (const { key } of keysOf(address, name)) {
        const count = counted(key) + 1;
        // The window begins with the first failure.
        const until = count === 1 ? Date.now() + limits.windowMs : failures.get(key)!.until;
        failures.set(key, { count, until });
      }
    },
  };
}
