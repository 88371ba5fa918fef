import { createHash } from 'node:crypto';
import { maskArea, maskIou } from '@roto/geometry';
import { describe, expect, test } from 'vitest';
import { renderFrame, trackedActors } from './render.ts';
import { makeScene, type Scene } from './scene.ts';

const small = { width: 160, height: 90 } as const;

describe('a rendered clip', () => {
  test('is the same on every run, and another for another seed or difficulty', () => {
    const digest = (scene: Scene) => createHash('sha256').update(renderFrame(scene, 30).rgb).digest('hex');
    const first = digest(makeScene({ ...small, seed: 3 }));
    expect(digest(makeScene({ ...small, seed: 3 }))).toBe(first);
    expect(digest(makeScene({ ...small, seed: 4 }))).not.toBe(first);
    expect(digest(makeScene({ ...small, seed: 3, difficulty: 'hard' }))).not.toBe(first);
  });

  test.each(['plain', 'hard'] as const)('%s: a pixel belongs to one object at most', (difficulty) => {
    for (let seed = 1; seed <= 3; seed++) {
      const scene = makeScene({ ...small, seed, difficulty });
      expect(trackedActors(scene)).toHaveLength(3);
      for (const index of [0, 45, 119]) {
        const { rgb, masks } = renderFrame(scene, index);
        expect(rgb).toHaveLength(small.width * small.height * 3);
        const owners = new Uint8Array(small.width * small.height);
        for (const { data } of masks) for (let i = 0; i < data.length; i++) owners[i]! += data[i]!;
        expect(Math.max(...owners), `seed ${seed}, frame ${index}`).toBe(1);
      }
    }
  });

  test.each(['plain', 'hard'] as const)(
    '%s: on frame 0, where it is outlined, every object is in full sight',
    (difficulty) => {
      for (let seed = 0; seed <= 6; seed++) {
        const scene = makeScene({ ...small, seed, difficulty });
        const seen = renderFrame(scene, 0).masks.map(maskArea);
        trackedActors(scene).forEach((actor, k) => {
          const alone = maskArea(renderFrame({ ...scene, actors: [actor] }, 0).masks[0]!);
          expect(alone, `seed ${seed}, ${actor.name}`).toBeGreaterThan(60);
          expect(seen[k]! / alone, `seed ${seed}, ${actor.name}`).toBeGreaterThan(0.9);
        });
      }
    },
  );

  test('plain: some object leaves the picture and comes back', () => {
    const scene = makeScene({ ...small, seed: 1 });
    const areas = Array.from({ length: scene.frameCount }, (_, index) => renderFrame(scene, index).masks.map(maskArea));
    const returns = trackedActors(scene).some((_, k) => {
      const gone = areas.findIndex((frame) => frame[k] === 0);
      return gone > 0 && areas.slice(gone).some((frame) => frame[k]! > 60);
    });
    expect(returns).toBe(true);
  });

  test('hard: twins look alike, and one object is hidden wholly for a while', () => {
    const scene = makeScene({ ...small, seed: 2, difficulty: 'hard' });
    const actors = trackedActors(scene);
    const twins = actors.filter(({ name }) => name.startsWith('twin'));
    expect(twins[0]!.texture).toBe(twins[1]!.texture);
    const hidden = actors.findIndex(({ name }) => name === 'hidden');
    const areas = Array.from({ length: scene.frameCount }, (_, i) => maskArea(renderFrame(scene, i).masks[hidden]!));
    const gone = areas.indexOf(0);
    expect(gone).toBeGreaterThan(0);
    expect(Math.max(...areas.slice(gone))).toBeGreaterThan(40);
  });

  test('objects move smoothly: masks of neighbouring frames overlap', () => {
    const scene = makeScene({ ...small, seed: 1 });
    for (let index = 0; index < 20; index++) {
      const [now, next] = [renderFrame(scene, index).masks, renderFrame(scene, index + 1).masks];
      now.forEach((mask, k) => {
        if (maskArea(mask) > 100 && maskArea(next[k]!) > 100) expect(maskIou(mask, next[k]!)).toBeGreaterThan(0.3);
      });
    }
  });
});
