import { timestamp } from 'drizzle-orm/pg-core';

/** An instant with time zone, to the millisecond, read as Date. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
