import { maskOutline } from '@roto/annotations';
import { type Mask, maskBounds, maskFromCvatPoints, maskToCvatPoints, polygonFromFlat } from '@roto/geometry';
import { type DownloadProgress, type ImageFeatures, openSam2, resolveModel, type Sam2 } from '@roto/model';
import {
  bankFromBytes,
  bankToBytes,
  commitPrompt,
  createPreprocessor,
  emptyBank,
  logitsToMask,
  type MemoryBank,
  type Preprocessor,
  type Prompt,
  predictPrompt,
  recommended,
  step,
  TrackerError,
  toModelPrompt,
  trackingRules,
} from '@roto/tracker';
import { AgentError, BadRequestError } from '../errors.ts';
import type { ModelEnvironment } from './choice.ts';
import type { FunctionParameters, Picture, TrackableShape, TrackingFunction } from './interface.ts';

export const SAM2_SHAPES = ['mask', 'polygon', 'rectangle'] as const;
export type Sam2Shape = (typeof SAM2_SHAPES)[number];

/** How the built-in function is set up, from `-p name=type:value`. */
export type Sam2Parameters = {
  /** What it serves: objects followed over frames (default), or objects found by clicks. */
  readonly task?: 'tracker' | 'interactor';
  readonly model_id: string;
  readonly revision?: string;
  readonly device: string;
  readonly precision: 'float32' | 'int8';
  readonly threads?: number;
};

const TYPES = {
  task: 'string',
  model_id: 'string',
  revision: 'string',
  device: 'string',
  precision: 'string',
  threads: 'number',
};

/** Throws AgentError that names the parameter. */
export function sam2Parameters(given: FunctionParameters): Sam2Parameters {
  for (const [name, value] of Object.entries(given)) {
    const type = TYPES[name as keyof typeof TYPES];
    if (!type) throw new AgentError(`SAM 2 has no parameter ${name}; it has ${Object.keys(TYPES).join(', ')}.`);
    if (typeof value !== type)
      throw new AgentError(`Parameter ${name} is a ${typeof value}; give it as ${type === 'string' ? 'str' : 'int'}.`);
  }
  const { task = 'tracker' } = given;
  if (task !== 'tracker' && task !== 'interactor')
    throw new AgentError(`Parameter task is ${JSON.stringify(task)}; choose tracker or interactor.`);
  const { model_id = 'builtin', device = 'cpu', precision = 'float32', threads, revision } = given;
  if (precision !== 'float32' && precision !== 'int8')
    throw new AgentError(`Parameter precision is ${JSON.stringify(precision)}; choose float32 or int8.`);
  if (threads !== undefined && !(Number.isInteger(threads) && Number(threads) >= 1 && Number(threads) <= 1024))
    throw new AgentError(`Parameter threads is ${threads}; give a whole number from 1 to 1024.`);
  return {
    task,
    model_id: model_id as string,
    device: device as string,
    precision,
    ...(threads !== undefined && { threads: threads as number }),
    ...(revision !== undefined && { revision: revision as string }),
  };
}

export type OpenedSam2 = {
  readonly model: Sam2;
  readonly parameters: Sam2Parameters;
  /** Equal only where results are equal: weights, precision, device. */
  readonly fingerprint: string;
};

/** Finds (downloading it if need be) and opens the model. Throws what @roto/model throws. */
export async function openSam2Function(
  parameters: Sam2Parameters,
  { hub, graphs }: ModelEnvironment,
  onProgress?: (progress: DownloadProgress) => void,
): Promise<OpenedSam2> {
  const { model_id, revision, device, precision, threads } = parameters;
  const resolved = await resolveModel(model_id, { hub, revision, onProgress });
  const model = await openSam2({
    weights: resolved.weights,
    config: resolved.architecture,
    device,
    precision,
    ...(threads !== undefined && { threads }),
    ...(graphs !== undefined && { cacheDir: graphs }),
  });
  return { model, parameters, fingerprint: `${resolved.checksum}/${precision}/${device}` };
}

