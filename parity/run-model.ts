// One configuration, all cases of scenarios.json: every tensor of ours beside the reference.
import { type Architecture, openSam2, type Sam2, type WeightSource } from '@roto/model';
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
import { imagePixels, type Rollout, scenarios } from './scenarios.ts';
import { varied } from './weights.ts';

export type RunOptions = {
  readonly weights: WeightSource;
  readonly architecture: Architecture;
  readonly threads?: number;
  readonly precision?: 'float32' | 'int8';
  /** Roll-outs that the reference has but that are not wanted now. */
  readonly skipRollouts: boolean;
};

/** Compares as it goes; one difference per tensor of the reference. Throws when a tensor has no counterpart. */
export async function* runModel(reference: Reference, options: RunOptions): AsyncGenerator<Difference> {
  const held = scenarios.rollouts.filter(({ name }) => reference.names.some((of) => of.startsWith(`rollout/${name}/`)));
  for await (const { name, data } of allCases(options, options.skipRollouts ? [] : held))
    yield difference(name, data, reference.tensor(name));
}

async function* allCases(
  { weights, architecture, threads, precision }: RunOptions,
  rollouts: readonly Rollout[],
): AsyncGenerator<Named> {
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
    for (const rollout of rollouts) yield* rolloutCase(clip, rollout);
  }
  for (const variant of scenarios.variants) {
    await using model = await open(varied(weights, variant));
    yield* decoderCases(model, await noiseImage(model), variant.name, variant.cases);
  }
}

async function noiseImage(model: Sam2) {
  return model.encodeImage(imagePixels(scenarios.images[0]!, model.config.imageSize));
}
