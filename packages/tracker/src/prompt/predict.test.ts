import { describe, expect, it } from 'vitest';
import { emptyBank } from '../bank/memory-bank.ts';
import { createPreprocessor } from '../preprocess/preprocess.ts';
import { createBlobClip } from '../testing/blob-clip.ts';
import { createColourModel } from '../testing/colour-model.ts';
import { trackingRules } from '../track/rules.ts';
import { commitPrompt, predictPrompt } from './predict.ts';

const rules = trackingRules(10);

async function begin() {
  const model = createColourModel();
  const picture = await createBlobClip(1).read(0);
  const image = await model.encodeImage(createPreprocessor(64, 64, 64, 'bilinear').run(picture));
  return { model, image };
}

describe('an empty mask', () => {
  it('says that the object is absent: score −10, the absent pointer, nothing asked of the decoder', async () => {
    const { model, image } = await begin();
    const prompt = { kind: 'mask', mask: new Uint8Array(64 * 64) } as const;
    const answer = await predictPrompt(model, image, emptyBank, 0, prompt, rules);
    expect(answer).toMatchObject({ presence: -10, iou: 1, pointer: model.absentPointer });
    expect(answer.low.every((value) => Math.abs(value + 10) < 1e-5)).toBe(true);
    expect(model.calls.some((call) => call.kind === 'decode')).toBe(false);
    const bank = await commitPrompt(model, image, emptyBank, answer, rules);
    expect(bank.conditioning[0]).toMatchObject({ frame: 0, presence: -10 });
  });
});

describe('logits that are fed back', () => {
  it('are cut at ±32, and are those of the mask that the prompt brings, if it brings one', async () => {
    const { model, image } = await begin();
    const fed: Float32Array[] = [];
    const spy = {
      ...model,
      decode: (...[features, input]: Parameters<typeof model.decode>) => {
        if (input.mask?.kind === 'logits') fed.push(input.mask.data);
        return model.decode(features, input);
      },
    };
    const earlier = {
      frame: 0,
      low: new Float32Array(256).fill(-1024),
      pointer: model.absentPointer,
      presence: -1,
      iou: 0,
    };
    const click = { x: 8, y: 8, label: 1 } as const;
    const prompt = { kind: 'points', points: [click], previous: null } as const;
    await predictPrompt(spy, image, emptyBank, 0, prompt, rules, earlier);
    await predictPrompt(
      spy,
      image,
      emptyBank,
      0,
      { ...prompt, previous: new Float32Array(256).fill(10) },
      rules,
      earlier,
    );
    await predictPrompt(spy, image, emptyBank, 0, prompt, rules);
    expect(fed.map((logits) => new Set(logits))).toEqual([new Set([-32]), new Set([10])]);
  });
});
