import {
  BadFunctionError,
  BadRequestError,
  type InteractionFunctionSpec,
  type InteractionPrompts,
} from '@roto/functions';
import { checked } from '@roto/wire';
import { Type } from 'typebox';
import type { Doing, Params, Work } from './work.ts';

const point = Type.Tuple([Type.Number(), Type.Number()]);
const Interact = Type.Object({
  task: Type.Integer(),
  frame: Type.Integer({ minimum: 0 }),
  pos_points: Type.Array(point),
  neg_points: Type.Array(point),
  obj_bbox: Type.Array(point),
  roi: Type.Optional(Type.Union([Type.Array(Type.Integer(), { minItems: 4, maxItems: 4 }), Type.Null()])),
});

/** `interact`: the object that points and a box are about. */
export async function interact(work: Work, params: Params, { signal }: Doing): Promise<object> {
  const { task, frame, pos_points, neg_points, obj_bbox, roi } = checked(Interact, params, 'interact');
  const { spec, inference, pictures } = work;
  if (spec.kind !== 'interactor') throw new BadRequestError("unsupported type: 'interact'");
  if (obj_bbox.length !== 0 && obj_bbox.length !== 2) throw new BadRequestError('a bounding box has two points');
  const prompts: InteractionPrompts = {
    posPoints: pos_points,
    negPoints: neg_points,
    boundingBox: obj_bbox.length === 2 ? [obj_bbox[0]!, obj_bbox[1]!] : null,
  };
  checkPrompts(spec, prompts);
  const key = JSON.stringify([task, frame, roi ?? null]);
  let { shapes } = await inference.call('interact', { key, image: null, frame, prompts });
  if (!shapes) {
    const media = await pictures.media(task, signal);
    const image = await pictures.get(media, frame, signal);
    const file = { path: image.path, ...(roi && { roi }) };
    shapes = (await inference.call('interact', { key, image: file, frame, prompts })).shapes ?? [];
  }
  return {
    shapes: shapes.map(({ type, points, attributes = [] }) => {
      for (const { specId } of attributes)
        if (specId !== 0) throw new BadFunctionError(`${specId} is not one of InteractionResultAttributes members`);
      return { type, points, attributes: attributes.map(({ specId, value }) => ({ spec_id: specId, value })) };
    }),
  };
}

function checkPrompts(spec: InteractionFunctionSpec, { posPoints, negPoints, boundingBox }: InteractionPrompts): void {
  if (posPoints.length < spec.minPosPoints) throw new BadRequestError('not enough positive points');
  const least = spec.minNegPoints ?? null;
  if (least === null && negPoints.length > 0) throw new BadRequestError('negative points are not supported');
  if (least !== null && negPoints.length < least) throw new BadRequestError('not enough negative points');
  const boxes = spec.minBoundingBoxes ?? null;
  if (boxes === null && boundingBox) throw new BadRequestError('bounding boxes are not supported');
  if (boxes === 1 && !boundingBox) throw new BadRequestError('a bounding box is required');
}
