import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Direction, directionAt, leave, type VisitedRun, visit } from './visited.ts';

describe('visited runs', () => {
  it('say the same as one entry a frame would, in as few runs as possible', () => {
    const move = fc.record({
      frame: fc.integer({ min: 0, max: 20 }),
      what: fc.constantFrom<Direction | 'leave'>('forward', 'backward', 'leave'),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        let runs: readonly VisitedRun[] = [];
        const entries = new Map<number, Direction>();
        for (const { frame, what } of moves) {
          if (what === 'leave') {
            runs = leave(runs, frame);
            entries.delete(frame);
          } else {
            runs = visit(runs, frame, what);
            entries.set(frame, what);
          }
        }
        for (let frame = -1; frame <= 21; frame++) expect(directionAt(runs, frame)).toBe(entries.get(frame));
        const edges = [...entries.keys()].filter((frame) => entries.get(frame) !== entries.get(frame - 1));
        expect(runs.length).toBe(edges.length);
        expect(runs.map((run) => run.from)).toEqual(edges.sort((a, b) => a - b));
      }),
      { seed: 4 },
    );
  });
});
