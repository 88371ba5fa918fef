import type { Db } from './open.ts';

/** Two transactions that waited for each other, or met: the database gave one up, and it may simply be done again. */
const AGAIN = new Set(['40P01', '40001']);
const TRIES = 4;

/** One transaction; done again when the database gave it up in favour of another. `work` must have no other effects. */
export async function transact<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction((tx) => work(tx as unknown as Db));
    } catch (error) {
      if (attempt === TRIES || !AGAIN.has(sqlState(error) ?? '')) throw error;
    }
  }
}

/** The five characters by which the database names the kind of an error; undefined for errors of other origin. */
export function sqlState(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}
