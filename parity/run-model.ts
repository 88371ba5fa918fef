// One configuration, all cases of scenarios.json: every tensor of ours beside the reference.
import { type Architecture, openSam2, type Sam2, type Sam2Model, type WeightSource } from '@roto/model';
import {
  decoderCases,
  encoderCases,
  memoryAttentionCases,
  memoryEncoderCases,
  type Named,
  noiseClip,
  rolloutCase,
} from './cases.ts';
import { type Difference, difference } from './difference.ts';
import { insideOf } from './inside.ts';
import type { Reference } from './reference.ts';
import { clipPixels, imagePixels, type Rollout, scenarios } from './scenarios.ts';
import { varied } from './weights.ts';

export type RunOptions = {
  readonly weights: WeightSource;
  readonly architecture: Architecture;
  readonly threads?: number;
  readonly precision?: 'float32' | 'int8';
  /** Roll-outs that the reference has but that are not wanted now. */
  readonly skipRollouts: boolean;
};

/** `of`: the tensor of the reference that it is compared with, where that has another name. */
type Compared = Named & { readonly of?: string };

/** Compares as it goes; one difference per tensor of the reference. Throws when a tensor has no counterpart. */
export async function* runModel(reference: Reference, options: RunOptions): AsyncGenerator<Difference> {
  const held = scenarios.rollouts.filter(({ name }) => reference.names.some((of) => of.startsWith(`rollout/${name}/`)));
  for await (const { name, data, of = name } of allCases(reference, options, options.skipRollouts ? [] : held))
    yield difference(name, data, reference.tensor(of));
}

async function* allCases(
  reference: Reference,
  { weights, architecture, threads, precision }: RunOptions,
  rollouts: readonly Rollout[],
): AsyncGenerator<Compared> {
  const open = (of: WeightSource) =>
    openSam2({ weights: of, config: architecture, ...(threads && { threads }), ...(precision && { precision }) });
  {
    await using model = await open(weights);
    const image = await noiseImage(model);
    yield* encoderCases(model, insideOf(model));
    yield* decoderCases(model, image, 'base');
    yield* memoryAttentionCases(model, image, insideOf(model));
    yield* memoryEncoderCases(model, image);
    const clip = noiseClip(model);
    for (const rollout of rollouts) {
      yield* rolloutCase(clip, rollout);
      yield* promptedMemories(model, rollout, reference);
    }
  }
  for (const variant of scenarios.variants) {
    await using model = await open(varied(weights, variant));
    yield* decoderCases(model, await noiseImage(model), variant.name, variant.cases);
  }
}

/**
 * Memories of prompted frames once more, from the official mask: that mask is cut at 0 before it is remembered, so one
 * pixel whose logit is 1e-6 on one side and −1e-6 on the other shows in the memory although nothing is wrong. Goldens
 * hold too few digits for it.
 */
async function* promptedMemories(model: Sam2Model, rollout: Rollout, reference: Reference): AsyncGenerator<Compared> {
  for (const { object, frame } of rollout.prompts) {
    const at = `rollout/${rollout.name}/${object}/${String(frame).padStart(2, '0')}`;
    const low = reference.tensor(`${at}/low`);
    if (low.signs !== null || low.step !== 1) continue;
    const image = await model.encodeImage(clipPixels(frame, model.config.imageSize));
    const presence = reference.tensor(`${at}/presence`).samples[0]!;
    const { tokens } = await model.encodeMemory(image, { low: low.samples, binarize: true, presence });
    yield { name: `${at}/memory of the official mask`, data: tokens, of: `${at}/memory` };
  }
}

async function noiseImage(model: Sam2) {
  return model.encodeImage(imagePixels(scenarios.images[0]!, model.config.imageSize));
}
