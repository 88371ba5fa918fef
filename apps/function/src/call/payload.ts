import type { TrackableShape } from '@roto/functions';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { CallError } from '../errors.ts';

/** Objects of one call. */
export const MOST_OBJECTS = 32;
const MOST_POINTS = 400_000;

const Shape = Type.Object({
  type: Type.String({ maxLength: 32 }),
  points: Type.Array(Type.Number(), { maxItems: MOST_POINTS }),
});
/** CVAT calls functions without `supported_shape_types` with bare points of a rectangle. */
const BarePoints = Type.Array(Type.Number(), { minItems: 4, maxItems: 4 });
const State = Type.Object({
  id: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  v: Type.Integer({ minimum: 0 }),
});
const Image = Type.String({ minLength: 1 });

const TrackCall = Type.Object({
  image: Image,
  shapes: Type.Optional(Type.Union([Type.Null(), Type.Array(Type.Union([Type.Null(), Shape, BarePoints]))])),
  states: Type.Optional(Type.Union([Type.Null(), Type.Array(Type.Union([Type.Null(), State]))])),
});

const Point = Type.Array(Type.Number(), { minItems: 2, maxItems: 2 });
const Points = Type.Array(Point, { maxItems: 1_000 });
const InteractCall = Type.Object({
  image: Image,
  pos_points: Points,
  neg_points: Type.Optional(Type.Union([Type.Null(), Points])),
  /** Two corners, as CVAT's interactors get it. */
  obj_bbox: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Array(Point, { minItems: 2, maxItems: 2 }),
      BarePoints,
      Type.Array(Point, { maxItems: 0 }),
    ]),
  ),
});

export type StateRef = Static<typeof State>;

export type TrackRequest = {
  readonly kind: 'track';
  readonly image: Buffer;
  /** By the place in the answer. */
  readonly objects: readonly (
    | { readonly start: TrackableShape; readonly bare: boolean }
    | { readonly state: StateRef }
  )[];
};

export type InteractRequest = {
  readonly kind: 'interact';
  readonly image: Buffer;
  readonly positive: readonly (readonly [number, number])[];
  readonly negative: readonly (readonly [number, number])[];
  readonly box: readonly [number, number, number, number] | null;
};

const checkTrack = Compile(TrackCall);
const checkInteract = Compile(InteractCall);

/** The body of a call by CVAT's lambda manager. Throws CallError 'bad-request' that names the member. */
export function readCall(body: Uint8Array): TrackRequest | InteractRequest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw bad('The body is not JSON.', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('The body is not a JSON object.');
  return 'pos_points' in value ? readInteract(value) : readTrack(value);
}

function readTrack(value: unknown): TrackRequest {
  if (!checkTrack.Check(value)) throw bad(explain(checkTrack, value));
  const [shapes, states] = [value.shapes ?? [], value.states ?? []];
  const count = Math.max(shapes.length, states.length);
  if (count === 0) throw bad('The call has neither shapes nor states.');
  if (count > MOST_OBJECTS)
    throw new CallError('too-large', `The call has ${count} objects; ${MOST_OBJECTS} at most go in one call.`);
  const seen = new Set<string>();
  const objects = Array.from({ length: count }, (_, i): TrackRequest['objects'][number] => {
    const [state, shape] = [states[i], shapes[i]];
    if (state) {
      if (seen.has(state.id)) throw bad(`states[${i}] occurs twice in this call.`);
      seen.add(state.id);
      return { state };
    }
    if (!shape) throw bad(`Object ${i} has neither a shape nor a state.`);
    return Array.isArray(shape)
      ? { start: { type: 'rectangle', points: shape as number[] }, bare: true }
      : { start: shape as TrackableShape, bare: false };
  });
  return { kind: 'track', image: readImage(value.image), objects };
}

function readInteract(value: unknown): InteractRequest {
  if (!checkInteract.Check(value)) throw bad(explain(checkInteract, value));
  const box = (value.obj_bbox ?? []).flat() as number[];
  const [x0, y0, x1, y1] = box as [number, number, number, number];
  if (value.pos_points.length === 0 && box.length === 0) throw bad('The call has neither a positive point nor a box.');
  return {
    kind: 'interact',
    image: readImage(value.image),
    positive: value.pos_points as [number, number][],
    negative: (value.neg_points ?? []) as [number, number][],
    box: box.length === 4 ? [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)] : null,
  };
}

function readImage(text: string): Buffer {
  // Some callers send a data URL.
  const base64 = text.startsWith('data:') ? text.slice(text.indexOf(',') + 1) : text;
  const image = Buffer.from(base64, 'base64');
  if (image.length === 0) throw bad('image is not base64.');
  return image;
}

function explain(
  validator: { Errors(value: unknown): Iterable<{ instancePath: string; message: string }> },
  value: unknown,
): string {
  const [first] = validator.Errors(value);
  const place = first?.instancePath.slice(1).replaceAll('/', '.') || 'The body';
  return `${place}: ${first?.message ?? 'is not what it must be'}.`;
}

function bad(message: string, cause?: unknown): CallError {
  return new CallError('bad-request', message, { cause });
}
