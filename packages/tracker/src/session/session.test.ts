import { maskIou } from '@roto/geometry';
import { describe, expect, it } from 'vitest';
import { blobMask, createBlobClip, green, red } from '../testing/blob-clip.ts';
import { createColourModel } from '../testing/colour-model.ts';
import type { FrameResult } from './result.ts';
import { createSession, type Pass, type TrackingSession } from './session.ts';

async function collect(session: TrackingSession, pass?: Pass): Promise<FrameResult[]> {
  return Array.fromAsync(session.propagate(pass));
}

async function twoObjects(frameCount = 30, options = {}) {
  const model = createColourModel();
  const source = createBlobClip(frameCount);
  const session = createSession(model, source, options);
  await session.addPrompt('red', 0, { kind: 'mask', mask: blobMask(red, 0) });
  await session.addPrompt('green', 0, { kind: 'points', points: [{ x: 48, y: 12, positive: true }] });
  return { model, source, session };
}

describe('TrackingSession', () => {
  it('follows two objects through the clip', async () => {
    const { session } = await twoObjects();
    const results = await collect(session);
    expect(results.map((result) => result.frame)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    for (const { frame, timeSec, objects } of results) {
      expect(timeSec).toBeCloseTo(frame / 10);
      expect(objects.map((object) => object.id)).toEqual(['red', 'green']);
      expect(maskIou(objects[0]!.mask, blobMask(red, frame))).toBeGreaterThan(0.6);
      expect(maskIou(objects[1]!.mask, blobMask(green, frame))).toBeGreaterThan(0.6);
      expect(objects.map((object) => object.prompted)).toEqual([frame === 0, frame === 0]);
      expect(objects[0]!.area).toBe(objects[0]!.mask.data.reduce((sum, pixel) => sum + pixel, 0));
      expect(objects[0]!.presence).toBeGreaterThan(0);
    }
  });
});
