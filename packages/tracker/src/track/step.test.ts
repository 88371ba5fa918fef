import type { Sam2Model } from '@roto/model';
import { describe, expect, it } from 'vitest';
import { unpackBfloat16 } from '../bank/bfloat16.ts';
import { bankByteLength, emptyBank, type MemoryBank } from '../bank/memory-bank.ts';
import { createPreprocessor } from '../preprocess/preprocess.ts';
import { commitPrompt, predictPrompt } from '../prompt/predict.ts';
import { toModelPrompt } from '../prompt/prompt.ts';
import { blobMask, createBlobClip, red } from '../testing/blob-clip.ts';
import { createColourModel } from '../testing/colour-model.ts';
import { type TrackingOptions, trackingRules } from './rules.ts';
import { revisit, step } from './step.ts';

/** A bank with red prompted on `frames`, and the pieces to go on. */
async function begin(frames: readonly number[], options: TrackingOptions = {}) {
  const model = createColourModel();
  const rules = trackingRules(undefined, options);
  const picture = await createBlobClip(1, [red]).read(0);
  const image = await model.encodeImage(createPreprocessor(64, 64, 64, 'bilinear').run(picture));
  let bank: MemoryBank = emptyBank;
  for (const frame of frames) {
    const prompt = toModelPrompt({ kind: 'mask', mask: blobMask(red, 0) }, 64, 64, model.config);
    const answer = await predictPrompt(model, image, bank, frame, prompt, rules);
    bank = await commitPrompt(model, image, bank, answer, rules);
  }
  return { model, rules, image, bank };
}

describe('step', () => {
  it('leaves the bank that it was given alone', async () => {
    const { model, rules, image, bank } = await begin([0]);
    const before = structuredClone({ ...bank, tracked: [...bank.tracked] });
    const next = await step(model, bank, image, 1, 'forward', rules);
    expect({ ...bank, tracked: [...bank.tracked] }).toEqual(before);
    expect(next.bank.tracked.size).toBe(1);
    expect(next.prediction.prompted).toBe(false);
  });

  it('keeps the bank constant over 10,000 frames of a stream', async () => {
    let { bank, ...rest } = await begin([0]);
    const sizes: number[] = [];
    for (let frame = 1; frame <= 10_000; frame++) {
      ({ bank } = await step(rest.model, bank, rest.image, frame, 'forward', rest.rules));
      if (frame === 40 || frame % 1000 === 0) sizes.push(bankByteLength(bank));
    }
    expect(new Set(sizes).size).toBe(1);
    expect(bank.visited).toEqual([{ from: 1, to: 10_000, direction: 'forward' }]);
    // Around the prompt 14 frames, behind the front 16 (the front itself, whole, and 15 that a correction there reads).
    expect(bank.tracked.size).toBe(30);
    expect([...bank.tracked.values()].filter((record) => record.tokens).length).toBe(5 + 7);
    expect([...bank.tracked.values()].filter((record) => record.low).map((record) => record.frame)).toEqual([10_000]);
  });

  it('keeps everything when asked to, and next to nothing when asked to', async () => {
    for (const [retention, expected] of [
      [{ history: Infinity }, 50],
      [{ history: 0, aroundPrompts: false }, 15],
    ] as const) {
      let { bank, ...rest } = await begin([0], { retention });
      for (let frame = 1; frame <= 50; frame++)
        ({ bank } = await step(rest.model, bank, rest.image, frame, 'forward', rest.rules));
      expect(bank.tracked.size).toBe(expected);
    }
  });

  it('carries the last memory on over frames that are less certain than asked for, and shows them all the same', async () => {
    const presences = [9, 2, 0.5, -3, 2, 9];
    for (const [memoryPresence, remembered] of [
      [null, [1, 2, 3, 4, 5, 6]],
      [0, [1, 2, 3, 3, 5, 6]],
      [4, [1, 1, 1, 1, 1, 6]],
    ] as const) {
      let { bank, model, rules, image } = await begin([0], { memoryPresence });
      const unsure: Sam2Model = {
        ...model,
        decode: async (...input) => ({ ...(await model.decode(...input)), presence: presences[at - 1]! }),
        encodeMemory: async (...input) => {
          const { tokens } = await model.encodeMemory(...input);
          return { tokens: tokens.map(() => at) };
        },
      };
      let at = 1;
      for (; at <= presences.length; at++) {
        const { prediction, ...next } = await step(unsure, bank, image, at, 'forward', rules);
        expect(prediction.presence).toBe(presences[at - 1]);
        bank = next.bank;
      }
      const marks = [...bank.tracked.values()].map((record) => unpackBfloat16(record.tokens!)[0]);
      expect(marks).toEqual(remembered);
    }
  });

  it('carries the memory of the prompt on; where there is none before, a frame is remembered as it is', async () => {
    let { bank, model, rules, image } = await begin([0], { memoryPresence: 1000 });
    ({ bank } = await step(model, bank, image, 1, 'forward', rules));
    expect(bank.tracked.get(1)!.tokens).toEqual(bank.conditioning[0]!.tokens);
    expect(bank.tracked.get(1)!.pointer).toEqual(bank.conditioning[0]!.pointer);
    const asked = model.calls.length;
    ({ bank } = await step(model, bank, image, 8, 'forward', rules));
    expect(model.calls.slice(asked).map((call) => call.kind)).toEqual(['decode', 'memory']);
  });

  it('refuses a least presence that is no number', () => {
    for (const memoryPresence of [Number.NaN, Infinity])
      expect(() => trackingRules(undefined, { memoryPresence })).toThrow(/memoryPresence is/);
  });

  it('forgets the neighbours of a prompt when asked to', async () => {
    const options = { retention: { forgetAroundPrompts: true } };
    let { bank, model, rules, image } = await begin([0], options);
    for (let frame = 1; frame <= 20; frame++) ({ bank } = await step(model, bank, image, frame, 'forward', rules));
    const prompt = toModelPrompt({ kind: 'mask', mask: blobMask(red, 0) }, 64, 64, model.config);
    bank = await commitPrompt(model, image, bank, await predictPrompt(model, image, bank, 20, prompt, rules), rules);
    expect([...bank.tracked.keys()].filter((frame) => frame >= 13)).toEqual([]);
    expect(bank.tracked.has(12)).toBe(true);
  });
});

describe('revisit', () => {
  it('shows what the prompt gave, without asking the model', async () => {
    const { model, rules, bank } = await begin([3]);
    const asked = model.calls.length;
    const shown = revisit(model, bank, 3, 'backward', rules)!;
    expect(shown.prediction).toMatchObject({ frame: 3, prompted: true, presence: 10, iou: 1 });
    expect(shown.bank.visited).toEqual([{ from: 3, to: 3, direction: 'backward' }]);
    expect(model.calls.length).toBe(asked);
    expect(revisit(model, bank, 4, 'forward', rules)).toBeUndefined();
  });
});
