import { sql } from 'drizzle-orm';
import type { Db } from '../database/open.ts';

type Rows = { readonly rows: readonly Record<string, unknown>[] };

/** A table as a backup sees it. Columns that the database computes by itself are not among `columns`. */
export type Table = { readonly name: string; readonly columns: string[] };

/** All tables of the data, each after those that its foreign keys point to. */
export async function listTables(db: Db): Promise<Table[]> {
  const { rows: columns } = (await db.execute(sql`
    select c.table_name as table, c.column_name as column
    from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
    order by c.table_name, c.ordinal_position`)) as Rows;
  const { rows: keys } = (await db.execute(sql`
    select child.relname as child, parent.relname as parent
    from pg_constraint k
    join pg_class child on child.oid = k.conrelid
    join pg_class parent on parent.oid = k.confrelid
    where k.contype = 'f' and k.connamespace = 'public'::regnamespace and child.oid <> parent.oid`)) as Rows;
  const tables = new Map<string, string[]>();
  for (const { table, column } of columns)
    tables.set(String(table), [...(tables.get(String(table)) ?? []), String(column)]);
  const ordered: Table[] = [];
  const waiting = new Set(tables.keys());
  while (waiting.size > 0) {
    const free = [...waiting].filter(
      (name) => !keys.some(({ child, parent }) => child === name && waiting.has(String(parent))),
    );
    if (free.length === 0) throw new Error(`Tables point to each other in a circle: ${[...waiting].join(', ')}.`);
    for (const name of free) {
      ordered.push({ name, columns: tables.get(name)! });
      waiting.delete(name);
    }
  }
  return ordered;
}

const ROWS_AT_ONCE = 200;

/** The rows of a table, each as one line of JSON, in the transaction `tx`. */
export async function* readRows(tx: Db, { name, columns }: Table): AsyncGenerator<string> {
  const cursor = sql.identifier(`backup_${name}`);
  const list = sql.join(
    columns.map((column) => sql.identifier(column)),
    sql`, `,
  );
  await tx.execute(
    sql`declare ${cursor} no scroll cursor for select row_to_json(r)::text as line from (select ${list} from ${sql.identifier(name)}) r`,
  );
  for (;;) {
    const { rows } = (await tx.execute(sql`fetch ${sql.raw(String(ROWS_AT_ONCE))} from ${cursor}`)) as Rows;
    for (const { line } of rows) yield String(line);
    if (rows.length < ROWS_AT_ONCE) break;
  }
  await tx.execute(sql`close ${cursor}`);
}

/** Writes rows back, in the transaction `tx`; numbers go through the database's own JSON and never through a double. */
export async function writeRows(tx: Db, { name, columns }: Table, lines: readonly string[]): Promise<void> {
  const list = sql.join(
    columns.map((column) => sql.identifier(column)),
    sql`, `,
  );
  const table = sql.identifier(name);
  await tx.execute(sql`
    insert into ${table} (${list}) overriding system value
    select ${list} from json_populate_recordset(null::${table}, ${`[${lines.join(',')}]`}::json)`);
}

/** Has every sequence go on after the largest number that is taken. */
export async function advanceSequences(tx: Db): Promise<void> {
  const { rows } = (await tx.execute(sql`
    select t.relname as table, a.attname as column, pg_get_serial_sequence(quote_ident(t.relname), a.attname) as sequence
    from pg_class t join pg_attribute a on a.attrelid = t.oid
    where t.relnamespace = 'public'::regnamespace and t.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and pg_get_serial_sequence(quote_ident(t.relname), a.attname) is not null`)) as Rows;
  for (const { table, column, sequence } of rows)
    await tx.execute(sql`
      select setval(${String(sequence)}::regclass, coalesce((select max(${sql.identifier(String(column))}) from ${sql.identifier(String(table))}), 0) + 1, false)`);
}
