import { framesAt, pointsProblem, SHAPE_TYPES, type ShapeType } from '@roto/annotations';
import type { FunctionKind } from '@roto/wire';
import { eq, inArray } from 'drizzle-orm';
import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { taskFrames } from '../annotations/scope.ts';
import type { Db } from '../database/open.ts';
import { jobs, labels, taskMedia } from '../database/schema/index.ts';
import { badRequest, HttpError, notFound } from '../http/errors.ts';
import { fieldErrors } from '../http/validation.ts';
import type { FunctionRow } from './functions.ts';

/** Characters of one tracking state, and states (or shapes) of one request, by CVAT's contract. */
export const MAX_STATE = 4_194_304;
export const MAX_OBJECTS = 32;

const point = Type.Array(Type.Number(), { minItems: 2, maxItems: 2 });
const frame = Type.Integer({ minimum: 0 });
const roi = Type.Optional(Type.Union([Type.Array(Type.Integer(), { minItems: 4, maxItems: 4 }), Type.Null()]));
const place = { task: Type.Optional(Type.Integer({ minimum: 1 })), job: Type.Optional(Type.Integer({ minimum: 1 })) };
const detection = {
  mapping: Type.Optional(Type.Record(Type.String(), Type.Object({ name: Type.String() }))),
  threshold: Type.Optional(Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()])),
  conv_mask_to_poly: Type.Optional(Type.Boolean()),
  roi,
};

const SCHEMAS = {
  annotate_task: Type.Object({ ...place, ...detection, cleanup: Type.Optional(Type.Boolean()) }),
  annotate_frame: Type.Object({ ...place, ...detection, frame }),
  interact: Type.Object({
    ...place,
    frame,
    pos_points: Type.Array(point, { maxItems: 10_000 }),
    neg_points: Type.Optional(Type.Array(point, { maxItems: 10_000 })),
    obj_bbox: Type.Optional(Type.Union([Type.Array(point, { maxItems: 2 }), Type.Null()])),
    roi,
  }),
  init_tracking: Type.Object({
    ...place,
    frame,
    shapes: Type.Array(Type.Object({ type: Type.String(), points: Type.Array(Type.Number()) }), {
      minItems: 1,
      maxItems: MAX_OBJECTS,
    }),
  }),
  track: Type.Object({
    ...place,
    frame,
    states: Type.Array(Type.String({ minLength: 1, maxLength: MAX_STATE }), { minItems: 1, maxItems: MAX_OBJECTS }),
  }),
} as const satisfies Record<string, TSchema>;

export type ParamsType = keyof typeof SCHEMAS;
export const PARAMS_TYPES = Object.keys(SCHEMAS) as readonly ParamsType[];

const CHECKS = Object.fromEntries(
  Object.entries(SCHEMAS).map(([type, schema]) => [type, Compile(schema as TSchema)]),
) as Record<ParamsType, ReturnType<typeof Compile>>;

const TYPES_OF_KIND: Record<FunctionKind, readonly ParamsType[]> = {
  detector: ['annotate_task', 'annotate_frame'],
  interactor: ['interact'],
  tracker: ['init_tracking', 'track'],
  reid: [],
};

export type Params = { readonly type: ParamsType; readonly task: number; readonly [key: string]: unknown };

/**
 * The parameters of a request as agents get them: checked against the function and the task, complete with defaults, and
 * with no key that is not known.
 * @throws HttpError 400 that names the field; 404 for a job that there is not
 */
