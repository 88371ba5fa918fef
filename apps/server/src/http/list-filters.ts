import { and, asc, desc, ilike, not, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { badRequest } from './errors.ts';

/** What can be filtered by: the name of a parameter, and the value of a row that it is compared with. */
export type Fields = Readonly<Record<string, SQLWrapper>>;

/** Deeper, or with more parts, no expression is that a person wrote. */
const MAX_DEPTH = 16;
const MAX_PARTS = 200;

/** A condition for each plain parameter that is a field: the row has this value. Numbers and words compare as text. */
export function plainConditions(query: Readonly<Record<string, unknown>>, fields: Fields): SQL[] {
  return Object.entries(fields).flatMap(([name, field]) =>
    query[name] === undefined || query[name] === '' ? [] : [compared(field, '=', query[name])],
  );
}

/** `search`: a part of one of the fields, whatever its case. */
export function searchCondition(search: string | undefined, fields: readonly SQLWrapper[]): SQL | undefined {
  if (!search) return undefined;
  return or(...fields.map((field) => ilike(sql`(${field})::text`, `%${plain(search)}%`)));
}

/**
 * `filter` as CVAT has it, an expression of JSON logic: and, or, !, !!, ==, !=, <, <=, >, >= (also between two), in (a list of
 * values, or a part of a text), var. @throws HttpError 400 naming what is not understood
 */
export function filterCondition(filter: string | undefined, fields: Fields): SQL | undefined {
  if (!filter) return undefined;
  let expression: unknown;
  try {
    expression = JSON.parse(filter);
  } catch {
    throw wrong('It is no JSON; write an expression such as {"==":[{"var":"name"},"street"]}.');
  }
  let parts = 0;
  const condition = (value: unknown, depth: number): SQL => {
    if (depth > MAX_DEPTH || ++parts > MAX_PARTS) throw wrong('The expression is too large.');
    const { operator, given } = operationOf(value);
    const each = (): SQL[] => given.map((one) => condition(one, depth + 1));
    switch (operator) {
      case 'and':
        return and(...each()) ?? sql`true`;
      case 'or':
        return or(...each()) ?? sql`false`;
      case '!':
        return isVariable(given[0]) ? sql`(${field(given[0])}) is null` : not(each()[0] ?? sql`true`);
      case '!!':
        return sql`(${field(given[0])}) is not null`;
      case 'in': {
        const [left, right] = given;
        if (Array.isArray(right)) return or(...right.map((one) => compared(field(left), '=', one))) ?? sql`false`;
        return ilike(sql`(${field(right)})::text`, `%${plain(String(left))}%`);
      }
      case '==':
      case '!=': {
        const [left, right] = given;
        const [named, other] = isVariable(left) ? [left, right] : [right, left];
        if (other === null) return sql`(${field(named)}) is ${sql.raw(operator === '==' ? 'null' : 'not null')}`;
        return compared(field(named), operator === '==' ? '=' : 'is distinct from', other);
      }
      case '<':
      case '<=':
      case '>':
      case '>=': {
        const [left, middle, right] = given;
        if (isVariable(left)) return compared(field(left), operator, middle);
        const least = compared(field(middle), TURNED[operator], left);
        return right === undefined ? least : and(least, compared(field(middle), operator, right))!;
      }
      default:
        throw wrong(`"${operator}" is not understood; use and, or, !, !!, ==, !=, <, <=, >, >=, in, var.`);
    }
  };
  const field = (value: unknown): SQLWrapper => {
    const name = isVariable(value) ? String(operationOf(value).given[0]) : undefined;
    const found = name !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!found)
      throw wrong(
        name === undefined
          ? `${show(value)} stands where {"var": …} belongs.`
          : `One cannot filter by ${name}; use ${Object.keys(fields).join(', ')}.`,
      );
    return found;
  };
  return condition(expression, 0);
}

/** `-updated_date` and the like; `last` makes it an order that stays the same. @throws HttpError 400 */
export function orderOf(sort: string | undefined, sortable: Readonly<Record<string, PgColumn>>, last: SQL): SQL[] {
  const fields = (sort ?? '').split(',').filter((field) => field.trim() !== '');
  const order = fields.map((field) => {
    const name = field.trim().replace(/^-/, '');
    const column = Object.hasOwn(sortable, name) ? sortable[name] : undefined;
    if (!column) throw badRequest('sort', `One cannot sort by ${name}; use ${Object.keys(sortable).join(', ')}.`);
    return field.trim().startsWith('-') ? desc(column) : asc(column);
  });
  return [...order, last];
}

const TURNED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

type Comparison = '=' | 'is distinct from' | '<' | '<=' | '>' | '>=';

/** Numbers compare as numbers, times as times, everything else as text, so that no value is a fault of the database. */
function compared(field: SQLWrapper, operator: Comparison, value: unknown): SQL {
  const sign = sql.raw(operator);
  if (typeof value === 'number' && Number.isFinite(value))
    return sql`(case when (${field})::text ~ '^-?[0-9]+(\\.[0-9]+)?$' then (${field})::text::numeric end) ${sign} ${value}::numeric`;
  if (typeof value === 'boolean') return sql`(${field})::text ${sign} ${String(value)}`;
  if (typeof value !== 'string') throw wrong(`${show(value)} is nothing to compare with.`);
  const isTime = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}|$)/.test(value) && !Number.isNaN(Date.parse(value));
  if (isTime && operator !== '=' && operator !== 'is distinct from')
    return sql`(${field})::text::timestamptz ${sign} ${new Date(value).toISOString()}::timestamptz`;
  return sql`(${field})::text ${sign} ${value}`;
}

function operationOf(value: unknown): { operator: string; given: readonly unknown[] } {
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  const [first, ...others] = entries;
  if (!first || others.length > 0) throw wrong(`${show(value)} is no expression of one operator.`);
  return { operator: first[0], given: Array.isArray(first[1]) ? first[1] : [first[1]] };
}

function isVariable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'var');
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60);
}

/** Without the signs that a pattern gives a meaning. */
function plain(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
}

function wrong(what: string) {
  return badRequest('filter', what);
}
