import { sql } from 'drizzle-orm';
import { bigint, bigserial, index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../columns.ts';
import { users } from './people.ts';
import { jobs, labels } from './tasks.ts';

export const OBJECT_KINDS = ['tag', 'shape', 'track'] as const;
/** Who is behind a change. A tracker never overwrites what a person or an import wrote. */
export const ORIGINS = ['person', 'import', 'tracker'] as const;

/**
 * Tags, shapes and tracks of a job; ids are of one sequence, so an id names one object of the server. What is only read
 * and written as a whole lies here as JSON text, ready to be sent: docs/decisions/0012-annotations-as-text.md.
 */
export const annotationObjects = pgTable(
  'annotation_objects',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: OBJECT_KINDS }).notNull(),
    /** Task frame; of a track that of its first keyframe. */
    frame: integer('frame').notNull(),
    labelId: integer('label_id')
      .notNull()
      .references(() => labels.id, { onDelete: 'cascade' }),
    group: integer('group').notNull().default(0),
    /** Shape type of shapes and tracks; null for tags. */
    type: text('type'),
    /** Members of the object's JSON after id, frame, label, group and revision, without the braces; no keyframes. */
    body: text('body').notNull(),
    /** What a tracker said of a shape, as members that follow the body: `,"presence":4.2,"predicted_iou":0.9`. */
    signals: text('signals').notNull().default(''),
    /** Parts of a skeleton track, in order: members of the part's JSON without the braces; no keyframes. */
    elements: text('elements').array().notNull().default([]),
    /** Attributes of the label for which values were filled in; where the label has others by now, reading fills again. */
    attributeIds: text('attribute_ids').notNull().default(''),
    /** Of what wrote it last; that of a track's keyframes stands in each of them. */
    origin: text('origin', { enum: ORIGINS }).notNull(),
    /** The shape from which a tracker made this one, where the shape was not made a track. */
    trackedFrom: bigint('tracked_from', { mode: 'number' }),
    /** Grows by one with every change of the object or its keyframes. */
    revision: integer('revision').notNull().default(1),
    /** Name that the client gave it, so that a create may be repeated. */
    uid: text('uid'),
    /** Version of the job with which it was made or brought back, and of the last change of it or its keyframes. */
    createdVersion: integer('created_version').notNull().default(0),
    changedVersion: integer('changed_version').notNull().default(0),
    updatedBy: integer('updated_by').references(() => users.id, { onDelete: 'set null' }),
    updatedDate: instant('updated_date').notNull().defaultNow(),
  },
  (table) => [
    index('annotation_objects_job').on(table.jobId, table.kind, table.id),
    index('annotation_objects_tracked').on(table.trackedFrom, table.frame),
    index('annotation_objects_changed').on(table.jobId, table.changedVersion),
    uniqueIndex('annotation_objects_uid').on(table.jobId, table.uid).where(sql`uid is not null`),
  ],
);

/**
 * Objects that are gone, so that whoever read the job before hears of it. A trigger writes them, because objects also go
 * with their label.
 */
export const annotationTombstones = pgTable(
  'annotation_tombstones',
  {
    objectId: bigint('object_id', { mode: 'number' }).primaryKey(),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: OBJECT_KINDS }).notNull(),
    uid: text('uid'),
    /** Of the job with the removal. */
    version: integer('version').notNull(),
  },
  (table) => [
    index('annotation_tombstones_version').on(table.jobId, table.version),
    index('annotation_tombstones_uid').on(table.jobId, table.uid).where(sql`uid is not null`),
  ],
);

/** Keyframes of tracks, 16 frames to a row; those of a skeleton's parts carry the part's place, others element -1. */
export const keyframeBlocks = pgTable(
  'keyframe_blocks',
  {
    objectId: bigint('object_id', { mode: 'number' })
      .notNull()
      .references(() => annotationObjects.id, { onDelete: 'cascade' }),
    element: integer('element').notNull().default(-1),
    /** floor(frame / 16). */
    block: integer('block').notNull(),
    /** JSON text of the keyframes by frame, each on a line of its own, joined by `,\n`; empty when all of them went. */
    shapes: text('shapes').notNull(),
    /** For each frame of the block: version of the job with which its keyframe last changed or went; 0: as it was made. */
    versions: integer('versions').array().notNull().default([]),
    /** The highest of `versions`. */
    changedVersion: integer('changed_version').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.objectId, table.element, table.block] })],
);

/**
 * Every change of an object: who, when, from what, and what was there before. What was there after it is what a later
 * change found, or what is there now. A run has one row for an object as long as nobody else changes it.
 */
export const annotationChanges = pgTable(
  'annotation_changes',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    objectId: bigint('object_id', { mode: 'number' }).notNull(),
    kind: text('kind', { enum: OBJECT_KINDS }).notNull(),
    action: text('action', { enum: ['create', 'update', 'delete'] }).notNull(),
    at: instant('at').notNull().defaultNow(),
    /** Of the last write that this row tells of. */
    until: instant('until').notNull().defaultNow(),
    userId: integer('user_id').references(() => users.id, { onDelete: 'set null' }),
    origin: text('origin', { enum: ORIGINS }).notNull(),
    runId: uuid('run_id'),
    /** The object's revision after it. */
    revision: integer('revision').notNull(),
    /** The row of annotation_objects before it as JSON; null where only keyframes changed, and of `create`. */
    head: text('head'),
  },
  (table) => [
    index('annotation_changes_object').on(table.objectId, table.id),
    index('annotation_changes_job').on(table.jobId, table.id),
  ],
);

/** The keyframes that a change touched, 16 frames to a row. */
export const annotationChangeFrames = pgTable(
  'annotation_change_frames',
  {
    changeId: bigint('change_id', { mode: 'number' })
      .notNull()
      .references(() => annotationChanges.id, { onDelete: 'cascade' }),
    element: integer('element').notNull().default(-1),
    block: integer('block').notNull(),
    /** Frames in the order in which they were touched, and the object's revision after each touch. */
    frames: integer('frames').array().notNull(),
    revisions: integer('revisions').array().notNull(),
    /** Keyframes as they were, in the form of `keyframe_blocks`; frames that are not among them had none. */
    before: text('before').notNull(),
  },
  (table) => [primaryKey({ columns: [table.changeId, table.element, table.block] })],
);

/**
 * Frames of objects that a person looked at and found right. A mark counts for frames that have not changed since
 * `version`, and goes with its object.
 */
export const lookedAtMarks = pgTable(
  'looked_at_marks',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    objectId: bigint('object_id', { mode: 'number' })
      .notNull()
      .references(() => annotationObjects.id, { onDelete: 'cascade' }),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    /** Pairs of first and last frame, both inclusive. */
    spans: integer('spans').array().notNull(),
    /** Of the job when they were looked at. */
    version: integer('version').notNull(),
    userId: integer('user_id').references(() => users.id, { onDelete: 'set null' }),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [index('looked_at_marks_job').on(table.jobId, table.objectId)],
);
