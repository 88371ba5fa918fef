import { fillWeights, inventory, openSam2, type Sam2 } from '@roto/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decoderCases,
  encoderCases,
  memoryAttentionCases,
  memoryEncoderCases,
  type Named,
  noiseClip,
  rolloutCase,
} from './cases.ts';
import { difference, explain } from './difference.ts';
import { insideOf } from './inside.ts';
import { openGolden } from './reference.ts';
import { imagePixels, scenarios } from './scenarios.ts';
import { miniArchitecture, varied } from './weights.ts';

// The official code's results for a model small enough to run here; fixtures/mini/README.md says how they were made.
const fixtures = new URL('fixtures/mini/', import.meta.url).pathname;

describe.each(['2.1', '2.0'] as const)('miniature %s against the official code', (version) => {
  const golden = openGolden(fixtures, `mini-${version}`);
  const architecture = miniArchitecture(version);
  const weights = fillWeights(inventory(architecture));
  const compared = new Set<string>();
  let model: Sam2;

  beforeAll(async () => {
    model = await openSam2({ weights, config: architecture, threads: 1 });
  });
  afterAll(() => model.close());

  async function noiseImage(of = model) {
    return of.encodeImage(imagePixels(scenarios.images[0]!, of.config.imageSize));
  }

  /** Every tensor within its bar; a failure prints values side by side. */
  async function agree(tensors: AsyncIterable<Named>): Promise<void> {
    const missed: string[] = [];
    for await (const { name, data } of tensors) {
      const result = difference(name, data, golden.tensor(name));
      compared.add(name);
      if (!result.ok) missed.push(explain(result));
    }
    expect(missed.join('\n')).toBe('');
  }

  test('the inventory names the official state dict, with its shapes', () => {
    const ours = [...inventory(architecture)].map(([name, dims]) => [name, [...dims]] as const);
    expect(new Map(ours)).toEqual(new Map(Object.entries(golden.parameters!)));
  });

  test('encoder outputs', () => agree(encoderCases(model, insideOf(model))));

  test('mask decoder with every kind of prompt', async () => agree(decoderCases(model, await noiseImage(), 'base')));

  test.each(scenarios.variants)('mask decoder, variant $name', async (variant) => {
    await using other = await openSam2({ weights: varied(weights, variant), config: architecture, threads: 1 });
    await agree(decoderCases(other, await noiseImage(other), variant.name, variant.cases));
  });

  test('the stability cases lie on both sides of the threshold', () => {
    expect(golden.notes['decoder/blurred/box/stability']).toBeLessThan(0.97);
    expect(golden.notes['decoder/crisp/box/stability']).toBeGreaterThan(0.99);
  });

  test('memory attention', async () => agree(memoryAttentionCases(model, await noiseImage(), insideOf(model))));

  test('memory encoder', async () => agree(memoryEncoderCases(model, await noiseImage())));

  const held = scenarios.rollouts.filter(({ name }) => golden.names.some((of) => of.startsWith(`rollout/${name}/`)));
  test.each(held)('roll-out over 20 frames: $name', (rollout) => agree(rolloutCase(noiseClip(model), rollout)));

  test('no tensor of the golden was left out', () => {
    const left = golden.names.filter((name) => !compared.has(name));
    expect(left.slice(0, 5)).toEqual([]);
  });
});
