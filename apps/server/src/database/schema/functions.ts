import type { AnnotationFunction, Capabilities, RequestParams, RunOptions } from '@roto/wire';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  serial,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant } from '../columns.ts';
import { annotationObjects } from './annotations.ts';
import { organizations, users } from './people.ts';
import { jobs, tasks } from './tasks.ts';

export const FUNCTION_KINDS = ['detector', 'interactor', 'reid', 'tracker'] as const;

export const functions = pgTable('functions', {
  id: serial('id').primaryKey(),
  provider: text('provider').notNull(),
  name: text('name').notNull(),
  kind: text('kind', { enum: FUNCTION_KINDS }).notNull(),
  visibility: text('visibility', { enum: ['private', 'public'] })
    .notNull()
    .default('private'),
  /** What belongs to the kind alone, as on the wire: labels_v2, supported_shape_types, min_pos_points, … */
  spec: jsonb('spec').$type<Partial<AnnotationFunction>>().notNull().default({}),
  ownerId: integer('owner_id').references(() => users.id, { onDelete: 'cascade' }),
  organizationId: integer('organization_id').references(() => organizations.id, { onDelete: 'cascade' }),
  createdDate: instant('created_date').notNull().defaultNow(),
  updatedDate: instant('updated_date').notNull().defaultNow(),
});

/** Agents as they were last heard of. */
export const agents = pgTable(
  'agents',
  {
    functionId: integer('function_id')
      .notNull()
      .references(() => functions.id, { onDelete: 'cascade' }),
    agentId: text('agent_id').notNull(),
    userId: integer('user_id').references(() => users.id, { onDelete: 'cascade' }),
    /** What the agent said it can do beyond CVAT's contract; {} for stock agents. */
    capabilities: jsonb('capabilities').$type<Capabilities>().notNull().default({}),
    firstSeen: instant('first_seen').notNull().defaultNow(),
    lastSeen: instant('last_seen').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.functionId, table.agentId] })],
);

export const REQUEST_CATEGORIES = ['interactive', 'batch'] as const;
/** parked: failed too often; kept with its error and given to nobody. */
export const REQUEST_STATES = ['queued', 'leased', 'finished', 'failed', 'parked', 'cancelled'] as const;

/**
 * What agents take from a queue. A lease ends at `leaseUntil`; each lease has a higher fence than the one before. A holder
 * is the agent and fence of the row; it stays the holder, though late, until the request is given to another.
 */
export const functionRequests = pgTable(
  'function_requests',
  {
    id: uuid('id').primaryKey(),
    functionId: integer('function_id')
      .notNull()
      .references(() => functions.id, { onDelete: 'cascade' }),
    category: text('category', { enum: REQUEST_CATEGORIES }).notNull(),
    /** As `ar_params` carries them. */
    params: jsonb('params').$type<RequestParams>().notNull(),
    state: text('state', { enum: REQUEST_STATES }).notNull().default('queued'),
    /** The run that this is the work of. */
    runId: uuid('run_id').references(() => runs.id, { onDelete: 'cascade' }),
    taskId: integer('task_id').references(() => tasks.id, { onDelete: 'cascade' }),
    ownerId: integer('owner_id').references(() => users.id, { onDelete: 'cascade' }),
    agentId: text('agent_id'),
    fence: bigint('fence', { mode: 'number' }).notNull().default(0),
    /** Of a queued step of a run that is bound to an agent: until when it waits for that agent. */
    leaseUntil: instant('lease_until'),
    /** When the last lease began. */
    leasedDate: instant('leased_date'),
    /** Leases since the last lasting progress (a saved frame of a run; nothing else lasts). */
    attempts: integer('attempts').notNull().default(0),
    /** Only this agent may take it (it holds the states that a `track` request names). */
    onlyAgentId: text('only_agent_id'),
    /** What a step of a per-frame run asks for: the objects by ordinal, in the order of the request's shapes or states. */
    runStep: jsonb('run_step').$type<{ frame: number; ordinals: number[] }>(),
    notBefore: instant('not_before'),
    /** Nobody waits for an answer after this. */
    deadline: instant('deadline'),
    /** 0…1. */
    progress: doublePrecision('progress').notNull().default(0),
    result: jsonb('result').$type<unknown>(),
    error: text('error').notNull().default(''),
    createdDate: instant('created_date').notNull().defaultNow(),
    startedDate: instant('started_date'),
    endedDate: instant('ended_date'),
  },
  (table) => [
    // Only what is still to be done: a queue stays as quick as it is short.
    index('function_requests_queue')
      .on(table.functionId, table.category, table.createdDate)
      .where(sql`state in ('queued', 'leased')`),
    index('function_requests_ended').on(table.endedDate),
    // A run has one request under way at most.
    uniqueIndex('function_requests_run').on(table.runId).where(sql`state in ('queued', 'leased')`),
  ],
);

