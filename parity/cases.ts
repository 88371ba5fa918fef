// Runs ours on the cases of scenarios.json and hands out every tensor under the name that the reference gives it.
import type { ImageFeatures, Recall, Sam2Model } from '@roto/model';
import { fillValues } from '@roto/model';
import { createSession, emptyBank, type MemoryBank, type Prompt, recall, type TrackableSource } from '@roto/tracker';
import {
  circleMask,
  clipPixels,
  type DecoderCase,
  imagePixels,
  modelPoints,
  type Rollout,
  type RolloutPrompt,
  scenarios,
} from './scenarios.ts';

export type Named = { readonly name: string; readonly data: Float32Array };

/** What lies inside the model and is compared on its own, in the official code's order of axes. */
export type Inside = {
  /** s0 [D/8, S/4, S/4], s1 [D/4, S/8, S/8], f [D, S/16, S/16] */
  encoderOutputs(image: ImageFeatures): { s0: Float32Array; s1: Float32Array; f: Float32Array };
  /** Features after memory attention, token-major [N, D]. */
  attended(image: ImageFeatures, read: Recall): Promise<Float32Array>;
};

export async function* encoderCases(model: Sam2Model, inside: Inside): AsyncGenerator<Named> {
  for (const image of scenarios.images) {
    const features = await model.encodeImage(imagePixels(image, model.config.imageSize));
    for (const [name, data] of Object.entries(inside.encoderOutputs(features)))
      yield { name: `encoder/${image.name}/${name}`, data };
  }
}

/** `label`: the weights' variant. `names`: which cases, all when left out. */
export async function* decoderCases(
  model: Sam2Model,
  image: ImageFeatures,
  label: string,
  names?: readonly string[],
): AsyncGenerator<Named> {
  for (const wanted of scenarios.decoder)
    if (!names || names.includes(wanted.name)) yield* decode(model, image, wanted, `decoder/${label}/${wanted.name}`);
}

async function* decode(model: Sam2Model, image: ImageFeatures, of: DecoderCase, name: string): AsyncGenerator<Named> {
  const { imageSize, lowSize } = model.config;
  const decoded = await model.decode(image, {
    features: { kind: of.features },
    points: modelPoints(of.points, imageSize),
    multimask: of.multimask,
    ...(of.logits
      ? { mask: { kind: 'logits', data: fillValues(of.logits.noise, lowSize ** 2, of.logits.scale) } as const }
      : {}),
    ...(of.circle ? { mask: { kind: 'mask', data: circleMask(of.circle, imageSize) } as const } : {}),
  });
  yield { name: `${name}/low`, data: decoded.low };
  yield { name: `${name}/pointer`, data: decoded.pointer };
  yield { name: `${name}/presence`, data: Float32Array.of(decoded.presence) };
  yield { name: `${name}/ious`, data: decoded.ious };
}

/** A record of the bank made of noise, as `remembered` of dump.py makes it. */
function remembered(model: Sam2Model, frame: number) {
  const { gridSize, memoryDim: M, hiddenDim: D } = model.config;
  const N = gridSize ** 2;
  const planes = fillValues(`golden.memory.${frame}`, M * N, 2);
  // To token-major bfloat16 words, rounded to nearest even.
  const words = new Uint32Array(planes.buffer);
  const tokens = new Uint16Array(N * M);
  for (let c = 0; c < M; c++)
    for (let n = 0; n < N; n++) {
      const word = words[c * N + n]!;
      tokens[n * M + c] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
    }
  const pointer = fillValues(`golden.pointer.${frame}`, D, 3);
  return { frame, tokens, pointer, presence: 1, iou: 1, low: new Float32Array(0) };
}

export async function* memoryAttentionCases(
  model: Sam2Model,
  image: ImageFeatures,
  inside: Inside,
): AsyncGenerator<Named> {
  for (const { name, frame, prompted, recent } of scenarios.memoryAttention) {
    const bank: MemoryBank = {
      ...emptyBank,
      conditioning: prompted.map((t) => remembered(model, t)),
      tracked: new Map(recent.map((t) => [t, remembered(model, t)])),
    };
    const rules = { frameCount: 64, maxConditioningFrames: null };
    const read = recall(bank, frame, 'forward', rules, model.config);
    const counts = `F${read.frames.length}-P${read.pointers.length}`;
    if (counts !== name) throw new Error(`The bank of case "${name}" gave ${counts}.`);
    const at = `memory-attention/${name}`;
    yield { name: `${at}/attended`, data: await inside.attended(image, read) };
    const decoded = await model.decode(image, {
      features: { kind: 'memory', recall: read },
      points: [],
      multimask: true,
    });
    yield { name: `${at}/low`, data: decoded.low };
    yield { name: `${at}/pointer`, data: decoded.pointer };
    yield { name: `${at}/presence`, data: Float32Array.of(decoded.presence) };
    yield { name: `${at}/ious`, data: decoded.ious };
  }
}

