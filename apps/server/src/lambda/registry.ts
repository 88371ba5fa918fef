import { and, eq, notExists, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { functionRequests, functions } from '../database/schema/index.ts';
import { isOpen } from '../queue/requests.ts';
import { addressEndpoint } from './addresses.ts';
import { type LambdaEndpoint, LambdaError } from './endpoint.ts';
import { type LambdaFunction, readEntry } from './entry.ts';
import { nuclioEndpoint } from './nuclio.ts';

export const PROVIDER = 'nuclio';
const PROBE_EVERY_MS = 15_000;

/** A function that was found, where it is, and its row among the functions of the server. */
export type Deployed = LambdaFunction & { readonly endpoint: LambdaEndpoint; readonly rowId: number };

/**
 * The functions that the gateway knows. They are asked for at start and every 15 s; those of an endpoint that is away
 * stay as they were last.
 */
export class LambdaRegistry {
  readonly #context: Context;
  readonly #endpoints: readonly LambdaEndpoint[];
  readonly #known = new Map<LambdaEndpoint, Map<string, Deployed>>();
  readonly #problems = new Map<LambdaEndpoint, LambdaError>();
  readonly #reported = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #probing: Promise<void> = Promise.resolve();
  readonly #closed = new AbortController();

  constructor(context: Context) {
    const { nuclio, addresses } = context.config.lambda ?? {};
    this.#context = context;
    this.#endpoints = [
      ...(nuclio ? [nuclioEndpoint(nuclio)] : []),
      ...(addresses && Object.keys(addresses).length > 0 ? [addressEndpoint(addresses)] : []),
    ];
  }

  get isUsed(): boolean {
    return this.#endpoints.length > 0;
  }

  start(): void {
    if (!this.isUsed) return;
    this.#probing = this.probe();
    this.#timer = setInterval(() => {
      this.#probing = this.#probing.then(() => this.probe());
    }, PROBE_EVERY_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed.abort();
    await this.#probing;
  }

  list(): Deployed[] {
    return [...this.#known.values()].flatMap((each) => [...each.values()]);
  }

  /** Throws LambdaError 404, or 503 or 504 when nothing was found since the start. */
  find(id: string): Deployed {
    const found = this.list().find((each) => each.id === id);
    if (found) return found;
    throw this.problem() ?? new LambdaError(404, `There is no function ${id}.`);
  }

  /** Why functions are missing; undefined when every endpoint has answered once. */
  problem(): LambdaError | undefined {
    return this.#endpoints.filter((each) => !this.#known.has(each)).map((each) => this.#problems.get(each))[0];
  }

  /** Asks all endpoints now. Never rejects. */
  async probe(): Promise<void> {
    for (const endpoint of this.#endpoints) {
      try {
        await this.#take(endpoint, await endpoint.entries(this.#closed.signal));
        this.#problems.delete(endpoint);
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        const problem = error instanceof LambdaError ? error : new LambdaError(503, (error as Error).message);
        if (this.#problems.get(endpoint)?.message !== problem.message) this.#context.log.warn(problem.message, {});
        this.#problems.set(endpoint, problem);
      }
    }
  }

  async #take(endpoint: LambdaEndpoint, entries: ReadonlyMap<string, unknown>): Promise<void> {
    const before = this.#known.get(endpoint);
    const found = new Map<string, Deployed>();
    for (const [id, value] of entries) {
      try {
        const entry = readEntry(id, value);
        found.set(id, { ...entry, endpoint, rowId: await this.#row(entry) });
      } catch (error) {
        const words = `Function ${id} of the gateway is left out: ${(error as Error).message}.`;
        if (!this.#reported.has(words)) this.#context.log.warn(words, {});
        this.#reported.add(words);
      }
    }
    for (const [id, { rowId }] of before ?? []) if (!found.has(id)) await this.#forget(rowId);
    this.#known.set(endpoint, found);
  }

  /** The row that runs and requests name. Its id stays while the function's own id does. */
  async #row({ id, kind, name, spec }: LambdaFunction): Promise<number> {
    const { db } = this.#context;
    const whole = { ...spec, lambda_id: id };
    const [row] = await db
      .select()
      .from(functions)
      .where(and(eq(functions.provider, PROVIDER), sql`${functions.spec} ->> 'lambda_id' = ${id}`));
    if (!row) {
      const values = { provider: PROVIDER, name, kind, visibility: 'public' as const, spec: whole };
      const [made] = await db.insert(functions).values(values).returning({ id: functions.id });
      return made!.id;
    }
    if (row.name !== name || row.kind !== kind || JSON.stringify(row.spec) !== JSON.stringify(whole))
      await db
        .update(functions)
        .set({ name, kind, spec: whole, updatedDate: sql`now()` })
        .where(eq(functions.id, row.id));
    return row.id;
  }

  /** Rows with work that is not done stay: the function may come back. */
  async #forget(rowId: number): Promise<void> {
    const { db } = this.#context;
    const open = db
      .select({ id: functionRequests.id })
      .from(functionRequests)
      .where(and(eq(functionRequests.functionId, rowId), isOpen));
    await db.delete(functions).where(and(eq(functions.id, rowId), notExists(open)));
  }
}
