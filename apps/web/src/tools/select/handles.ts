import { distance, type ImagePoint, imagePoint } from '../../canvas/points.ts';
import type { SceneItem } from '../../canvas/scene.ts';
import type { Geometry } from '../../document/records.ts';
import { type BoxFrame, boundsOf, frameOf, fromFrame } from '../../outline/shape.ts';
import { RESIZE_HANDLES, type ResizeHandle } from '../../reshape/resizing.ts';
import { type VertexRef, verticesOf } from '../../reshape/vertices.ts';
import type { HandleMark } from '../preview.ts';

export type Handle =
  | { readonly kind: 'vertex'; readonly at: ImagePoint; readonly ref: VertexRef }
  | { readonly kind: 'resize'; readonly at: ImagePoint; readonly handle: ResizeHandle }
  | { readonly kind: 'rotate'; readonly at: ImagePoint };

/** CSS pixels between the box and the knob that turns it. */
const KNOB = 24;

/** Handles of the selected object; `boxed` puts a box to scale and turn around figures of points. */
export function handlesOf(item: SceneItem, scale: number, boxed: boolean): readonly Handle[] {
  if (item.locked) return [];
  const { geometry } = item;
  if (geometry.kind === 'rectangle') return boxHandles(frameOf(geometry), scale, RESIZE_HANDLES);
  if (geometry.kind === 'ellipse')
    return boxHandles(
      frameOf(geometry),
      scale,
      RESIZE_HANDLES.filter(({ h, v }) => h === 0 || v === 0),
    );
  if (boxed && isScalable(geometry)) return boxHandles(frameAround(geometry), scale, RESIZE_HANDLES);
  return verticesOf(geometry).flatMap((outline, ring) =>
    outline.map((at, vertex): Handle => ({ kind: 'vertex', at, ref: { ring, vertex } })),
  );
}

export function isScalable(geometry: Geometry): boolean {
  return geometry.kind === 'polygon' || geometry.kind === 'polyline' || geometry.kind === 'skeleton';
}

/** The nearest handle within `reach` image pixels: points first, then the knob, then the sides. */
export function handleAt(handles: readonly Handle[], point: ImagePoint, reach: number): Handle | undefined {
  const order = { vertex: 0, rotate: 1, resize: 2 };
  return handles
    .map((handle) => ({ handle, distance: distance(handle.at, point) }))
    .filter((each) => each.distance <= reach)
    .sort((a, b) => order[a.handle.kind] - order[b.handle.kind] || a.distance - b.distance)[0]?.handle;
}

export function sameHandle(a: Handle | undefined, b: Handle | undefined): boolean {
  if (a?.kind === 'vertex' && b?.kind === 'vertex') return a.ref.ring === b.ref.ring && a.ref.vertex === b.ref.vertex;
  if (a?.kind === 'resize' && b?.kind === 'resize') return a.handle.h === b.handle.h && a.handle.v === b.handle.v;
  return a?.kind === b?.kind;
}

export function markOf(handle: Handle, isHot: boolean, isSelected: boolean, geometry: Geometry): HandleMark {
  const kind = handle.kind === 'vertex' && geometry.kind === 'skeleton' ? 'joint' : handle.kind;
  return { at: handle.at, kind, isHot, isSelected };
}

export function frameAround(geometry: Geometry): BoxFrame {
  const box = boundsOf(geometry);
  return {
    x: (box.x0 + box.x1) / 2,
    y: (box.y0 + box.y1) / 2,
    halfWidth: (box.x1 - box.x0) / 2,
    halfHeight: (box.y1 - box.y0) / 2,
    radians: 0,
  };
}

function boxHandles(frame: BoxFrame, scale: number, handles: readonly ResizeHandle[]): readonly Handle[] {
  const at = ({ h, v }: ResizeHandle): ImagePoint => fromFrame(frame, h * frame.halfWidth, v * frame.halfHeight);
  const knob = fromFrame(frame, 0, -frame.halfHeight - KNOB / scale);
  return [
    ...handles.map((handle): Handle => ({ kind: 'resize', at: at(handle), handle })),
    { kind: 'rotate', at: imagePoint(knob[0], knob[1]) },
  ];
}
