import { type ImagePoint, imagePoint, rounded } from '../canvas/points.ts';
import { boxesMeet } from '../canvas/scene.ts';
import type { Uid } from '../document/records.ts';
import { nearestEdge, nearestVertex } from '../outline/measure.ts';
import type { Outline } from '../outline/rings.ts';
import { boundsOf, outlinesOf } from '../outline/shape.ts';
import type { Keys, ToolContext } from './tool.ts';

/** CSS pixels. */
const TO_POINT = 8;
const TO_BORDER = 6;

export type Snapped = {
  /** Equal to the bit with the vertex that it was taken from. */
  readonly point: ImagePoint;
  readonly to: 'vertex' | 'edge' | 'border' | undefined;
};

/** Where a point is set: on a foreign vertex or edge (when chosen), on the border of the frame, else at 1/100 of a pixel. */
export function snap(point: ImagePoint, keys: Keys, context: ToolContext, except: readonly Uid[] = []): Snapped {
  if (keys.ctrl) return { point: rounded(point), to: undefined };
  if (context.options.snapToPoint) {
    const rings = ringsNear(point, TO_POINT / context.scale, context, except).flatMap((near) => near.rings);
    const vertex = nearestVertex(rings, point);
    if (vertex && vertex.distance * context.scale <= TO_POINT)
      return { point: rings[vertex.ring]![vertex.vertex]!, to: 'vertex' };
    const edge = nearestEdge(rings, point);
    if (edge && edge.distance * context.scale <= TO_POINT) return { point: rounded(edge.point), to: 'edge' };
  }
  const { width, height } = context.scene.size;
  const reach = TO_BORDER / context.scale;
  const x = near(point[0], 0, reach) ?? near(point[0], width, reach);
  const y = near(point[1], 0, reach) ?? near(point[1], height, reach);
  if (x === undefined && y === undefined) return { point: rounded(point), to: undefined };
  return { point: rounded(imagePoint(x ?? point[0], y ?? point[1])), to: 'border' };
}

/** Polygons (and turned boxes) whose box comes within `reach` image pixels of the point. */
export function ringsNear(
  point: ImagePoint,
  reach: number,
  context: ToolContext,
  except: readonly Uid[],
): readonly { readonly uid: Uid; readonly rings: readonly Outline[] }[] {
  const around = { x0: point[0] - reach, y0: point[1] - reach, x1: point[0] + reach, y1: point[1] + reach };
  return context.scene.items
    .filter(
      ({ uid, geometry }) =>
        !except.includes(uid) &&
        (geometry.kind === 'polygon' || geometry.kind === 'rectangle') &&
        boxesMeet(boundsOf(geometry), around),
    )
    .map(({ uid, geometry }) => ({ uid, rings: outlinesOf(geometry) }));
}

function near(value: number, border: number, reach: number): number | undefined {
  return Math.abs(value - border) <= reach ? border : undefined;
}
