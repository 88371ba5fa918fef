import {
  joinRings,
  largestComponent,
  type Mask,
  rasterisePolygon,
  ringToFlat,
  simplifyMask,
  traceMask,
} from '@roto/geometry';

export type OutlineOptions = {
  /** Least IoU of a polygon with its mask; default 0.95. */
  readonly minIou?: number;
  /**
   * A CVAT polygon is one ring. 'all' (default) joins holes and parts to it by bridges of no width, so that the bound
   * holds for the whole mask; 'largest' writes the outer ring of the largest part, and the bound is that of this part
   * with its holes filled.
   */
  readonly parts?: 'all' | 'largest';
};

/** A mask as CVAT's one-ring polygon, `[x1, y1, …]`; null for an empty mask. The one rule for all that we write. */
export function maskOutline(mask: Mask, options: OutlineOptions = {}): number[] | null {
  if (!mask.data.includes(1)) return null;
  const { polygon } = simplifyMask(options.parts === 'largest' ? filledLargest(mask) : mask, {
    minIou: options.minIou ?? 0.95,
  });
  return ringToFlat(joinRings(polygon));
}

/** The largest part, its holes filled: one ring is all of it. */
function filledLargest(mask: Mask): Mask {
  const [part] = traceMask(largestComponent(mask, 8), 8);
  return rasterisePolygon([{ outer: part!.outer, holes: [] }], mask.width, mask.height);
}
