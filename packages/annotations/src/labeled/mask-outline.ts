import {
  joinRings,
  joinRingsNarrowly,
  largestComponent,
  type Mask,
  type MultiPolygon,
  maskIou,
  type Point,
  type Ring,
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

/** Widths of bridges, and shares of the loss that the bound allows which are left to them. */
const ATTEMPTS = [
  { width: 2 ** -6, left: 0 },
  { width: 2 ** -8, left: 0 },
  { width: 2 ** -8, left: 0.5 },
  { width: 2 ** -8, left: 1 },
] as const;

/**
 * A mask as one ring that touches itself nowhere, which is a valid polygon for every reader: parts and holes are joined by
 * bridges of a sixty-fourth of a pixel, narrower where the bound asks for it. For files that hold one ring for an
 * object. In noise of some twenty pixels a bridge can cost one of them, and with it the bound. Undefined for an empty mask.
 */
export function maskRing(mask: Mask, minIou: number): Ring | undefined {
  if (!mask.data.includes(1)) return undefined;
  return best(mask, minIou, (region, width) => [joinRingsNarrowly(region, width)])[0];
}

/**
 * A mask as polygons, a valid one for each part, its holes joined to it by narrow bridges: for files that hold several rings
 * for an object, but no holes. The bound is that of the whole.
 */
export function maskRings(mask: Mask, minIou: number): Ring[] {
  return best(mask, minIou, (region, width) => region.map((part) => joinRingsNarrowly([part], width)));
}

/** The rings of the first attempt that keeps the bound, else those of the attempt that comes nearest to it. */
function best(mask: Mask, minIou: number, join: (region: MultiPolygon, width: number) => Ring[]): Ring[] {
  let found: { rings: Ring[]; iou: number } | undefined;
  for (const { width, left } of ATTEMPTS) {
    const { polygon } = simplifyMask(mask, { minIou: minIou + left * (1 - minIou) });
    const rings = join(polygon, width).map(onGrid);
    const drawn = rings.map((outer) => ({ outer, holes: [] }));
    const iou = maskIou(mask, rasterisePolygon(drawn, mask.width, mask.height));
    if (!found || iou > found.iou) found = { rings, iou };
    if (iou >= minIou) break;
  }
  return found!.rings;
}

/** What files carry of a coordinate: the bound is measured on that. */
function onGrid(ring: Ring): Ring {
  return ring.map(([x, y]): Point => [Math.round(x * 1e4) / 1e4, Math.round(y * 1e4) / 1e4]);
}

/** The largest part, its holes filled: one ring is all of it. */
function filledLargest(mask: Mask): Mask {
  const [part] = traceMask(largestComponent(mask, 8), 8);
  return rasterisePolygon([{ outer: part!.outer, holes: [] }], mask.width, mask.height);
}
