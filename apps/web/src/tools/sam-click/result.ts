import { type Mask, rasterisePolygon, subtractMasks, unionMasks } from '@roto/geometry';
import type { Size } from '../../canvas/points.ts';
import { findItem, type SceneItem } from '../../canvas/scene.ts';
import type { Geometry, MaskGeometry } from '../../document/records.ts';
import { areaOfRuns, geometryOfMask, maskOfGeometry } from '../../masks/runs.ts';
import { boundsOf, outlinesOf } from '../../outline/shape.ts';
import type { ToolContext } from '../tool.ts';
import type { SamState, Target } from './state.ts';

/** From this share of the frame on a mask is taken for the whole frame, which is nobody's object. */
const WHOLE = 0.98;

export function coversFrame(mask: MaskGeometry, size: Size): boolean {
  return areaOfRuns(mask) >= WHOLE * size.width * size.height;
}

/** The answer put together with the object that it is for. Undefined when nothing is left. */
export function combined(
  mask: MaskGeometry,
  target: Target | undefined,
  context: ToolContext,
): MaskGeometry | undefined {
  const item = findItem(context.scene, target?.uid);
  if (!target || !item || target.how === 'replace') return mask;
  const { size } = context.scene;
  const own = rasterised(item.geometry, size);
  const answer = maskOfGeometry(mask, size);
  return geometryOfMask(target.how === 'add' ? unionMasks(own, answer) : subtractMasks(own, answer));
}

/** In which form the answer is stored: that of the object that it is for, else what the person chose. */
export function formOf({ target }: SamState, context: ToolContext): 'mask' | 'polygon' | 'rectangle' {
  const item = findItem(context.scene, target?.uid);
  if (item?.geometry.kind === 'polygon' || item?.geometry.kind === 'rectangle') return item.geometry.kind;
  if (item) return 'mask';
  return context.options.interactor.asPolygon ? 'polygon' : 'mask';
}

export function boxOfMask(mask: MaskGeometry): Geometry {
  const { x0, y0, x1, y1 } = boundsOf(mask);
  return { kind: 'rectangle', left: x0, top: y0, right: x1, bottom: y1, rotation: 0 };
}

/** Objects whose shape an answer can replace. */
export function canBeTarget(item: SceneItem | undefined): item is SceneItem {
  return (
    item !== undefined &&
    !item.locked &&
    (item.geometry.kind === 'mask' || item.geometry.kind === 'polygon' || item.geometry.kind === 'rectangle')
  );
}

function rasterised(geometry: Geometry, { width, height }: Size): Mask {
  if (geometry.kind === 'mask') return maskOfGeometry(geometry, { width, height });
  const [outer = [], ...holes] = outlinesOf(geometry);
  return rasterisePolygon([{ outer, holes }], width, height);
}
