import { borderDistance, boundsOf, contains } from '../outline/shape.ts';
import type { ImagePoint } from './points.ts';
import type { SceneItem } from './scene.ts';

/**
 * Items under a point, best first. Filled kinds count when the point is inside, lines and points within `tolerance` image
 * pixels. The one whose border is nearest wins, so that a small object inside a large one can be reached; ties go to the
 * higher one.
 */
export function itemsAt(items: readonly SceneItem[], point: ImagePoint, tolerance: number): readonly SceneItem[] {
  const found: { item: SceneItem; border: number; order: number }[] = [];
  for (const [order, item] of items.entries()) {
    const box = boundsOf(item.geometry);
    if (
      point[0] < box.x0 - tolerance ||
      point[0] > box.x1 + tolerance ||
      point[1] < box.y0 - tolerance ||
      point[1] > box.y1 + tolerance
    )
      continue;
    const inside = contains(item.geometry, point);
    const border = borderDistance(item.geometry, point);
    if (inside || (isThin(item) && border <= tolerance)) found.push({ item, border, order });
  }
  found.sort((a, b) => a.border - b.border || b.item.z - a.item.z || b.order - a.order);
  return found.map(({ item }) => item);
}

function isThin(item: SceneItem): boolean {
  return item.geometry.kind === 'polyline' || item.geometry.kind === 'points';
}
