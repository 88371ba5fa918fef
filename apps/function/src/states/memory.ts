import { CallError } from '../errors.ts';
import { LEASE_MS, STATE_LIFE_MS, type StateHashes } from './state-hashes.ts';

type Kept = { version: number; fields: Map<string, Uint8Array>; bytes: number; used: number };
type Lease = { holder: string; until: number };

/** States of one process, for trying the function without Redis; they are lost with the process. */
export function memoryHashes(mostBytes: number, now: () => number = Date.now): StateHashes {
  // Insertion order is order of use: the first entry was used longest ago.
  const states = new Map<string, Kept>();
  const leases = new Map<string, Lease>();
  let bytes = 0;

  const drop = (key: string): void => {
    bytes -= states.get(key)?.bytes ?? 0;
    states.delete(key);
  };
  const find = (key: string): Kept | undefined => {
    for (const [old, { used }] of states) {
      if (used > now() - STATE_LIFE_MS) break;
      drop(old);
    }
    const kept = states.get(key);
    if (kept) use(key, kept);
    return kept;
  };
  const use = (key: string, kept: Kept): void => {
    states.delete(key);
    states.set(key, kept);
    kept.used = now();
  };
  const held = (key: string): Lease | undefined => {
    const lease = leases.get(key);
    return lease && lease.until > now() ? lease : undefined;
  };

  return {
    async read(key, fields) {
      const kept = find(key);
      return kept ? { version: kept.version, fields: fields.map((name) => kept.fields.get(name) ?? null) } : null;
    },
    async change(key, { expected, version, set, remove, bytes: after }) {
      const kept = find(key);
      if ((kept?.version ?? null) !== expected) return { version: kept?.version ?? null };
      if (after > mostBytes)
        throw new CallError('store-full', `A state of ${after} bytes does not fit into ${mostBytes} bytes of states.`);
      const fields = new Map(kept?.fields);
      for (const name of remove) fields.delete(name);
      for (const [name, value] of Object.entries(set)) fields.set(name, value.slice());
      drop(key);
      for (const oldest of states.keys()) {
        if (bytes + after <= mostBytes) break;
        drop(oldest);
      }
      use(key, { version, fields, bytes: after, used: now() });
      bytes += after;
      return 'done';
    },
    async drop(keys) {
      for (const key of keys) drop(key);
    },
    async lease(key, holder) {
      if (held(key)) return false;
      leases.set(key, { holder, until: now() + LEASE_MS });
      return true;
    },
    async renew(key, holder) {
      const lease = held(key);
      if (lease?.holder !== holder) return false;
      lease.until = now() + LEASE_MS;
      return true;
    },
    async release(key, holder) {
      if (leases.get(key)?.holder === holder) leases.delete(key);
    },
    async check() {},
    async usage() {
      return { states: states.size, bytes };
    },
    async [Symbol.asyncDispose]() {
      states.clear();
    },
  };
}
