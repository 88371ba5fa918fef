import { describe, expect, it } from 'vitest';
import { SceneCuts } from './index.ts';

const [width, height] = [160, 90];
/** A picture with a gradient that moves a little from frame to frame; scenes differ in brightness and direction. */
function frame(index: number, scene: number, flash = false) {
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const t = scene % 2 === 0 ? x / width : y / height;
      const level = flash ? 255 : 255 * ((0.2 + 0.3 * scene + 0.5 * t + 0.002 * index) % 1);
      rgb.fill(level, 3 * (y * width + x), 3 * (y * width + x) + 3);
    }
  return { index, rgb, width, height };
}
function cutsOf(frames: readonly ReturnType<typeof frame>[]): number[] {
  const cuts = new SceneCuts();
  const found = frames.flatMap((each) => cuts.add(each) ?? []);
  return [...found, ...[cuts.end() ?? []].flat()];
}

describe('SceneCuts', () => {
  it('finds the first frame of each scene', () => {
    const frames = Array.from({ length: 30 }, (_, i) => frame(i, i < 10 ? 0 : i < 11 ? 1 : 2));
    expect(cutsOf(frames)).toEqual([10, 11]);
    expect(cutsOf(frames.slice(0, 11))).toEqual([10]);
  });

  it('finds none in one scene, nor in a flash', () => {
    const still = Array.from({ length: 30 }, (_, i) => frame(i, 0));
    expect(cutsOf(still)).toEqual([]);
    expect(cutsOf(still.map((each) => (each.index === 12 ? frame(12, 0, true) : each)))).toEqual([]);
    expect(cutsOf([])).toEqual([]);
  });
});
