import { createMask, type Mask, maskIou } from '@roto/geometry';
import { describe, expect, it } from 'vitest';
import { maskToLogits, maskToModelSize } from '../prompt/mask-input.ts';
import { smallPrompt, smallPromptText } from '../prompt/small-prompt.ts';
import { blobMask, createBlobClip, red } from '../testing/blob-clip.ts';
import { createColourModel } from '../testing/colour-model.ts';
import { createSession, restoreSession } from './session.ts';

function rectangle(width: number, height: number, x: number, y: number, w: number, h: number): Mask {
  const mask = createMask(width, height);
  for (let row = y; row < y + h; row++) mask.data.fill(1, row * width + x, row * width + x + w);
  return mask;
}

/** One pixel, which no model of this clip's size holds. */
function dot(): Mask {
  const { width, height } = createBlobClip(2).info;
  return rectangle(width, height, 20, 20, 1, 1);
}

describe('an outline that is too small for the model', () => {
  it('is what its own frame shows, in the answer and in every pass, also after a restart', async () => {
    const model = createColourModel();
    const source = createBlobClip(6);
    const session = createSession(model, source);
    const answer = await session.addPrompt('dot', 2, { kind: 'mask', mask: dot() });
    expect(answer.small?.size).toEqual({ width: 1, height: 1 });
    expect(answer.mask).toEqual(dot());
    expect(answer.area).toBe(1);
    const restored = restoreSession(model, source, session.snapshot());
    for (const one of [session, restored]) {
      const [frame] = await Array.fromAsync(one.propagate({ from: 2, to: 4 }));
      expect(frame!.objects[0]!.mask).toEqual(dot());
      expect(frame!.objects[0]!.prompted).toBe(true);
    }
    const later = restoreSession(model, source, session.snapshot());
    const [again] = await Array.fromAsync(later.propagate({ from: 2, to: 2 }));
    expect(again!.objects[0]!.area).toBe(1);
  });

  it('gives way to what is said next on that frame', async () => {
    const session = createSession(createColourModel(), createBlobClip(6));
    await session.addPrompt('dot', 0, { kind: 'mask', mask: dot() });
    const answer = await session.addPrompt('dot', 0, { kind: 'mask', mask: blobMask(red, 0) });
    expect(answer.small).toBeUndefined();
    const [frame] = await Array.fromAsync(session.propagate({ to: 1 }));
    expect(maskIou(frame!.objects[0]!.mask, blobMask(red, 0))).toBeGreaterThan(0.6);
    expect(session.state.objects[0]!.outlined.size).toBe(0);
  });
});

describe('the size at which it would work', () => {
  const config = { ...createColourModel().config, imageSize: 384, lowSize: 96 };
  const judged = (mask: Mask) => smallPrompt(mask, maskToLogits(maskToModelSize(mask, 384), 384, 96), config);

  it.each([
    ['a square of 10', rectangle(1280, 720, 600, 300, 10, 10)],
    ['a square of 14', rectangle(1280, 720, 600, 300, 14, 14)],
    ['a long bar of 2 rows', rectangle(1280, 720, 200, 300, 300, 2)],
    ['a long bar of 6 rows', rectangle(1280, 720, 200, 300, 300, 6)],
    ['an upright bar at the edge', rectangle(1280, 720, 0, 0, 3, 200)],
  ])('is true for %s', (_, mask) => {
    const { worksFrom, size } = judged(mask)!;
    expect(worksFrom!.width * worksFrom!.height).toBeGreaterThan(size.width * size.height);
    // A shape of that size, elsewhere in the picture, is held.
    const { width, height } = worksFrom!;
    const held = rectangle(1280, 720, Math.min(640, 1280 - width), Math.min(360, 720 - height), width, height);
    const low = maskToLogits(maskToModelSize(held, 384), 384, 96);
    expect(low.some((value) => value > 0)).toBe(true);
    expect(smallPromptText({ size, worksFrom }, config)).toContain(`${width} × ${height}`);
  });

  it('is not asked for where the model holds the outline, or where nothing is outlined', () => {
    expect(judged(rectangle(1280, 720, 300, 200, 120, 90))).toBeUndefined();
    expect(judged(createMask(1280, 720))).toBeUndefined();
  });

  it('does not depend on there being room: what fills the picture in one direction still grows in the other', () => {
    expect(judged(rectangle(1280, 720, 0, 300, 1280, 2))!.worksFrom!.width).toBe(1280);
  });
});
