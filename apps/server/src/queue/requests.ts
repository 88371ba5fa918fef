import { randomUUID } from 'node:crypto';
import type { Capabilities, RequestParams } from '@roto/wire';
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { ServerLimits } from '../config.ts';
import type { Db } from '../database/open.ts';
import { functionRequests } from '../database/schema/index.ts';
import type { Events } from '../events/events.ts';

export type RequestRow = typeof functionRequests.$inferSelect;
export type Category = RequestRow['category'];

/** An agent that asks for a request. */
export type Taker = {
  readonly agentId: string;
  readonly capabilities: Capabilities;
  /**
   * True: a process of the server that calls functions of the gateway. States of these functions belong to no agent, so that
   * every such process continues a run, and they change with every step.
   */
  readonly isGateway?: boolean;
  /** What it says it works on; undefined: it does not say. */
  readonly holding?: readonly string[] | undefined;
};

/** What the parts of the queue need of the server. */
export type QueueContext = {
  readonly db: Db;
  readonly events: Events;
  readonly config: { readonly limits: ServerLimits };
};

/** Ids of agents that are processes of the server begin so; those of other agents have no colon. */
export const GATEWAY_AGENT = 'gateway:';

export function isGatewayAgent(agentId: string | null): boolean {
  return agentId?.startsWith(GATEWAY_AGENT) ?? false;
}

/** Still to be done: waits, or an agent has it. */
export const isOpen: SQL = sql`${functionRequests.state} in ('queued', 'leased')`;

/** A moment `ms` from now by the clock of the database, the one that all processes share. */
export function fromNow(ms: number): SQL<Date> {
  return sql`now() + ${ms}::double precision * interval '1 millisecond'`;
}

export type NewRequest = {
  readonly functionId: number;
  readonly category: Category;
  readonly params: RequestParams;
  readonly taskId: number | null;
  readonly ownerId: number | null;
  readonly onlyAgentId?: string | null;
  /** Milliseconds for which somebody waits for the answer. */
  readonly deadlineMs?: number;
};

/** Puts a request in its function's queue and tells the agents. */
export async function submit(tx: Db, events: Events, request: NewRequest): Promise<string> {
  const id = randomUUID();
  const { deadlineMs, ...values } = request;
  await tx.insert(functionRequests).values({
    id,
    ...values,
    ...(deadlineMs === undefined ? {} : { deadline: fromNow(deadlineMs) }),
  });
  await events.tell(tx, { on: 'queue', functionId: request.functionId, category: request.category });
  return id;
}

/** Ends an open request that belongs to no run. False: it had ended before. Its last holder stays named, to be told. */
export async function endRequest(
  tx: Db,
  events: Events,
  id: string,
  end: {
    readonly state: 'finished' | 'failed' | 'parked' | 'cancelled';
    readonly error?: string;
    readonly result?: unknown;
  },
): Promise<boolean> {
  const ended = await tx
    .update(functionRequests)
    .set({
      state: end.state,
      error: end.error ?? '',
      result: end.result ?? null,
      leaseUntil: null,
      endedDate: sql`now()`,
      ...(end.state === 'finished' ? { progress: 1 } : {}),
    })
    .where(and(eq(functionRequests.id, id), isOpen))
    .returning({ id: functionRequests.id });
  if (ended.length > 0) await events.tell(tx, { on: 'request-ended', requestId: id });
  return ended.length > 0;
}

/** Gives a parked or failed batch request another round of attempts. False: it is neither. */
export async function retryRequest(tx: Db, events: Events, id: string): Promise<boolean> {
  const [row] = await tx
    .update(functionRequests)
    .set({ state: 'queued', attempts: 0, error: '', progress: 0, notBefore: null, endedDate: null, agentId: null })
    .where(
      and(
        eq(functionRequests.id, id),
        inArray(functionRequests.state, ['parked', 'failed']),
        eq(functionRequests.category, 'batch'),
        sql`${functionRequests.runId} is null`,
      ),
    )
    .returning({ functionId: functionRequests.functionId, category: functionRequests.category });
  if (!row) return false;
  await events.tell(tx, { on: 'queue', functionId: row.functionId, category: row.category });
  return true;
}

/** Milliseconds before a request that failed `attempts` times in a row is given out again. */
export function backOffMs(attempts: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.max(0, attempts - 1));
}
