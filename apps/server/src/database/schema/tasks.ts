import type { AttributeInput, LabelType } from '@roto/annotations';
import { bigint, boolean, doublePrecision, index, integer, jsonb, pgTable, serial, text } from 'drizzle-orm/pg-core';
import { instant } from '../columns.ts';
import { organizations, users } from './people.ts';

export const tasks = pgTable(
  'tasks',
  {
    id: serial('id').primaryKey(),
    name: text('name').notNull(),
    ownerId: integer('owner_id').references(() => users.id, { onDelete: 'set null' }),
    assigneeId: integer('assignee_id').references(() => users.id, { onDelete: 'set null' }),
    assigneeUpdatedDate: instant('assignee_updated_date'),
    /** Null: the owner's personal workspace. */
    organizationId: integer('organization_id').references(() => organizations.id, { onDelete: 'cascade' }),
    bugTracker: text('bug_tracker').notNull().default(''),
    subset: text('subset').notNull().default(''),
    segmentSize: integer('segment_size').notNull().default(0),
    /** Null: the default of the kind of media. */
    overlap: integer('overlap'),
    createdDate: instant('created_date').notNull().defaultNow(),
    /** Grows whenever data or annotations change; clients drop their caches by it. */
    updatedDate: instant('updated_date').notNull().defaultNow(),
  },
  (table) => [index('tasks_owner').on(table.ownerId), index('tasks_organization').on(table.organizationId)],
);

/** What a task is made of: one video, or images in order. A row is made when the import has ended well. */
export const taskMedia = pgTable('task_media', {
  taskId: integer('task_id')
    .primaryKey()
    .references(() => tasks.id, { onDelete: 'cascade' }),
  kind: text('kind', { enum: ['video', 'images'] }).notNull(),
  /** Names the originals in the media store. */
  storageKey: text('storage_key').notNull(),
  /** Frames after start, stop and step, deleted ones included. */
  size: integer('size').notNull(),
  /** Source frames, both inclusive: source = start + step × task frame. */
  startFrame: integer('start_frame').notNull(),
  stopFrame: integer('stop_frame').notNull(),
  step: integer('step').notNull().default(1),
  width: integer('width').notNull(),
  height: integer('height').notNull(),
  /** Of each source frame, where images differ in size; the size above is that of the first. */
  frameSizes: jsonb('frame_sizes').$type<[width: number, height: number][]>(),
  /** Mean frames per second; 0 for images. */
  frameRate: doublePrecision('frame_rate').notNull().default(0),
  /** One name for a video, one per source frame in order for images. */
  names: jsonb('names').$type<string[]>().notNull(),
  bytes: bigint('bytes', { mode: 'number' }).notNull(),
  /** Of a video's file, or of the images' names and contents in order. */
  sha256: text('sha256').notNull(),
  chunkSize: integer('chunk_size').notNull(),
  /** JPEG quality of compressed frames, 1…100. */
  imageQuality: integer('image_quality').notNull().default(70),
  /** Task frames. */
  deletedFrames: jsonb('deleted_frames').$type<number[]>().notNull().default([]),
  chunksUpdatedDate: instant('chunks_updated_date').notNull().defaultNow(),
  /** Source frames that begin a scene; null: not looked for, or not yet. */
  sceneCuts: jsonb('scene_cuts').$type<number[]>(),
});

export const JOB_STAGES = ['annotation', 'validation', 'acceptance'] as const;
export const JOB_STATES = ['new', 'in progress', 'completed', 'rejected'] as const;

