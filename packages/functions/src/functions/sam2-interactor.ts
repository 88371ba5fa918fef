import { maskBounds, maskToCvatPoints } from '@roto/geometry';
import type { ImageFeatures } from '@roto/model';
import {
  emptyBank,
  logitsToMask,
  type Prompt,
  predictPrompt,
  recommended,
  TrackerError,
  toModelPrompt,
  trackingRules,
} from '@roto/tracker';
import { BadRequestError } from '../errors.ts';
import type { InteractionFunction, InteractionPrompts } from './interface.ts';
import { type OpenedSam2, preprocessing } from './sam2.ts';

type Prepared = { readonly features: ImageFeatures; readonly width: number; readonly height: number };

/** SAM 2 by clicks and a box: what is the object that they are about? The picture is encoded once, each answer is one decode. */
export function sam2Interactor({ model }: OpenedSam2): InteractionFunction<Prepared> {
  const rules = trackingRules(undefined, recommended(model.config, {}));
  const preprocess = preprocessing(model);
  return {
    spec: { kind: 'interactor', minPosPoints: 0, minNegPoints: 0, minBoundingBoxes: 0 },
    async preprocessImage(_context, image) {
      return { features: await model.encodeImage(preprocess(image)), width: image.width, height: image.height };
    },
    async detect(_context, { features, width, height }, prompts) {
      try {
        const prompt = toModelPrompt(promptOf(prompts), width, height, model.config);
        const { low, iou } = await predictPrompt(model, features, emptyBank, 0, prompt, rules);
        const { mask } = logitsToMask(low, model.config.lowSize, width, height);
        if (!maskBounds(mask)) return [];
        const confidence = String(Math.min(1, Math.max(0, iou)));
        return [{ type: 'mask', points: maskToCvatPoints(mask), attributes: [{ specId: 0, value: confidence }] }];
      } catch (error) {
        if (error instanceof TrackerError) throw new BadRequestError(error.message);
        throw error;
      }
    },
  };
}

function promptOf({ posPoints, negPoints, boundingBox }: InteractionPrompts): Prompt {
  const clicks = (points: InteractionPrompts['posPoints'], positive: boolean) =>
    points.map(([x, y]) => ({ x, y, positive }));
  const points = [...clicks(posPoints, true), ...clicks(negPoints, false)];
  if (!boundingBox) return { kind: 'points', points };
  const [[x0, y0], [x1, y1]] = boundingBox;
  return { kind: 'box', box: { x0, y0, x1, y1 }, points };
}