export async function* memoryEncoderCases(model: Sam2Model, image: ImageFeatures): AsyncGenerator<Named> {
  const low = fillValues('golden.low', model.config.lowSize ** 2, 9);
  for (const { name, binarize, presence } of scenarios.memoryEncoder) {
    const { tokens } = await model.encodeMemory(image, { low, binarize, presence });
    yield { name: `memory-encoder/${name}`, data: tokens };
  }
}

/**
 * Follows the objects of one roll-out through a tracking session, hole filling off, and hands out what the session
 * returned and what its bank remembers of every frame.
 */
export async function* rolloutCase({ model, source }: Clip, rollout: Rollout): AsyncGenerator<Named> {
  const session = createSession(model, source, { fillHoleArea: 0, prefetch: false });
  for (const prompt of rollout.prompts)
    await session.addPrompt(`${prompt.object}`, prompt.frame, sessionPrompt(prompt, model.config.imageSize));
  for await (const { frame, objects } of session.propagate({ direction: rollout.reverse ? 'backward' : 'forward' })) {
    for (const { id, low, presence } of objects) {
      const { bank } = session.state.objects.find((object) => object.id === id)!;
      const record = bank.tracked.get(frame) ?? bank.conditioning.find((known) => known.frame === frame);
      if (!record?.tokens)
        throw new Error(`The bank of object ${id} does not remember frame ${frame} after tracking it.`);
      const name = `rollout/${rollout.name}/${id}/${String(frame).padStart(2, '0')}`;
      yield { name: `${name}/low`, data: low };
      yield { name: `${name}/pointer`, data: record.pointer };
      yield { name: `${name}/presence`, data: Float32Array.of(presence) };
      yield { name: `${name}/memory`, data: widened(record.tokens) };
    }
  }
  await session.close();
}

function sessionPrompt(prompt: RolloutPrompt, size: number): Prompt {
  if ('circle' in prompt)
    return { kind: 'mask', mask: { width: size, height: size, data: circleMask(prompt.circle, size) } };
  if ('box' in prompt) {
    const [x0, y0, x1, y1] = prompt.box.map((value) => (value * size) / 1024) as [number, number, number, number];
    return { kind: 'box', box: { x0, y0, x1, y1 } };
  }
  return {
    kind: 'points',
    points: modelPoints(prompt.points, size).map(({ x, y, label }) => ({ x, y, positive: label === 1 })),
  };
}

function widened(words: Uint16Array): Float32Array {
  const bits = Uint32Array.from(words, (word) => word << 16);
  return new Float32Array(bits.buffer);
}

/** The clip of noise frames: a source for the session, and a model that sees each frame's noise where the source shows it. */
export type Clip = { readonly source: TrackableSource; readonly model: Sam2Model };

/**
 * Pixels of the goldens are float32 noise, which no 8-bit picture can hold. So frame t of the source is a picture whose
 * bytes are all t, and the model that the session is given looks at the first pixel to know which noise is meant. Each
 * frame is encoded once for all roll-outs.
 */
export function noiseClip(model: Sam2Model): Clip {
  const size = model.config.imageSize;
  const features = new Map<number, Promise<ImageFeatures>>();
  const frames = Array.from({ length: scenarios.frames }, (_, t) => ({ timeSec: t, key: true }));
  return {
    source: {
      info: {
        name: 'noise',
        kind: 'images',
        codec: 'none',
        width: size,
        height: size,
        frameCount: frames.length,
        frameRate: 0,
        durationSec: 0,
        pixelAspect: 1,
      },
      frames,
      read: async (index) => ({
        index,
        timeSec: index,
        width: size,
        height: size,
        rgb: new Uint8Array(3 * size * size).fill(index),
      }),
    },
    model: {
      config: model.config,
      absentPointer: model.absentPointer,
      decode: (image, input) => model.decode(image, input),
      encodeMemory: (image, input) => model.encodeMemory(image, input),
      close: () => model.close(),
      [Symbol.asyncDispose]: () => model.close(),
      encodeImage(pixels) {
        const t = Math.round((pixels[0]! * 0.229 + 0.485) * 255);
        const seen = features.get(t) ?? model.encodeImage(clipPixels(t, size));
        features.set(t, seen);
        return seen;
      },
    },
  };
}
