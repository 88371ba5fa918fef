import { HttpError } from '../http/errors.ts';

/**
 * Wrong passwords in a window of time, from one address for one name. `ofBusyName` counts instead of `ofName` once the
 * address has sent `ofAddress` wrong ones for any names: who tries many names gets fewer tries for each, but an address
 * that many people share (a proxy, a NAT) does not lock all of them out.
 */
export const MAX_FAILURES = { ofName: 10, ofBusyName: 3, ofAddress: 100, windowMs: 300_000 } as const;

export type AttemptLimits = { readonly [name in keyof typeof MAX_FAILURES]: number };

export type Attempts = {
  /**
   * Counts one attempt as failed, before the password is checked: of many that arrive together none gets past the limit.
   * Call the answer's `succeeded` when the password was right, and the attempt does not count.
   * `device` names a browser that has signed in under this name before; its attempts are counted apart from its address.
   * @throws HttpError 429 when there were too many wrong ones
   */
  begin(from: { readonly address: string; readonly name: string; readonly device?: string | undefined }): {
    succeeded(): void;
  };
};

type Entry = { count: number; readonly until: number };

/** Slows down whoever guesses passwords. Counts in memory, by a clock that nobody sets back. */
export function createAttempts(limits: AttemptLimits = MAX_FAILURES, now = () => performance.now()): Attempts {
  const failures = new Map<string, Entry>();
  const living = (key: string): Entry | undefined => {
    const entry = failures.get(key);
    return entry && entry.until > now() ? entry : undefined;
  };
  const countOne = (key: string): Entry => {
    // The window begins with the first failure.
    const entry = living(key) ?? { count: 0, until: now() + limits.windowMs };
    entry.count++;
    failures.set(key, entry);
    return entry;
  };
  return {
    begin({ address, name, device }) {
      if (failures.size > 10_000) for (const [key, { until }] of failures) if (until <= now()) failures.delete(key);
      const shortName = name.toLowerCase().slice(0, 150);
      const ofAddress = device === undefined ? `a ${address}` : undefined;
      const ofName = device === undefined ? `n ${address} ${shortName}` : `d ${device} ${shortName}`;
      const isBusy = ofAddress !== undefined && (living(ofAddress)?.count ?? 0) >= limits.ofAddress;
      const before = living(ofName);
      if (before && before.count >= (isBusy ? limits.ofBusyName : limits.ofName)) {
        const seconds = Math.max(1, Math.ceil((before.until - now()) / 1000));
        throw new HttpError(
          429,
          { detail: `Too many wrong passwords. Try again in ${seconds} seconds.` },
          { 'Retry-After': String(seconds) },
        );
      }
      const counted = [ofName, ...(ofAddress === undefined ? [] : [ofAddress])].map(countOne);
      return {
        succeeded() {
          for (const entry of counted) entry.count--;
        },
      };
    },
  };
}
