import { createHash, randomBytes } from 'node:crypto';
import {
  BadFunctionError,
  BadRequestError,
  BadStateError,
  sealState,
  stateReader,
  type TrackableShape,
  TrackingStateHeader,
} from '@roto/functions';
import { checked } from '@roto/wire';
import { Type } from 'typebox';
import type { Doing, Params, Work } from './work.ts';

const frame = Type.Integer({ minimum: 0 });
const InitTracking = Type.Object({
  task: Type.Integer(),
  frame,
  shapes: Type.Array(Type.Object({ type: Type.String(), points: Type.Array(Type.Number()) })),
});
const Track = Type.Object({
  task: Type.Integer(),
  frame,
  states: Type.Array(Type.String({ maxLength: 4_194_304 })),
});

const readState = stateReader(TrackingStateHeader);

/** `init_tracking`: one state for each shape, under an id that nobody can guess. */
export async function initTracking(work: Work, params: Params, { signal }: Doing): Promise<object> {
  const { task, frame: at, shapes } = checked(InitTracking, params, 'init_tracking');
  const media = await work.pictures.media(task, signal);
  const image = await work.pictures.get(media, at, signal);
  const { spec, fingerprint, store, inference } = work;
  if (spec.kind !== 'tracker') throw new BadRequestError("unsupported type: 'init_tracking'");
  for (const { type } of shapes)
    if (!spec.supportedShapeTypes.includes(type)) throw new BadRequestError(`Unsupported shape type '${type}'`);
  const given = shapes.map(({ type, points }): TrackableShape => ({ type, points }));
  const { states } = await inference.call('init', { image: { path: image.path }, frame: at, shapes: given });
  const ids: string[] = [];
  for (const { content, shapeType, width, height } of states) {
    const id = randomBytes(32).toString('base64url');
    const header: TrackingStateHeader = {
      kind: 'tracking-state',
      task,
      width,
      height,
      shape_type: shapeType,
      function: fingerprint,
      last: null,
    };
    await store.write(keyOf(id), sealState(header, content));
    ids.push(id);
  }
  return { states: ids };
}

/** `track`: each state one frame on. A request that comes twice is answered alike, without another step. */
export async function track(work: Work, params: Params, { signal }: Doing): Promise<object> {
  const { task, frame: at, states: ids } = checked(Track, params, 'track');
  if (work.spec.kind !== 'tracker') throw new BadRequestError("unsupported type: 'track'");
  const media = await work.pictures.media(task, signal);
  const image = await work.pictures.get(media, at, signal);
  const kept = new Map<string, Kept>();
  for (const id of ids) if (!kept.has(id)) kept.set(id, await find(work, id, task));
  const todo = [...kept].filter(([, { header }]) => header.last?.frame !== at);
  const shapes = new Map<string, TrackableShape | null>();
  for (const [id, { header }] of kept) if (header.last?.frame === at) shapes.set(id, header.last.shape);
  if (todo.length > 0) {
    const answer = await work.inference.call('track', {
      image: { path: image.path },
      frame: at,
      states: todo.map(([, { header, content }]) => ({
        content,
        shapeType: header.shape_type,
        width: header.width,
        height: header.height,
      })),
    });
    if (answer.shapes.length !== todo.length) throw new BadFunctionError('function output another number of shapes');
    for (const [place, [id, { header }]] of todo.entries()) {
      const shape = answer.shapes[place]!;
      const last = { frame: at, shape: shape && { type: shape.type, points: [...shape.points] } };
      await work.store.write(keyOf(id), sealState({ ...header, last }, answer.states[place]!));
      shapes.set(id, shape);
    }
  }
  return { states: ids, shapes: ids.map((id) => shapes.get(id)!) };
}

type Kept = { readonly header: TrackingStateHeader; readonly content: Uint8Array };

async function find({ store, fingerprint }: Work, id: string, task: number): Promise<Kept> {
  const shown = `'${id.slice(0, 64)}'`;
  const bytes = await store.read(keyOf(id));
  if (!bytes) throw new BadRequestError(`Tracking state ${shown} not found - possibly expired`);
  let kept: Kept;
  try {
    kept = readState(bytes);
  } catch (error) {
    if (!(error instanceof BadStateError)) throw error;
    throw new BadRequestError(`Tracking state ${shown} cannot be used: ${error.message}`);
  }
  if (kept.header.task !== task) throw new BadRequestError(`Tracking state ${shown} is not for task #${task}`);
  if (kept.header.function !== fingerprint)
    throw new BadRequestError(`Tracking state ${shown} was made by another function or other weights`);
  return kept;
}

/** Ids come from requests; a store gets a name of a fixed form, from which nobody can tell the id. */
function keyOf(id: string): string {
  return `state-${createHash('sha256').update(id).digest('hex')}`;
}