/** A shape of CVAT's as a prompt. Throws BadRequestError. */
export function promptOf({ type, points }: TrackableShape, width: number, height: number): Prompt {
  try {
    if (type === 'polygon') return { kind: 'polygon', polygon: [polygonFromFlat(points)] };
    if (type === 'mask') return { kind: 'mask', mask: maskFromCvatPoints(points, width, height) };
    if (type === 'rectangle' && points.length === 4) {
      const [x0, y0, x1, y1] = points as [number, number, number, number];
      return { kind: 'box', box: { x0, y0, x1, y1 } };
    }
  } catch (error) {
    throw new BadRequestError(`the ${type} cannot be used: ${(error as Error).message}`);
  }
  throw new BadRequestError(`Unsupported shape type '${type}'`);
}

/** A mask as the shape that was outlined; null when it is empty. */
export function shapeOf(mask: Mask, type: Sam2Shape): { type: Sam2Shape; points: number[] } | null {
  const box = maskBounds(mask);
  if (!box) return null;
  if (type === 'rectangle') return { type, points: [box.x0, box.y0, box.x1, box.y1] };
  if (type === 'mask') return { type, points: maskToCvatPoints(mask) };
  return { type, points: maskOutline(mask)! };
}

type State = {
  bank: MemoryBank;
  /** Steps since the outline: the frame numbers of the bank. Frames that were passed over are no gap in what it remembers. */
  position: number;
};
type Prepared = { readonly features: ImageFeatures; readonly width: number; readonly height: number };

/** Pictures as the model takes them; what depends on the size alone is made once for pictures of one size. */
export function preprocessing(model: Sam2): (image: Picture) => Float32Array {
  let preprocessor: { width: number; height: number; run: Preprocessor } | undefined;
  return (image) => {
    if (preprocessor?.width !== image.width || preprocessor.height !== image.height) {
      const run = createPreprocessor(image.width, image.height, model.config.imageSize, 'bilinear');
      preprocessor = { width: image.width, height: image.height, run };
    }
    return preprocessor.run.run({ ...image });
  };
}

/**
 * SAM 2 by single frames, as CVAT asks for it. Going over all frames from the start gives the masks of a session's pass.
 */
export function sam2Tracker({ model }: OpenedSam2): TrackingFunction<State, Prepared> {
  const rules = trackingRules(undefined, recommended(model.config, {}));
  const preprocess = preprocessing(model);
  return {
    spec: { kind: 'tracker', supportedShapeTypes: SAM2_SHAPES },
    async preprocessImage(_context, image) {
      return { features: await model.encodeImage(preprocess(image)), width: image.width, height: image.height };
    },
    async initTrackingState(_context, { features, width, height }, shape) {
      try {
        const prompt = toModelPrompt(promptOf(shape, width, height), width, height, model.config);
        const answer = await predictPrompt(model, features, emptyBank, 0, prompt, rules);
        return { bank: await commitPrompt(model, features, emptyBank, answer, rules), position: 0 };
      } catch (error) {
        if (error instanceof TrackerError) throw new BadRequestError(error.message);
        throw error;
      }
    },
    async track({ originalShapeType }, { features, width, height }, state) {
      const { prediction, bank } = await step(model, state.bank, features, state.position + 1, 'forward', rules);
      state.bank = bank;
      state.position += 1;
      const { mask } = logitsToMask(prediction.low, model.config.lowSize, width, height);
      return shapeOf(mask, originalShapeType as Sam2Shape);
    },
    stateToBytes({ bank, position }) {
      const bytes = bankToBytes(bank, model);
      const all = Buffer.alloc(8 + bytes.length);
      all.writeDoubleLE(position, 0);
      all.set(bytes, 8);
      return all;
    },
    stateFromBytes(bytes) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const position = view.length >= 8 ? view.readDoubleLE(0) : Number.NaN;
      if (!Number.isSafeInteger(position) || position < 0)
        throw new TrackerError('bad-bytes', 'This is not a usable tracking state: it has no position.');
      return { bank: bankFromBytes(bytes.subarray(8), model), position };
    },
  };
}