export const jobs = pgTable(
  'jobs',
  {
    id: serial('id').primaryKey(),
    taskId: integer('task_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    assigneeId: integer('assignee_id').references(() => users.id, { onDelete: 'set null' }),
    assigneeUpdatedDate: instant('assignee_updated_date'),
    stage: text('stage', { enum: JOB_STAGES }).notNull().default('annotation'),
    state: text('state', { enum: JOB_STATES }).notNull().default('new'),
    /** Task frames, both inclusive. */
    startFrame: integer('start_frame').notNull(),
    stopFrame: integer('stop_frame').notNull(),
    /** Grows by one with every change of the job's annotations; the `version` of its LabeledData. */
    annotationsVersion: integer('annotations_version').notNull().default(0),
    createdDate: instant('created_date').notNull().defaultNow(),
    updatedDate: instant('updated_date').notNull().defaultNow(),
  },
  (table) => [index('jobs_task').on(table.taskId), index('jobs_assignee').on(table.assigneeId)],
);

export const labels = pgTable(
  'labels',
  {
    id: serial('id').primaryKey(),
    taskId: integer('task_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    /** Skeleton that this is a point of. */
    parentId: integer('parent_id'),
    name: text('name').notNull(),
    color: text('color').notNull(),
    type: text('type').$type<LabelType>().notNull().default('any'),
    svg: text('svg'),
  },
  (table) => [index('labels_task').on(table.taskId)],
);

export const labelAttributes = pgTable(
  'label_attributes',
  {
    id: serial('id').primaryKey(),
    labelId: integer('label_id')
      .notNull()
      .references(() => labels.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    mutable: boolean('mutable').notNull(),
    inputType: text('input_type').$type<AttributeInput>().notNull(),
    defaultValue: text('default_value').notNull().default(''),
    values: jsonb('values').$type<string[]>().notNull(),
  },
  (table) => [index('label_attributes_label').on(table.labelId)],
);

/** Uploads under way (TUS and multipart): bytes lie in the media store's incoming area under `id`. */
export const uploads = pgTable(
  'uploads',
  {
    /** `<user id>_<uuid>`. */
    id: text('id').primaryKey(),
    userId: integer('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    taskId: integer('task_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    purpose: text('purpose', { enum: ['data', 'annotations'] }).notNull(),
    filename: text('filename').notNull(),
    length: bigint('length', { mode: 'number' }).notNull(),
    offset: bigint('offset', { mode: 'number' }).notNull().default(0),
    /** Place among the task's files in the order in which they were sent. */
    position: integer('position').notNull().default(0),
    updatedDate: instant('updated_date').notNull().defaultNow(),
  },
  (table) => [index('uploads_task').on(table.taskId)],
);

/** Background work that clients watch at /api/requests: imports of media, imports and exports of annotations. */
export const requests = pgTable(
  'requests',
  {
    id: text('id').primaryKey(),
    /** CVAT's operation type, such as `create:task`. */
    type: text('type').notNull(),
    taskId: integer('task_id').references(() => tasks.id, { onDelete: 'cascade' }),
    jobId: integer('job_id').references(() => jobs.id, { onDelete: 'cascade' }),
    ownerId: integer('owner_id').references(() => users.id, { onDelete: 'cascade' }),
    format: text('format'),
    params: jsonb('params').$type<Record<string, unknown>>().notNull().default({}),
    status: text('status', { enum: ['queued', 'started', 'failed', 'finished'] })
      .notNull()
      .default('queued'),
    message: text('message').notNull().default(''),
    progress: doublePrecision('progress').notNull().default(0),
    /** Names the result in the media store. */
    resultKey: text('result_key'),
    resultName: text('result_name'),
    /** The process that works on it, and until when it may be silent. */
    holder: text('holder'),
    fence: integer('fence').notNull().default(0),
    leaseUntil: instant('lease_until'),
    attempts: integer('attempts').notNull().default(0),
    /** How often its lease ended without a word: the process that worked on it died, perhaps of it. */
    crashes: integer('crashes').notNull().default(0),
    cancelled: boolean('cancelled').notNull().default(false),
    createdDate: instant('created_date').notNull().defaultNow(),
    startedDate: instant('started_date'),
    finishedDate: instant('finished_date'),
    expiryDate: instant('expiry_date'),
  },
  (table) => [index('requests_task').on(table.taskId), index('requests_status').on(table.status)],
);
