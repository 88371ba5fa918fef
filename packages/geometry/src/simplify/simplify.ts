import { traceMaskApart } from '../contour.ts';
import { GeometryError } from '../errors.ts';
import { type Mask, maskBounds } from '../mask.ts';
import { maskIou } from '../mask-algebra.ts';
import { cropMask } from '../mask-resample.ts';
import { countPoints, type MultiPolygon, type Point, type Polygon, type Ring, ringArea } from '../polygon.ts';
import { rasterisePolygon } from '../rasterise.ts';
import { outlineOf, ringOf, ringsOf } from './outline.ts';
import { refine } from './refine.ts';
import { type Score, scoreOf } from './score.ts';
import { thin } from './thin.ts';

export type SimplifyOptions = {
  /** The rasterised polygon has at least this IoU with the mask; 0…1. */
  readonly minIou: number;
  /** Parts and holes of fewer pixels are dropped, smallest first, while half of the allowed loss covers it. Default 0. */
  readonly minPartArea?: number;
};

export type Simplified = {
  readonly polygon: MultiPolygon;
  /** IoU of the mask and `rasterisePolygon(polygon)`, measured, not estimated; at least `minIou`. */
  readonly iou: number;
  /** Vertices of all rings. */
  readonly points: number;
};

/** Share of the budget that the coarse pass may use: it is quick, and what it spoils the fine pass mends. */
const COARSE_SHARE = 0.35;

/** How far outside of the mask's box a vertex may lie, in pixels. */
const MARGIN = 16;

/** More points than this after the coarse pass: the mask is noise, and the coarse pass goes on alone to the end. */
const FINE_LIMIT = 3000;

/**
 * A polygon of few points whose rasterisation keeps IoU ≥ `minIou` with the mask. Parts (joined by edges or corners)
 * and holes survive, no ring touches itself or another, so that every part is a valid polygon; vertices lie on quarter
 * pixels inside the picture and may leave the outline.
 *
 * Points go one by one, cheapest first, by their exact cost in pixels (simplify/score.ts), while their neighbours move
 * to make up for it; there is no tolerance in pixels to choose. The number of points is small, not proven least.
 * An empty mask gives no parts and IoU 1. Throws 'bound'.
 */
export function simplifyMask(mask: Mask, options: SimplifyOptions): Simplified {
  const { minIou, minPartArea = 0 } = options;
  if (!(minIou >= 0 && minIou <= 1))
    throw new GeometryError('bound', `The IoU bound is ${minIou}; it must be a number from 0 to 1, such as 0.95.`);
  const bounds = maskBounds(mask);
  if (!bounds) return { polygon: [], iou: 1, points: 0 };
  // All work is done on the object and a margin around it: most objects are small in their picture.
  const room = {
    x0: Math.max(0, bounds.x0 - MARGIN),
    y0: Math.max(0, bounds.y0 - MARGIN),
    x1: Math.min(mask.width, bounds.x1 + MARGIN),
    y1: Math.min(mask.height, bounds.y1 + MARGIN),
  };
  const { polygon, iou } = simplifyCropped(cropMask(mask, room), minIou, minPartArea);
  const shift = (ring: Ring): Ring => ring.map(([x, y]): Point => [x + room.x0, y + room.y0]);
  const shifted = polygon.map((part) => ({ outer: shift(part.outer), holes: part.holes.map(shift) }));
  return { polygon: shifted, iou, points: countPoints(shifted) };
}

function simplifyCropped(mask: Mask, minIou: number, minPartArea: number): { polygon: MultiPolygon; iou: number } {
  const exact = traceMaskApart(mask);
  const score = scoreOf(mask, minIou);
  // The score adds floats, and crossings near a tie are told by a hair: the measured IoU is what counts. Should it
  // miss the bound, the budget is made smaller by what was missing, and then some.
  let budget = score.budget;
  for (let attempt = 0; attempt < 3 && budget >= 0; attempt++) {
    const polygon = reduce(exact, { ...score, budget }, minPartArea, minIou);
    const iou = maskIou(mask, rasterisePolygon(polygon, mask.width, mask.height));
    if (iou >= minIou) return { polygon, iou };
    budget -= 2 * (minIou - iou) * score.area + 1;
  }
  return { polygon: exact, iou: 1 };
}

function reduce(exact: MultiPolygon, score: Score, minPartArea: number, minIou: number): MultiPolygon {
  const kept = dropSmall(exact, score.budget / 2, minPartArea, minIou);
  const rings = ringsOf(kept);
  const outline = outlineOf(rings);
  const loss = thin(outline, score, score.budget * COARSE_SHARE);
  if (outline.alive.reduce((sum, alive) => sum + alive, 0) <= FINE_LIMIT) refine(outline, score, loss);
  else thin(outline, score, score.budget);
  let r = 0;
  return kept.map((part) => ({ outer: ringOf(outline, r++), holes: part.holes.map(() => ringOf(outline, r++)) }));
}

/** Leaves out parts and holes below `minArea` pixels, smallest first, for a loss of at most `limit`. */
function dropSmall(region: MultiPolygon, limit: number, minArea: number, minIou: number): MultiPolygon {
  if (minArea <= 0) return region;
  const small: { area: number; loss: number; drop: () => void }[] = [];
  const parts: (Polygon | undefined)[] = region.map((part) => ({ outer: part.outer, holes: [...part.holes] }));
  for (const [p, part] of region.entries()) {
    const holes = part.holes.map((ring) => -ringArea(ring));
    const area = ringArea(part.outer) - holes.reduce((sum, hole) => sum + hole, 0);
    if (area < minArea) {
      small.push({ area, loss: area, drop: () => (parts[p] = undefined) });
      continue;
    }
    for (const [h, hole] of holes.entries())
      if (hole < minArea)
        small.push({
          area: hole,
          loss: minIou * hole,
          drop: () => {
            const rest = parts[p]!.holes.filter((ring) => ring !== part.holes[h]);
            parts[p] = { outer: part.outer, holes: rest };
          },
        });
  }
  let loss = 0;
  for (const piece of small.sort((a, b) => a.area - b.area)) {
    loss += piece.loss;
    if (loss > limit) break;
    piece.drop();
  }
  return parts.filter((part) => part !== undefined);
}
