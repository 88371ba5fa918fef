import { describe, expect, it } from 'vitest';
import { createColourModel } from '../testing/colour-model.ts';
import { checkPrompt, type Prompt, toModelPrompt } from './prompt.ts';

const { config } = createColourModel();

function points(prompt: Prompt) {
  const result = toModelPrompt(prompt, 640, 360, config);
  if (result.kind !== 'points') throw new Error('expected points');
  return result;
}

describe('toModelPrompt', () => {
  it('stretches clicks to the model square, each axis on its own', () => {
    const { points: clicks, previous } = points({
      kind: 'points',
      points: [
        { x: 320, y: 90, positive: true },
        { x: 640, y: 360, positive: false },
      ],
    });
    expect(clicks).toEqual([
      { x: 32, y: 16, label: 1 },
      { x: 64, y: 64, label: 0 },
    ]);
    expect(previous).toBeNull();
  });

  it('gives a box as two corners before its clicks, cut at the border of the picture', () => {
    const { points: all } = points({
      kind: 'box',
      box: { x0: -10, y0: 36, x1: 700, y1: 72 },
      points: [{ x: 0, y: 0, positive: true }],
    });
    expect(all.map((point) => point.label)).toEqual([2, 3, 1]);
    expect(all[0]!.x).toBe(0);
    expect(all[1]!.x).toBe(64);
    expect(all[1]!.y).toBeCloseTo(12.8, 5);
  });

  it('makes ±10 logits of the mask that clicks correct', () => {
    const data = new Uint8Array(640 * 360).fill(1, 0, 640 * 180);
    const previous = { width: 640, height: 360, data };
    const { previous: logits } = points({ kind: 'points', points: [{ x: 1, y: 1, positive: true }], previous });
    expect(logits![0]).toBeCloseTo(10);
    expect(logits![255]).toBeCloseTo(-10);
  });

  it('fills a polygon', () => {
    const polygon = [
      {
        outer: [
          [0, 0],
          [640, 0],
          [640, 180],
          [0, 180],
        ] as const,
        holes: [],
      },
    ];
    const result = toModelPrompt({ kind: 'polygon', polygon }, 640, 360, config);
    expect(result.kind === 'mask' && result.mask.reduce((sum, pixel) => sum + pixel, 0)).toBe(64 * 32);
  });

  it.each<[string, Prompt, RegExp]>([
    ['no points', { kind: 'points', points: [] }, /at least one point/],
    [
      'a point outside',
      { kind: 'points', points: [{ x: 641, y: 0, positive: true }] },
      /\(641, 0\) lies outside the 640×360/,
    ],
    ['no number', { kind: 'points', points: [{ x: Number.NaN, y: 0, positive: true }] }, /NaN/],
    ['an inverted box', { kind: 'box', box: { x0: 9, y0: 0, x1: 3, y1: 5 } }, /no area inside/],
    ['a box elsewhere', { kind: 'box', box: { x0: 700, y0: 0, x1: 800, y1: 5 } }, /no area inside/],
    ['an endless box', { kind: 'box', box: { x0: 0, y0: 0, x1: Infinity, y1: 5 } }, /no area inside/],
    [
      'a mask of another size',
      { kind: 'mask', mask: { width: 10, height: 10, data: new Uint8Array(100) } },
      /video is 640×360/,
    ],
    ['a mask cut short', { kind: 'mask', mask: { width: 640, height: 360, data: new Uint8Array(5) } }, /5 pixels/],
    ['an empty polygon', { kind: 'polygon', polygon: [] }, /covers no pixel/],
  ])('refuses %s', (_, prompt, message) => {
    expect(() => toModelPrompt(prompt, 640, 360, config)).toThrow(message);
    expect(() => toModelPrompt(prompt, 640, 360, config)).toThrow(expect.objectContaining({ code: 'bad-prompt' }));
    expect(() => checkPrompt(prompt, 640, 360)).toThrow(message);
  });
});
