import { clamped, type ImagePoint, imagePoint, moved, rounded } from '../../canvas/points.ts';
import { findItem } from '../../canvas/scene.ts';
import type { Geometry } from '../../document/records.ts';
import { boundsOf } from '../../outline/shape.ts';
import { rotatedBy } from '../../reshape/moving.ts';
import { resizedBox, resizedPoints } from '../../reshape/resizing.ts';
import { hasRef, mapVertices, verticesOf } from '../../reshape/vertices.ts';
import { finished } from '../finished.ts';
import { snap } from '../snapping.ts';
import type { Keys, Step, ToolContext, ToolEvent } from '../tool.ts';
import { IDLE, type SelectState, type Shaping } from './state.ts';

/** CSS pixels: a handle that was moved less was only clicked. */
const START = 2;

/** A handle is dragged: points, a side or corner, or the knob that turns. */
export function reduceShaping(
  state: SelectState,
  mode: Shaping,
  event: ToolEvent,
  context: ToolContext,
): Step<SelectState> {
  switch (event.type) {
    case 'move': {
      if (event.travel < START) return { state: { ...state, pointer: event.point } };
      return { state: withPointer(state, mode, event.point, event.keys, context) };
    }
    case 'keys':
      return { state: state.pointer ? withPointer(state, mode, state.pointer, event.keys, context) : state };
    case 'up': {
      const next = event.travel < START ? mode : shaped(mode, event.point, event.keys, context);
      return commit(state, next, context);
    }
    case 'cancel':
    case 'undo':
      return { state: { ...state, mode: IDLE } };
    default:
      return { state };
  }
}

function withPointer(state: SelectState, mode: Shaping, at: ImagePoint, keys: Keys, context: ToolContext): SelectState {
  return { ...state, pointer: at, keys, mode: shaped(mode, at, keys, context) };
}

function shaped(mode: Shaping, at: ImagePoint, keys: Keys, context: ToolContext): Shaping {
  return { ...mode, now: geometryAt(mode, at, keys, context) };
}

function geometryAt({ grip, base, from, uid }: Shaping, at: ImagePoint, keys: Keys, context: ToolContext): Geometry {
  const { size } = context.scene;
  switch (grip.kind) {
    case 'vertices': {
      const first = grip.refs[0]!;
      if (grip.refs.length === 1) {
        const to = snap(clamped(at, size), keys, context, [uid]).point;
        return mapVertices(base, (point, ref) => (hasRef([first], ref) ? to : point));
      }
      const [dx, dy] = [at[0] - from[0], at[1] - from[1]];
      return mapVertices(base, (point, ref) =>
        hasRef(grip.refs, ref) ? clamped(rounded(moved(point, dx, dy)), size) : point,
      );
    }
    case 'resize': {
      const resizeKeys = { ratio: keys.shift, centred: keys.alt };
      if (base.kind === 'rectangle' || base.kind === 'ellipse') return resizedBox(base, grip.handle, at, resizeKeys);
      return resizedPoints(base, boundsOf(base), grip.handle, at, resizeKeys);
    }
    case 'rotate': {
      const box = boundsOf(base);
      const middle = [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2] as const;
      const angle = (p: ImagePoint): number => Math.atan2(p[1] - middle[1], p[0] - middle[0]);
      const turned = ((angle(at) - angle(from)) * 180) / Math.PI;
      const before = 'rotation' in base ? base.rotation : 0;
      const whole = keys.shift ? Math.round((before + turned) / 15) * 15 - before : turned;
      return rotatedBy(base, whole, middle);
    }
  }
}

function commit(state: SelectState, mode: Shaping, context: ToolContext): Step<SelectState> {
  const idle = { ...state, mode: IDLE, hot: undefined };
  const before = findItem(context.scene, mode.uid);
  const isInsert = mode.grip.kind === 'vertices' && mode.grip.inserted;
  if (!before || (mode.now === mode.base && !isInsert)) return { state: idle };
  const result = finished(mode.now, context.scene.size);
  if (result.problem) return { state: idle, effects: [{ type: 'say', message: result.problem }] };
  return {
    state: idle,
    commits: [
      {
        step: mode.grip.kind === 'rotate' ? 'rotation' : 'points',
        changes: [{ kind: 'reshape', uid: mode.uid, geometry: result.geometry }],
      },
    ],
  };
}

/** The chosen points moved by whole steps of the arrow keys. */
export function nudgedPoints(
  geometry: Geometry,
  refs: Parameters<typeof hasRef>[0],
  dx: number,
  dy: number,
  context: ToolContext,
): Geometry {
  return mapVertices(geometry, (point, ref) =>
    hasRef(refs, ref) ? clamped(rounded(imagePoint(point[0] + dx, point[1] + dy)), context.scene.size) : point,
  );
}

export function pointsIn(geometry: Geometry, a: ImagePoint, b: ImagePoint): Parameters<typeof hasRef>[0] {
  const inside = ([x, y]: ImagePoint): boolean =>
    x >= Math.min(a[0], b[0]) && x <= Math.max(a[0], b[0]) && y >= Math.min(a[1], b[1]) && y <= Math.max(a[1], b[1]);
  return verticesOf(geometry).flatMap((outline, ring) =>
    outline.flatMap((point, vertex) => (inside(point) ? [{ ring, vertex }] : [])),
  );
}
