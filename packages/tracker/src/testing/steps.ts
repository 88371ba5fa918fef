import type { Sam2Model } from '@roto/model';
import type { MemoryBank } from '../bank/memory-bank.ts';
import { createPreprocessor } from '../preprocess/preprocess.ts';
import { trackingRules } from '../track/rules.ts';
import { step } from '../track/step.ts';
import { createBlobClip, red } from './blob-clip.ts';

/** `count` forward steps from frame `first` over the red blob's clip, without a session. */
export async function takeSteps(model: Sam2Model, bank: MemoryBank, first: number, count: number): Promise<MemoryBank> {
  const clip = createBlobClip(100, [red]);
  const preprocessor = createPreprocessor(64, 64, model.config.imageSize, 'bilinear');
  let now = bank;
  for (let frame = first; frame < first + count; frame++) {
    const image = await model.encodeImage(preprocessor.run(await clip.read(frame)));
    now = (await step(model, now, image, frame, 'forward', trackingRules(100))).bank;
  }
  return now;
}
