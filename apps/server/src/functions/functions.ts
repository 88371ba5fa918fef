import type { AnnotationFunction, FunctionAgents, FunctionKind } from '@roto/wire';
import { and, asc, count, desc, eq, ilike, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';
import { agents, functionRequests, functions, runs } from '../database/schema/index.ts';
import { notFound } from '../http/errors.ts';
import { readShortUsers } from '../tasks/task-view.ts';

export type FunctionRow = typeof functions.$inferSelect;

/** @throws HttpError 404 */
export async function readFunction(db: Db, id: number): Promise<FunctionRow> {
  const [row] = await db.select().from(functions).where(eq(functions.id, id));
  if (!row) throw notFound(`There is no function ${id}.`);
  return row;
}

/** A function as on the wire; fields of other kinds are left out, for clients take no null there. */
export async function showFunctions(db: Db, rows: readonly FunctionRow[], base: string): Promise<AnnotationFunction[]> {
  const people = await readShortUsers(
    db,
    rows.map((row) => row.ownerId),
    base,
  );
  return rows.map((row) => ({
    id: row.id,
    provider: row.provider,
    name: row.name,
    kind: row.kind,
    visibility: row.visibility,
    ...row.spec,
    owner: people.get(row.ownerId) ?? null,
    organization: row.organizationId,
    created_date: row.createdDate.toISOString(),
    updated_date: row.updatedDate.toISOString(),
  }));
}

export type FunctionFilter = {
  readonly search?: string;
  readonly id?: number;
  readonly name?: string;
  readonly owner?: string;
  readonly provider?: string;
  readonly kind?: FunctionKind;
  readonly sort?: string;
};

export function functionFilter(visible: SQL, filter: FunctionFilter): SQL | undefined {
  const owner = (name: string) =>
    sql`${functions.ownerId} in (select id from users where lower(username) = lower(${name}))`;
  return and(
    visible,
    filter.search === undefined ? undefined : ilike(functions.name, `%${filter.search.replaceAll(/[\\%_]/g, '\\$&')}%`),
    filter.id === undefined ? undefined : eq(functions.id, filter.id),
    filter.name === undefined ? undefined : eq(functions.name, filter.name),
    filter.owner === undefined ? undefined : owner(filter.owner),
    filter.provider === undefined ? undefined : eq(functions.provider, filter.provider),
    filter.kind === undefined ? undefined : eq(functions.kind, filter.kind),
  );
}

const SORTS = {
  id: functions.id,
  name: functions.name,
  kind: functions.kind,
  updated_date: functions.updatedDate,
} as const;
export const SORT_PATTERN = `^-?(${Object.keys(SORTS).join('|')})$`;

export async function listFunctions(db: Db, where: SQL | undefined, sort = '-id', limit: number, offset: number) {
  const column = SORTS[sort.replace(/^-/, '') as keyof typeof SORTS];
  const order = sort.startsWith('-') ? desc : asc;
  return db
    .select()
    .from(functions)
    .where(where)
    .orderBy(order(column), desc(functions.id))
    .limit(limit)
    .offset(offset);
}

export async function countFunctions(db: Db, where: SQL | undefined): Promise<number> {
  const [row] = await db.select({ count: count() }).from(functions).where(where);
  return row!.count;
}

/** Agents of a function that were heard of lately, the last first; `busy`: what they hold. */
export async function readAgents(db: Db, functionId: number): Promise<FunctionAgents['results']> {
  const rows = await db
    .select({
      agentId: agents.agentId,
      capabilities: agents.capabilities,
      firstSeen: agents.firstSeen,
      lastSeen: agents.lastSeen,
    })
    .from(agents)
    .where(eq(agents.functionId, functionId))
    .orderBy(desc(agents.lastSeen))
    .limit(100);
  const held = await db
    .select({
      agentId: functionRequests.agentId,
      type: sql<string>`${functionRequests.params} ->> 'type'`,
      run: functionRequests.runId,
      since: functionRequests.leasedDate,
      framesPerSecond: sql<number | null>`${runs.savedFrames} / nullif(${runs.workedSeconds}, 0)`,
    })
    .from(functionRequests)
    .leftJoin(runs, eq(runs.id, functionRequests.runId))
    .where(and(eq(functionRequests.functionId, functionId), eq(functionRequests.state, 'leased')))
    .orderBy(functionRequests.leasedDate);
  const heldBy = Map.groupBy(held, ({ agentId }) => agentId);
  return rows.map((row) => ({
    agent_id: row.agentId,
    capabilities: row.capabilities,
    first_seen: row.firstSeen.toISOString(),
    last_seen: row.lastSeen.toISOString(),
    requests: heldBy.get(row.agentId)?.length ?? 0,
    busy_with: (heldBy.get(row.agentId) ?? []).map(({ type, run, since }) => ({
      type,
      run,
      since: since?.toISOString() ?? null,
    })),
    frames_per_second:
      heldBy.get(row.agentId)?.findLast((each) => each.framesPerSecond !== null)?.framesPerSecond ?? null,
  }));
}
