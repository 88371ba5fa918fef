import { sql } from 'drizzle-orm';
import { check, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../columns.ts';

/** One row about the data as a whole. */
export const installation = pgTable(
  'installation',
  {
    one: integer('one').primaryKey().default(1),
    /** Also written into the media folder: the two belong together. */
    dataId: uuid('data_id').notNull().defaultRandom(),
    /** The newest release of Roto that had the data open. */
    rotoVersion: text('roto_version').notNull(),
    changedDate: instant('changed_date').notNull().defaultNow(),
  },
  ({ one }) => [check('installation_one', sql`${one} = 1`)],
);
