import { createMask, maskToCvatPoints } from '@roto/geometry';
import { describe, expect, it } from 'vitest';
import { flagKeyframes, type KeyframeSignals, keyframeSignals, suspiciousSpans, type TrackedShape } from '../index.ts';

const scene = { width: 640, height: 480, cuts: [] };
type Keyframe = TrackedShape & { readonly origin: string };
const polygon = (frame: number, x: number, size = 60, more: Partial<Keyframe> = {}): Keyframe => ({
  type: 'polygon',
  frame,
  points: [x, 100, x + size, 100, x + size, 100 + size, x, 100 + size],
  occluded: false,
  outside: false,
  z_order: 0,
  rotation: 0,
  attributes: [],
  origin: 'tracker',
  presence: 8,
  predicted_iou: 0.95,
  ...more,
});
function signalsOf(keyframes: readonly Keyframe[]): KeyframeSignals[] {
  const all: KeyframeSignals[] = [];
  for (const [i, shape] of keyframes.entries())
    all.push(keyframeSignals(shape, i === 0 ? undefined : { shape: keyframes[i - 1]!, signals: all[i - 1]! }));
  return all;
}
const walk = (length: number) => Array.from({ length }, (_, frame) => polygon(frame, 50 + 3 * frame));
function flagged(keyframes: readonly Keyframe[], cuts: number[] = []): Record<number, string[]> {
  const flags = flagKeyframes(signalsOf(keyframes), { ...scene, cuts });
  return Object.fromEntries(flags.map(({ frame, severity, reasons }) => [frame, [...reasons, `${severity}`]]));
}
const changed = (at: number, shape: Keyframe) => walk(20).map((each) => (each.frame === at ? shape : each));

describe('signals of keyframes', () => {
  it('measures polygons and masks alike', () => {
    const mask = createMask(640, 480);
    for (let y = 100; y < 160; y++) mask.data.fill(1, 640 * y + 50, 640 * y + 110);
    const [a, b] = [polygon(0, 50), { ...polygon(1, 50), type: 'mask' as const, points: maskToCvatPoints(mask) }];
    expect(keyframeSignals(b)).toMatchObject({ area: 3600, x: 80, y: 130, largest: 1 });
    expect(keyframeSignals(a)).toMatchObject({ area: 3600, x: 80, y: 130, box: keyframeSignals(b).box });
    for (let y = 300; y < 330; y++) mask.data.fill(1, 640 * y + 50, 640 * y + 110);
    const apart = { ...b, points: maskToCvatPoints(mask) };
    expect(keyframeSignals(apart).largest).toBeCloseTo(2 / 3);
    expect(keyframeSignals(apart, { shape: b, signals: keyframeSignals(b) }).likeBefore).toBeLessThan(0.8);
    expect(keyframeSignals(b, { shape: { ...b, frame: 0 }, signals: keyframeSignals(b) }).likeBefore).toBe(1);
  });

  it('says nothing of what moves evenly, and of what a person wrote', () => {
    expect(flagged(walk(40))).toEqual({});
    expect(flagged(changed(10, polygon(10, 400, 200, { origin: 'person' })))[10]).toBeUndefined();
  });

  it('says why a frame is suspicious', () => {
    expect(flagged(changed(10, polygon(10, 80, 150)))[10]).toEqual(expect.arrayContaining(['area', '2']));
    expect(flagged(changed(10, polygon(10, 300)))[10]).toEqual(['jump', '2']);
    const thin = { ...polygon(10, 80), points: [50, 128, 150, 128, 150, 160, 50, 160] };
    expect(flagged(changed(10, thin))[10]).toEqual(expect.arrayContaining(['shape']));
    expect(flagged(changed(10, polygon(10, 80, 60, { predicted_iou: 0.7 })))).toEqual({ 10: ['unsure', '1'] });
    expect(flagged(changed(10, polygon(10, 80, 60, { presence: 1 })))).toEqual({ 10: ['absent-like', '2'] });
    expect(flagged(changed(10, { ...polygon(10, 0), points: [0, 0, 640, 0, 640, 480, 0, 480] }))[10]).toContain(
      'whole-frame',
    );
    expect(flagged(changed(10, polygon(10, 108, 3)))[10]).toContain('tiny');
    expect(flagged(walk(20), [12])).toEqual({ 12: ['scene-cut', '2'] });
    const gone = walk(20).filter(({ frame }) => frame < 8 || frame > 12);
    expect(flagged([...gone.slice(0, 8), polygon(8, 74, 60, { outside: true }), ...gone.slice(8)])[13]).toEqual([
      'back',
      '1',
    ]);
  });

  it('makes spans of frames near each other, the worst first', () => {
    const keyframes = walk(60).map((each) => {
      if ([10, 12, 15].includes(each.frame)) return { ...each, predicted_iou: 0.75 };
      return each.frame === 40 ? { ...each, predicted_iou: 0.5 } : each;
    });
    const signals = signalsOf(keyframes);
    const spans = suspiciousSpans(flagKeyframes(signals, scene), signals);
    expect(spans).toEqual([
      { from: 40, to: 40, worst: 40, severity: 2, reasons: ['unsure'] },
      { from: 10, to: 15, worst: 10, severity: 1 + 0.2 * Math.log2(6), reasons: ['unsure'] },
    ]);
    const confirmed = keyframes.map((each) => ([39, 41].includes(each.frame) ? { ...each, origin: 'person' } : each));
    const settled = signalsOf(confirmed);
    expect(suspiciousSpans(flagKeyframes(settled, scene), settled).map(({ from }) => from)).toEqual([10]);
  });
});
