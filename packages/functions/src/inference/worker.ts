import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openSource } from '@roto/media';
import { BadFunctionError, BadRequestError } from '../errors.ts';
import type { FunctionChoice, ModelEnvironment } from '../functions/choice.ts';
import type { AutoAnnotationFunction, InteractionFunction, Picture, TrackingFunction } from '../functions/interface.ts';
import { loadUserFunction } from '../functions/load.ts';
import { type OpenedSam2, openSam2Function, sam2Parameters, sam2Tracker } from '../functions/sam2.ts';
import { sam2Interactor } from '../functions/sam2-interactor.ts';
import { checkSpec } from '../functions/spec.ts';
import { createStateKeeper, type StateKeeper } from './keeper.ts';
import type { CallName, Calls, FromWorker, ImageFile, ToWorker } from './messages.ts';
import { createRanges } from './range.ts';

type Loaded = {
  readonly fn: AutoAnnotationFunction;
  readonly keeper: StateKeeper;
  readonly sam2: OpenedSam2 | undefined;
};

/** Preprocessed pictures of interactors are kept so long after their last use, and so many of them. */
const PICTURE_LIFE_MS = 600_000;
const MOST_PICTURES = 8;

/** Answers the calls of one inference process. */
export function createWorker(send: (message: FromWorker) => void) {
  let loaded: Loaded | undefined;
  const pictures = new Map<string, { prepared: unknown; used: number }>();
  const turns = createTurns();
  const ranges = createRanges(send, turns);

  const the = (): Loaded => {
    if (!loaded) throw new Error('no function is loaded');
    return loaded;
  };
  const tracksRanges = (): boolean => the().sam2 !== undefined && the().fn.spec.kind === 'tracker';
  const tracker = (): { fn: TrackingFunction; keeper: StateKeeper } => {
    const { fn, keeper } = the();
    if (fn.spec.kind !== 'tracker') throw new BadRequestError(`unsupported type for a ${fn.spec.kind}`);
    return { fn: fn as TrackingFunction, keeper };
  };

  const calls: { [Name in CallName]: (given: Calls[Name]['in'], id: number) => Promise<Calls[Name]['out']> } = {
    async load({ choice, environment }) {
      loaded = await load(choice, environment, send);
      const { fn, keeper, sam2 } = loaded;
      const fingerprint = sam2 ? `sam2/${sam2.fingerprint}` : await userFingerprint(choice);
      return { spec: checkSpec(fn.spec), fingerprint, keepsBytes: keeper.keepsBytes, ranges: tracksRanges() };
    },

    async init({ image, frame, shapes }) {
      const { fn, keeper } = tracker();
      const picture = await readPicture(image);
      const prepared = fn.preprocessImage ? await fn.preprocessImage({ frame }, picture) : picture;
      const states = [];
      for (const shape of shapes) {
        const context = { frame, originalShapeType: shape.type };
        const state = await fn.initTrackingState(context, prepared, shape);
        const { width, height } = picture;
        states.push({ content: keeper.keep(state), shapeType: shape.type, width, height });
      }
      return { states };
    },

    async track({ image, frame, states }) {
      const { fn, keeper } = tracker();
      const picture = await readPicture(image);
      if (states.some(({ width, height }) => width !== picture.width || height !== picture.height))
        throw new BadRequestError('Image sizes of the start frame and the current frame are different');
      const prepared = fn.preprocessImage ? await fn.preprocessImage({ frame }, picture) : picture;
      const shapes = [];
      const after = [];
      for (const { content, shapeType } of states) {
        const state = keeper.find(content);
        const shape = await fn.track({ frame, originalShapeType: shapeType }, prepared, state);
        if (shape && shape.type !== shapeType)
          throw new BadFunctionError(
            `function output shape of type '${shape.type}', but original shape was of type '${shapeType}'`,
          );
        shapes.push(shape ? { type: shape.type, points: numbers(shape.points) } : null);
        after.push(keeper.keepAgain(content, state));
      }
      return { states: after, shapes };
    },

    async detect({ image, context }) {
      const { fn } = the();
      if (fn.spec.kind !== 'detector') throw new BadRequestError(`unsupported type for a ${fn.spec.kind}`);
      const annotations = await (fn as Extract<AutoAnnotationFunction, { spec: { kind: 'detector' } }>).detect(
        context,
        await readPicture(image),
      );
      if (!Array.isArray(annotations)) throw new BadFunctionError('function output is not a list');
      return { annotations };
    },

    async interact({ key, image, frame, prompts }) {
      const { fn } = the();
      if (fn.spec.kind !== 'interactor') throw new BadRequestError(`unsupported type for a ${fn.spec.kind}`);
      const interactor = fn as InteractionFunction;
      const now = Date.now();
      for (const [old, { used }] of pictures) if (used < now - PICTURE_LIFE_MS) pictures.delete(old);
      let entry = pictures.get(key);
      if (!entry) {
        if (!image) return { shapes: null };
        const picture = await readPicture(image);
        const prepared = interactor.preprocessImage ? await interactor.preprocessImage({ frame }, picture) : picture;
        entry = { prepared, used: now };
      }
      pictures.delete(key);
      pictures.set(key, { ...entry, used: now });
      for (const oldest of pictures.keys()) if (pictures.size > MOST_PICTURES) pictures.delete(oldest);
      const shapes = await interactor.detect({ frame }, entry.prepared, prompts);
      if (!Array.isArray(shapes)) throw new BadFunctionError('function output is not a list');
      return { shapes };
    },

    async range(job, id) {
      const { sam2 } = the();
      if (!sam2 || !tracksRanges()) throw new BadRequestError("unsupported type: 'track_range'");
      return ranges.run(id, sam2.model, job);
    },
  };

  return {
    adjust: ranges.adjust,
    picture: ranges.picture,
    call(message: Extract<ToWorker, { call: CallName }>): Promise<unknown> {
      const work = calls[message.call] as (given: unknown, id: number) => Promise<unknown>;
      // A range takes its turns frame by frame; everything else comes in between as a whole.
      return message.call === 'range'
        ? work(message.with, message.id)
        : turns.take(() => work(message.with, message.id));
    },
  };
}