export async function checkParams(db: Db, fn: FunctionRow, body: Record<string, unknown>): Promise<Params> {
  const type = body.type as ParamsType;
  const known = TYPES_OF_KIND[fn.kind];
  if (!known.includes(type))
    throw badRequest(
      'type',
      `${JSON.stringify(body.type)} is nothing that a function of kind ${fn.kind} does${known.length > 0 ? `; it takes ${known.join(', ')}` : ''}.`,
    );
  const check = CHECKS[type];
  if (!check.Check(body))
    throw new HttpError(400, fieldErrors(check.Errors(body) as unknown as Parameters<typeof fieldErrors>[0]));

  const task = await taskOf(db, body as { task?: number; job?: number });
  const [media] = await db
    .select({
      size: taskMedia.size,
      deletedFrames: taskMedia.deletedFrames,
    })
    .from(taskMedia)
    .where(eq(taskMedia.taskId, task));
  if (!media) throw badRequest('task', `Task ${task} has no data yet.`);
  const params: Record<string, unknown> = { type, task };
  for (const key of Object.keys(SCHEMAS[type].properties)) if (body[key] !== undefined) params[key] = body[key];
  params.task = task;

  if ('frame' in SCHEMAS[type].properties) {
    const at = body.frame as number;
    if (at >= media.size) throw badRequest('frame', `Task ${task} has frames 0 to ${media.size - 1}, no frame ${at}.`);
    if (media.deletedFrames.includes(at)) throw badRequest('frame', `Frame ${at} of task ${task} is deleted.`);
  }
  if (type === 'annotate_task' || type === 'annotate_frame') {
    params.threshold = body.threshold ?? null;
    params.conv_mask_to_poly = body.conv_mask_to_poly ?? false;
    params.mapping = body.mapping ?? (await sameNames(db, fn, task));
  }
  if (type === 'interact') {
    params.neg_points = body.neg_points ?? [];
    params.obj_bbox = body.obj_bbox ?? [];
    checkPrompts(fn, params as { pos_points: unknown[]; neg_points: unknown[]; obj_bbox: unknown[] });
  }
  if (type === 'init_tracking') {
    const frames = await taskFrames(db, task);
    checkShapes(fn, body.shapes as Shape[], framesAt(frames, body.frame as number));
  }
  return params as Params;
}

type Shape = { readonly type: string; readonly points: readonly number[] };

async function taskOf(db: Db, { task, job }: { task?: number; job?: number }): Promise<number> {
  if (job === undefined) {
    if (task === undefined) throw badRequest('task', 'This field is required.');
    return task;
  }
  const [row] = await db.select({ taskId: jobs.taskId }).from(jobs).where(eq(jobs.id, job));
  if (!row) throw notFound(`There is no job ${job}.`);
  if (task !== undefined && task !== row.taskId)
    throw badRequest('job', `Job ${job} is of task ${row.taskId}, not of task ${task}.`);
  return row.taskId;
}

/** Labels of function and task that bear the same name: what is meant when nobody says. */
async function sameNames(db: Db, fn: FunctionRow, task: number): Promise<Record<string, { name: string }>> {
  const names = ((fn.spec.labels_v2 ?? []) as { name: string }[]).map((each) => each.name);
  if (names.length === 0) return {};
  const rows = await db
    .select({ name: labels.name, taskId: labels.taskId })
    .from(labels)
    .where(inArray(labels.name, names));
  return Object.fromEntries(rows.filter((row) => row.taskId === task).map(({ name }) => [name, { name }]));
}

function checkPrompts(
  fn: FunctionRow,
  { pos_points, neg_points, obj_bbox }: Record<'pos_points' | 'neg_points' | 'obj_bbox', unknown[]>,
): void {
  const spec = fn.spec as {
    min_pos_points: number;
    min_neg_points: number;
    startswith_box: boolean;
    startswith_box_optional: boolean;
  };
  if (pos_points.length < spec.min_pos_points)
    throw badRequest('pos_points', `The function needs at least ${spec.min_pos_points}.`);
  if (spec.min_neg_points < 0 ? neg_points.length > 0 : neg_points.length < spec.min_neg_points)
    throw badRequest(
      'neg_points',
      spec.min_neg_points < 0 ? 'The function takes none.' : `The function needs at least ${spec.min_neg_points}.`,
    );
  if (obj_bbox.length === 1) throw badRequest('obj_bbox', 'A box has two points, or is empty.');
  if (spec.startswith_box && !spec.startswith_box_optional && obj_bbox.length === 0)
    throw badRequest('obj_bbox', 'The function starts with a box.');
}

function checkShapes(
  fn: FunctionRow,
  shapes: readonly Shape[],
  frames: { width: number; height: number; frameCount: number },
): void {
  const supported = fn.spec.supported_shape_types as readonly string[];
  for (const [at, { type, points }] of shapes.entries()) {
    if (!supported.includes(type))
      throw badRequest('shapes', `[${at}]: the function follows ${supported.join(', ')}, not "${type}".`);
    if (!(SHAPE_TYPES as readonly string[]).includes(type)) continue;
    const problem = pointsProblem(type as ShapeType, points, frames);
    if (problem) throw badRequest('shapes', `[${at}].points${problem.at} ${problem.message}.`);
  }
}
