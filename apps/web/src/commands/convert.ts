// Annotation actions on shapes: one kind made of another, and fewer points within a bound on the error.
import { rasterisePolygon } from '@roto/geometry';
import { objectEdits } from '../document/changes.ts';
import type { Edit } from '../document/edit.ts';
import type { Geometry, MaskGeometry, ShapeRecord } from '../document/records.ts';
import { geometryOfMask } from '../masks/runs.ts';
import { boundsOf, outlinesOf } from '../outline/shape.ts';
import { t } from '../texts/en.ts';
import { parseFilter } from '../view/filter.ts';
import { commit, type Desk } from './desk.ts';

export const CONVERSIONS = [
  'mask-polygon',
  'mask-rectangle',
  'polygon-mask',
  'polygon-rectangle',
  'rectangle-mask',
  'rectangle-polygon',
] as const;
export type Conversion = (typeof CONVERSIONS)[number];

/** Makes a polygon of few points of a mask, in a worker. */
export interface PolygonMaker {
  polygonOf(mask: MaskGeometry, size: { width: number; height: number }, iou: number): Promise<Geometry>;
}

/** Shapes of these kinds on these frames that the filter names; the chosen ones where some are chosen. Locked ones stay. */
export function shapesFor(desk: Desk, kinds: readonly string[], first: number, last: number): readonly ShapeRecord[] {
  const { filter, selection } = desk.view.getState();
  const passes = parseFilter(filter, desk.labels, desk.numbers);
  const chosen = new Set(selection);
  return [...desk.store.state.document.objects.values()].flatMap((record) => {
    if (record.kind !== 'shape' || record.locked || record.frame < first || record.frame > last) return [];
    if (!kinds.includes(record.geometry.kind)) return [];
    if (chosen.size > 0 ? !chosen.has(record.uid) : !passes(record)) return [];
    return [record];
  });
}

/** The same area as another kind of shape; undefined where nothing is left of it. */
export async function converted(
  geometry: Geometry,
  to: string,
  size: Desk['size'],
  iou: number,
  maker: PolygonMaker,
): Promise<Geometry | undefined> {
  if (to === 'rectangle') {
    const { x0, y0, x1, y1 } = boundsOf(geometry);
    return { kind: 'rectangle', left: x0, top: y0, right: x1, bottom: y1, rotation: 0 };
  }
  if (geometry.kind === 'mask') return to === 'polygon' ? maker.polygonOf(geometry, size, iou) : geometry;
  if (to === 'mask') return maskOf(geometry, size);
  const [outline = []] = outlinesOf(geometry);
  return { kind: 'polygon', points: outline.flat() };
}

export function maskOf(geometry: Geometry, { width, height }: Desk['size']): MaskGeometry | undefined {
  const [outer, ...holes] = outlinesOf(geometry);
  if (!outer) return undefined;
  return geometryOfMask(rasterisePolygon([{ outer, holes }], width, height));
}

export interface Reshaped {
  readonly record: ShapeRecord;
  readonly geometry: Geometry;
}

/** Polygons of fewer points, each with at least this IoU with the one before. */
export async function simplified(
  records: readonly ShapeRecord[],
  size: Desk['size'],
  iou: number,
  maker: PolygonMaker,
): Promise<readonly Reshaped[]> {
  const found: Reshaped[] = [];
  for (const record of records) {
    const mask = maskOf(record.geometry, size);
    const geometry = mask && (await maker.polygonOf(mask, size, iou));
    if (geometry && pointsOf(geometry) < pointsOf(record.geometry)) found.push({ record, geometry });
  }
  return found;
}

export function pointsOf(geometry: Geometry): number {
  return 'points' in geometry ? geometry.points.length / 2 : 0;
}

/** Puts the new geometries in place of the old ones, in one step of undo. */
export function reshape(desk: Desk, changes: readonly Reshaped[]): boolean {
  const edits = changes.flatMap(({ record, geometry }): readonly Edit[] => [
    { kind: 'set-shape', uid: record.uid, before: { geometry: record.geometry }, after: { geometry } },
    // A label of one kind of shape only does not fit another kind.
    ...labelFor(desk, record, geometry),
  ]);
  return commit(desk, t.steps.action, edits);
}

function labelFor(desk: Desk, record: ShapeRecord, geometry: Geometry): readonly Edit[] {
  const fitting = desk.labels.fitting(geometry.kind);
  const [first] = fitting;
  if (!first || fitting.some(({ id }) => id === record.label)) return [];
  return objectEdits(record, { label: first.id });
}