export type Turns = { take<T>(work: () => Promise<T>): Promise<T> };

/** One after another, in the order of asking. */
function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(work) {
      const mine = last.then(work);
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

async function load(
  choice: FunctionChoice,
  environment: ModelEnvironment,
  send: (message: FromWorker) => void,
): Promise<Loaded> {
  if (choice.kind !== 'sam2') {
    const fn = await loadUserFunction(choice);
    return {
      fn,
      keeper: createStateKeeper(fn.spec.kind === 'tracker' ? (fn as TrackingFunction) : {}),
      sam2: undefined,
    };
  }
  let told = '';
  const sam2 = await openSam2Function(sam2Parameters(choice.parameters), environment, ({ file, received, total }) => {
    const tenth = total > 0 ? Math.floor((10 * received) / total) : 0;
    const line = `Downloading ${file}: ${tenth * 10} %`;
    if (line !== told && total > 1e6) send({ say: line, level: 'info' });
    told = line;
  });
  if (sam2.parameters.task === 'interactor')
    return { fn: sam2Interactor(sam2) as InteractionFunction, keeper: createStateKeeper({}), sam2 };
  const fn = sam2Tracker(sam2) as TrackingFunction;
  return { fn, keeper: createStateKeeper(fn), sam2 };
}

/** States of another version of somebody's file, or of other parameters, are not handed to it. */
async function userFingerprint(choice: FunctionChoice): Promise<string> {
  if (choice.kind === 'sam2') throw new Error('SAM 2 has its own fingerprint');
  const hash = createHash('sha256').update(JSON.stringify(choice.parameters));
  if (choice.kind === 'file') hash.update(await readFile(choice.path));
  return `${choice.kind === 'file' ? 'file' : choice.name}/${hash.digest('hex').slice(0, 16)}`;
}

/** Decodes a picture file, and cuts it to the region of interest. Throws BadRequestError for one that lies outside. */
async function readPicture({ path, roi }: ImageFile): Promise<Picture> {
  await using source = await openSource(path);
  const { width, height, rgb } = await source.read(0);
  if (!roi) return { width, height, rgb };
  const [left, top, right, bottom] = roi as [number, number, number, number];
  const inside = [left, top, right, bottom].every(Number.isInteger) && left >= 0 && top >= 0;
  if (!inside || right > width || bottom > height || left >= right || top >= bottom)
    throw new BadRequestError('Invalid ROI');
  const cut = new Uint8Array((right - left) * (bottom - top) * 3);
  for (let y = top; y < bottom; y++)
    cut.set(rgb.subarray((y * width + left) * 3, (y * width + right) * 3), (y - top) * (right - left) * 3);
  return { width: right - left, height: bottom - top, rgb: cut };
}

function numbers(points: unknown): number[] {
  if (!Array.isArray(points) || points.some((value) => typeof value !== 'number' || !Number.isFinite(value)))
    throw new BadFunctionError('function output a shape whose points are not finite numbers');
  return points as number[];
}
