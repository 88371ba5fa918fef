import {
  createMask,
  decodeRle,
  decompressRle,
  type Mask,
  maskToCvatPoints,
  rasterisePolygon,
  ringToFlat,
} from '@roto/geometry';
import { usageError } from '../errors.ts';
import type { ObjectPlan, PromptShape } from '../prompts/plan.ts';
import { readMask } from '../prompts/resolve.ts';

/** An outline on a frame as the server takes it: one keyframe of a new track. */
export type Outline = {
  readonly frame: number;
  readonly type: 'polygon' | 'rectangle' | 'mask';
  readonly points: readonly number[];
  readonly outside: boolean;
};

type Shape = Pick<Outline, 'type' | 'points'>;
type Size = { readonly width: number; readonly height: number };

/**
 * The keyframes of the track that says what `plan` says. Rings with holes, several rings, and objects that are outlined in
 * different ways become masks, since the shapes of a track are of one type.
 * @throws a usage error for clicks, which a run on a server cannot begin with
 */
export async function outlinesOf(plan: ObjectPlan, size: Size): Promise<Outline[]> {
  const shapes = new Map<number, Shape | null>();
  for (const { frame, shape } of plan.prompts) shapes.set(frame, await shapeOf(shape, size));
  const given = [...shapes.values()].filter((shape) => shape !== null);
  const first = given[0];
  if (!first) throw usageError(`Object ${plan.id} is nowhere to be seen; give it an outline on some frame.`);
  const isMixed = given.some(({ type }) => type !== first.type);
  const same = (shape: Shape): Shape => (isMixed ? toMask(shape, size) : shape);
  return [...shapes]
    .sort(([a], [b]) => a - b)
    .map(([frame, shape]) => ({ frame, ...same(shape ?? first), outside: shape === null }));
}

async function shapeOf(shape: PromptShape, size: Size): Promise<Shape | null> {
  switch (shape.kind) {
    case 'absent':
      return null;
    case 'polygon': {
      const [only, ...more] = shape.region;
      if (only && more.length === 0 && only.holes.length === 0)
        return { type: 'polygon', points: ringToFlat(only.outer) };
      return maskShape(rasterisePolygon(shape.region, size.width, size.height));
    }
    case 'box': {
      if (shape.points.length > 0) throw clicks();
      const { x0, y0, x1, y1 } = shape.box;
      return { type: 'rectangle', points: [x0, y0, x1, y1] };
    }
    case 'mask-file': {
      const mask = await readMask(shape.path);
      checkSize(mask, size, shape.path);
      return maskShape(mask);
    }
    case 'rle': {
      const [height, width] = shape.rle.size;
      checkSize({ width, height }, size, 'The mask of the run lengths (rle)');
      return maskShape(decodeRle(decompressRle(shape.rle)));
    }
    case 'points':
      throw clicks();
  }
}

/** Why clicks cannot begin a run. */
export const clicks = (): Error =>
  usageError(
    'A run on a server begins with outlines and not with clicks. Give --polygon, --box or --mask; `roto track` takes clicks.',
  );

function maskShape(mask: Mask): Shape {
  if (!mask.data.includes(1)) throw usageError('A mask is empty, so there is nothing to follow.');
  return { type: 'mask', points: maskToCvatPoints(mask) };
}

function toMask({ type, points }: Shape, { width, height }: Size): Shape {
  if (type === 'mask') return { type, points };
  if (type === 'polygon') {
    const outer = Array.from({ length: points.length / 2 }, (_, i): [number, number] => [
      points[2 * i]!,
      points[2 * i + 1]!,
    ]);
    return maskShape(rasterisePolygon([{ outer, holes: [] }], width, height));
  }
  const mask = createMask(width, height);
  const [x0, y0, x1, y1] = points.map(Math.round) as [number, number, number, number];
  for (let y = Math.max(0, y0); y < Math.min(height, y1); y++)
    mask.data.fill(1, y * width + Math.max(0, x0), y * width + Math.min(width, x1));
  return maskShape(mask);
}

function checkSize(mask: Size, { width, height }: Size, what: string): void {
  if (mask.width === width && mask.height === height) return;
  throw usageError(`${what} is ${mask.width} × ${mask.height}, but the frames of the task are ${width} × ${height}.`);
}