/** Tracking states that agents answered with, by the SHA-256 of their text: what may be sent back, by whom, for what. */
export const trackingStates = pgTable(
  'tracking_states',
  {
    functionId: integer('function_id')
      .notNull()
      .references(() => functions.id, { onDelete: 'cascade' }),
    hash: text('hash').notNull(),
    userId: integer('user_id').references(() => users.id, { onDelete: 'cascade' }),
    taskId: integer('task_id').references(() => tasks.id, { onDelete: 'cascade' }),
    /** The agent that keeps it; null: any agent of the function can read it. */
    agentId: text('agent_id'),
    usedDate: instant('used_date').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.functionId, table.hash] })],
);

/**
 * queued: waits for an agent. running: an agent holds it. Ended: finished (target reached, or stopped before a frame of
 * a person, as `message` says), cancelled, failed.
 */
export const RUN_STATES = ['queued', 'running', 'finished', 'cancelled', 'failed'] as const;

/** A tracking run: objects followed from a start to a target frame, whoever is connected. */
export const runs = pgTable(
  'runs',
  {
    id: uuid('id').primaryKey(),
    taskId: integer('task_id')
      .notNull()
      .references(() => tasks.id, { onDelete: 'cascade' }),
    jobId: integer('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    functionId: integer('function_id').references(() => functions.id, { onDelete: 'set null' }),
    ownerId: integer('owner_id').references(() => users.id, { onDelete: 'set null' }),
    /** Task frames; target before start: backward. */
    startFrame: integer('start_frame').notNull(),
    targetFrame: integer('target_frame').notNull(),
    options: jsonb('options').$type<RunOptions>().notNull().default({}),
    state: text('state', { enum: RUN_STATES }).notNull().default('queued'),
    /** Last frame that is saved for all objects, seen from the start; the start frame before any. */
    doneFrame: integer('done_frame').notNull(),
    message: text('message').notNull().default(''),
    /** Highest fence under which work on it was given out. */
    fence: bigint('fence', { mode: 'number' }).notNull().default(0),
    /** Seconds that agents worked for the frames that are saved. */
    workedSeconds: doublePrecision('worked_seconds').notNull().default(0),
    savedFrames: integer('saved_frames').notNull().default(0),
    /** ranges: one agent takes the whole of it; frames: the server asks frame by frame. Null until an agent came. */
    mode: text('mode', { enum: ['ranges', 'frames'] }),
    createdDate: instant('created_date').notNull().defaultNow(),
    startedDate: instant('started_date'),
    updatedDate: instant('updated_date').notNull().defaultNow(),
    endedDate: instant('ended_date'),
  },
  (table) => [index('runs_task').on(table.taskId, table.createdDate)],
);

/**
 * Why an object of a run needs no more frames before its target. barrier: a frame of a person comes next. gone: it was
 * deleted. lost: it was out of sight when its agent had to be replaced.
 */
export const OBJECT_ENDS = ['barrier', 'gone', 'lost'] as const;

/** The objects of a run. Results are written to `objectId`. */
export const runObjects = pgTable(
  'run_objects',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    /** Names the object on the agent's side. */
    ordinal: integer('ordinal').notNull(),
    objectId: bigint('object_id', { mode: 'number' }).references(() => annotationObjects.id, { onDelete: 'set null' }),
    /** Type of the results: rectangle, polygon or mask. */
    type: text('type').notNull(),
    /** Frames with what a person said of the object there: [{frame, type, points}]. */
    prompts: jsonb('prompts').$type<{ frame: number; type: string; points: number[] }[]>().notNull(),
    /** First frame, seen from the start, that must not be written; null: none before the target. */
    barrierFrame: integer('barrier_frame'),
    end: text('end', { enum: OBJECT_ENDS }),
    /** Last frame that is saved of it, found or not; the start frame before any. */
    lastFrame: integer('last_frame').notNull(),
    /** The shape there, for another agent to go on from; null: not found there, or the start frame. */
    lastShape: jsonb('last_shape').$type<{ type: string; points: number[] }>(),
    /** The agent's tracking state, of per-frame runs. */
    agentState: text('agent_state'),
  },
  (table) => [primaryKey({ columns: [table.runId, table.ordinal] })],
);

/** Signals of one object on one frame of a run. */
export const runFrames = pgTable(
  'run_frames',
  {
    runId: uuid('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    ordinal: integer('ordinal').notNull(),
    frame: integer('frame').notNull(),
    found: boolean('found').notNull(),
    /** Object score logit; null where the agent does not say. */
    presence: doublePrecision('presence'),
    predictedIou: doublePrecision('predicted_iou'),
    /** Fence of the lease under which it was written. */
    fence: bigint('fence', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.frame, table.ordinal] })],
);
