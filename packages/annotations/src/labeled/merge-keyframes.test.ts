import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeKeyframes, wholeTrack } from '../index.ts';

type Frames = Record<number, string>;
const map = (frames: Frames) => new Map(Object.entries(frames).map(([frame, value]) => [Number(frame), value]));
const isSame = (a: string, b: string) => a === b;

/** Two writers read `base`; `theirs` is stored when `mine` arrives, as a whole track. */
function meet(base: Frames, theirs: Frames, mine: Frames) {
  const [was, stored, given] = [map(base), map(theirs), map(mine)];
  const touched = [...new Set([...was.keys(), ...stored.keys()])].filter((f) => was.get(f) !== stored.get(f));
  const since = new Map(touched.map((frame) => [frame, was.get(frame) ?? null]));
  const { changes, conflicts } = mergeKeyframes({ stored, wanted: wholeTrack(stored, given), since, isSame });
  const result = new Map(stored);
  for (const [frame, value] of changes) {
    if (value === null) result.delete(frame);
    else result.set(frame, value);
  }
  return { result: Object.fromEntries(result), conflicts };
}

describe('mergeKeyframes', () => {
  it('keeps what others did to frames that the writer left alone', () => {
    const base = { 0: 'a', 5: 'b', 9: 'c' };
    expect(meet(base, { 0: 'a', 5: 'B', 7: 'n' }, { ...base, 0: 'A' })).toEqual({
      result: { 0: 'A', 5: 'B', 7: 'n' },
      conflicts: [],
    });
  });

  it('names the frames that both changed in another way, and no frame that both changed alike', () => {
    const base = { 0: 'a', 5: 'b', 9: 'c', 12: 'd' };
    const { conflicts } = meet(base, { 0: 'x', 5: 'both', 12: 'theirs' }, { 0: 'y', 5: 'both', 9: 'mine', 3: 'n' });
    expect(conflicts).toEqual([0, 9, 12]);
  });

  it('gives the last word to a writer who does not say what they had read', () => {
    const stored = map({ 0: 'a', 5: 'b' });
    const wanted = wholeTrack(stored, map({ 5: 'B', 8: 'n' }));
    const { changes, conflicts } = mergeKeyframes({ stored, wanted, isSame });
    expect([...changes].sort(([a], [b]) => a - b)).toEqual([
      [0, null],
      [5, 'B'],
      [8, 'n'],
    ]);
    expect(conflicts).toEqual([]);
  });

  it('takes a part of a track as a wish for those frames alone', () => {
    const stored = map({ 0: 'a', 5: 'b', 9: 'c' });
    const wanted = new Map([
      [5, null],
      [7, null],
      [9, 'c'],
    ]);
    expect([...mergeKeyframes({ stored, wanted, isSame }).changes]).toEqual([[5, null]]);
  });

  it('does not guess where nobody knows what was read', () => {
    const unknown = { stored: map({ 3: 'now' }), since: new Map([[3, undefined]]), isSame };
    expect(mergeKeyframes({ ...unknown, wanted: map({ 3: 'mine' }) }).conflicts).toEqual([3]);
    expect(mergeKeyframes({ ...unknown, wanted: map({ 3: 'now' }) }).conflicts).toEqual([]);
  });

  const frames = fc.dictionary(
    fc.integer({ min: 0, max: 6 }).map((frame) => `${frame}`),
    fc.constantFrom('a', 'b', 'c'),
    { maxKeys: 7 },
  );

  it('is what one would have had without the other, where only one changed something', () => {
    fc.assert(
      fc.property(frames, frames, (base, other) => {
        expect(meet(base, base, other)).toEqual({ result: other, conflicts: [] });
        expect(meet(base, other, base)).toEqual({ result: other, conflicts: [] });
        expect(meet(base, other, other)).toEqual({ result: other, conflicts: [] });
      }),
    );
  });

  it('does not depend on who comes first, and conflicts exactly where both changed a frame differently', () => {
    fc.assert(
      fc.property(frames, frames, frames, (base, one, two) => {
        const forth = meet(base, one, two);
        const back = meet(base, two, one);
        const differs = (f: number) => base[f] !== one[f] && base[f] !== two[f] && one[f] !== two[f];
        expect(forth.conflicts).toEqual([0, 1, 2, 3, 4, 5, 6].filter(differs));
        expect(back.conflicts).toEqual(forth.conflicts);
        if (forth.conflicts.length === 0) expect(back.result).toEqual(forth.result);
      }),
    );
  });
});
