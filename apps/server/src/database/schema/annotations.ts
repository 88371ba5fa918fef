import { bigint, bigserial, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../columns.ts';
import { users } from './people.ts';
import { jobs, labels } from './tasks.ts';

/** Tags, shapes and tracks of a job; ids are of one sequence, so an id names one object of the server. */
export const annotationObjects = pgTable(
  'annotation_objects',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['tag', 'shape', 'track'] }).notNull(),
    /** Task frame; of a track that of its first keyframe. */
    frame: integer('frame').notNull(),
    labelId: integer('label_id')
      .notNull()
      .references(() => labels.id, { onDelete: 'cascade' }),
    group: integer('group').notNull().default(0),
    source: text('source').notNull().default('manual'),
    /** The rest of the object as on the wire: attributes, and of shapes type, points and so on; no keyframes. */
    body: jsonb('body').$type<Record<string, unknown>>().notNull(),
    /** Grows by one with every change of the object or its keyframes. */
    revision: integer('revision').notNull().default(1),
    updatedBy: integer('updated_by').references(() => users.id, { onDelete: 'set null' }),
    updatedDate: instant('updated_date').notNull().defaultNow(),
  },
  (table) => [index('annotation_objects_job').on(table.jobId, table.kind, table.frame)],
);

export const KEYFRAME_ORIGINS = ['person', 'import', 'tracker'] as const;

/** Keyframes of a track; those of a skeleton's parts carry the part's place, others element -1. */
export const keyframes = pgTable(
  'keyframes',
  {
    trackId: bigint('track_id', { mode: 'number' })
      .notNull()
      .references(() => annotationObjects.id, { onDelete: 'cascade' }),
    element: integer('element').notNull().default(-1),
    frame: integer('frame').notNull(),
    /** The tracked shape as JSON text of the wire, ready to be sent. */
    shape: text('shape').notNull(),
    /** Who is behind it. A tracker never overwrites what a person or an import wrote. */
    origin: text('origin', { enum: KEYFRAME_ORIGINS }).notNull(),
    /** The run that wrote it. */
    runId: uuid('run_id'),
  },
  (table) => [primaryKey({ columns: [table.trackId, table.element, table.frame] })],
);

/** Every change: who, when, from what, and the object before and after it (null: did not, or does no longer, exist). */
export const annotationChanges = pgTable(
  'annotation_changes',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    objectId: bigint('object_id', { mode: 'number' }).notNull(),
    at: instant('at').notNull().defaultNow(),
    userId: integer('user_id').references(() => users.id, { onDelete: 'set null' }),
    origin: text('origin', { enum: KEYFRAME_ORIGINS }).notNull(),
    runId: uuid('run_id'),
    before: jsonb('before').$type<unknown>(),
    after: jsonb('after').$type<unknown>(),
  },
  (table) => [
    index('annotation_changes_object').on(table.objectId, table.id),
    index('annotation_changes_job').on(table.jobId, table.id),
  ],
);
