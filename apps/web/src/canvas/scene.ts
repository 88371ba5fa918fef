import type { Box } from '@roto/geometry';
import type { FrameNumber, Geometry, Uid } from '../document/records.ts';
import { boundsOf } from '../outline/shape.ts';
import type { Size } from './points.ts';

/** One object as it is on the frame in view. */
export type SceneItem = {
  readonly uid: Uid;
  readonly kind: 'shape' | 'track';
  readonly geometry: Geometry;
  readonly label: number;
  /** Label and number, as the list shows them. */
  readonly name: string;
  /** CSS colour `#rrggbb`. */
  readonly color: string;
  readonly z: number;
  /** Can be selected, not changed. */
  readonly locked: boolean;
  /** Can be changed, not moved as a whole. */
  readonly pinned: boolean;
  readonly occluded: boolean;
  readonly group: number;
  /** Is there a keyframe on this frame? Always true for shapes. */
  readonly isKeyframe: boolean;
  /** Frame of the first keyframe, or of the shape. */
  readonly startsAt: FrameNumber;
};

/** What there is to see on one frame: objects that are hidden, outside or filtered out are not in it. */
export type Scene = {
  readonly frame: FrameNumber;
  readonly size: Size;
  /** From the lowest to the highest; what is drawn later covers what is drawn before. */
  readonly items: readonly SceneItem[];
};

export function findItem(scene: Scene, uid: Uid | undefined): SceneItem | undefined {
  return uid === undefined ? undefined : scene.items.find((item) => item.uid === uid);
}

export function itemsOf(scene: Scene, uids: readonly Uid[]): readonly SceneItem[] {
  const wanted = new Set(uids);
  return scene.items.filter((item) => wanted.has(item.uid));
}

/** Do both boxes share a point? */
export function boxesMeet(a: Box, b: Box): boolean {
  return a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1;
}

export function boxInside(inner: Box, outer: Box): boolean {
  return inner.x0 >= outer.x0 && inner.y0 >= outer.y0 && inner.x1 <= outer.x1 && inner.y1 <= outer.y1;
}

/** Box around all items; undefined when there are none. */
export function boundsOfItems(items: readonly SceneItem[]): Box | undefined {
  if (items.length === 0) return undefined;
  let { x0, y0, x1, y1 } = boundsOf(items[0]!.geometry);
  for (const item of items) {
    const box = boundsOf(item.geometry);
    x0 = Math.min(x0, box.x0);
    y0 = Math.min(y0, box.y0);
    x1 = Math.max(x1, box.x1);
    y1 = Math.max(y1, box.y1);
  }
  return { x0, y0, x1, y1 };
}
