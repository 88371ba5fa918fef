import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ahead, begin, isUnderWay, type Outcome, type Run, type RunEvent, RunRefusal, step } from './machine.ts';
import { along, countFrames, nextFrame } from './pass.ts';

const pass = { startFrame: 10, targetFrame: 13, deletedFrames: [12] };
const all = (run: Run, outcome: Outcome = 'saved') => new Map(ahead(run)!.ordinals.map((each) => [each, outcome]));
const save = (run: Run, outcome: Outcome = 'saved') =>
  step(run, { kind: 'saved', frame: ahead(run)!.frame, outcomes: all(run, outcome) });

describe('a pass', () => {
  it('leaves out deleted frames, in both directions', () => {
    expect(nextFrame(pass, 11)).toBe(13);
    expect(nextFrame(pass, 13)).toBeNull();
    expect(countFrames(pass, 10, 13)).toBe(2);
    const back = { startFrame: 13, targetFrame: 10, deletedFrames: [12] };
    expect(nextFrame(back, 13)).toBe(11);
    expect(along(back, 10)).toBe(3);
    expect(countFrames(back, 13, 10)).toBe(2);
    expect(countFrames(back, 10, 13)).toBe(0);
  });
});

describe('a run', () => {
  it('goes frame by frame to its target', () => {
    let run = step(begin(pass, [null, null]), { kind: 'taken' });
    expect(ahead(run)).toEqual({ frame: 11, ordinals: [0, 1] });
    run = save(run);
    expect(run).toMatchObject({ state: 'running', doneFrame: 11 });
    run = save(run);
    expect(run).toMatchObject({ state: 'finished', doneFrame: 13, message: 'Reached frame 13.' });
  });

  it('has a frame done only when all of its objects are saved', () => {
    let run = begin(pass, [null, null]);
    run = step(run, { kind: 'saved', frame: 11, outcomes: new Map([[1, 'saved']]) });
    expect(run.doneFrame).toBe(10);
    expect(ahead(run)).toEqual({ frame: 11, ordinals: [0] });
    expect(step(run, { kind: 'lost', ordinals: [0] })).toMatchObject({ doneFrame: 11, state: 'running' });
    run = step(run, { kind: 'saved', frame: 11, outcomes: new Map([[0, 'saved']]) });
    expect(run.doneFrame).toBe(11);
  });

  it('stops before a frame of a person, known before or found on the way, and says so', () => {
    expect(begin(pass, [11])).toMatchObject({
      state: 'finished',
      doneFrame: 10,
      message: 'Stopped before frame 11, which a person edited.',
    });
    // Frame 12 is deleted, so 13 would be beyond the barrier on 12.
    expect(save(begin(pass, [12]))).toMatchObject({ state: 'finished', doneFrame: 11 });
    const run = step(save(begin(pass, [null, null])), {
      kind: 'saved',
      frame: 13,
      outcomes: new Map([
        [0, 'barrier'],
        [1, 'saved'],
      ]),
    });
    expect(run.message).toBe('Reached frame 13. 1 object: stopped before frame 13, which a person edited.');
    expect(run.objects[0]).toMatchObject({ end: 'barrier', lastFrame: 11 });
  });

  it('goes on past its old target, not back on its way, and not over a frame of a person', () => {
    const done = save(save(begin(pass, [null])));
    expect(step(done, { kind: 'continued', targetFrame: 20, barriers: new Map() })).toMatchObject({
      state: 'queued',
      targetFrame: 20,
      doneFrame: 13,
    });
    expect(() => step(done, { kind: 'continued', targetFrame: 5, barriers: new Map() })).toThrow('goes forward');
    expect(() => step(done, { kind: 'continued', targetFrame: 11, barriers: new Map() })).toThrow('are done');
    expect(() => step(done, { kind: 'continued', targetFrame: 20, barriers: new Map([[0, 14]]) })).toThrow(
      'frame 14, which a person edited',
    );
    const stopped = begin(pass, [11]);
    expect(step(stopped, { kind: 'continued', targetFrame: 13, barriers: new Map([[0, null]]) }).state).toBe('queued');
  });

  it('ends when the target is moved to what is done, and keeps what is done when it is cancelled', () => {
    const run = save(begin(pass, [null]));
    expect(step(run, { kind: 'continued', targetFrame: 11, barriers: new Map() })).toMatchObject({ state: 'finished' });
    const cancelled = step(run, { kind: 'cancelled' });
    expect(cancelled).toMatchObject({ state: 'cancelled', doneFrame: 11 });
    expect(() => step(cancelled, { kind: 'taken' })).toThrow(RunRefusal);
    expect(step(cancelled, { kind: 'continued', targetFrame: 13, barriers: new Map() })).toMatchObject({
      state: 'queued',
    });
  });

  it('refuses a run to where it starts', () => {
    expect(() => begin({ ...pass, targetFrame: 10 }, [null])).toThrow(RunRefusal);
  });

  it('keeps its laws whatever happens', () => {
    const event: fc.Arbitrary<(run: Run) => RunEvent> = fc.oneof(
      fc.constant<(run: Run) => RunEvent>(() => ({ kind: 'taken' })),
      fc.constant<(run: Run) => RunEvent>(() => ({ kind: 'returned' })),
      fc.constant<(run: Run) => RunEvent>(() => ({ kind: 'cancelled' })),
      fc.integer({ min: 0, max: 3 }).map((ordinal) => (): RunEvent => ({ kind: 'lost', ordinals: [ordinal] })),
      fc
        .tuple(fc.integer({ min: 0, max: 25 }), fc.array(fc.option(fc.integer({ min: 0, max: 25 })), { maxLength: 4 }))
        .map(
          ([targetFrame, barriers]) =>
            (): RunEvent => ({
              kind: 'continued',
              targetFrame,
              barriers: new Map(barriers.map((each, at) => [at, each])),
            }),
        ),
      {
        weight: 6,
        arbitrary: fc
          .array(fc.constantFrom<Outcome>('saved', 'saved', 'saved', 'barrier', 'gone'), { minLength: 4, maxLength: 4 })
          .chain((outcomes) =>
            fc.subarray([0, 1, 2, 3]).map(
              (some) =>
                (run: Run): RunEvent => ({
                  kind: 'saved' as const,
                  frame: ahead(run)?.frame ?? 0,
                  outcomes: new Map(some.map((each) => [each, outcomes[each]!])),
                }),
            ),
          ),
      },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0, max: 20 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 6 }),
        fc.array(fc.option(fc.integer({ min: 0, max: 20 })), { minLength: 1, maxLength: 4 }),
        fc.array(event, { maxLength: 60 }),
        (startFrame, targetFrame, deleted, barriers, events) => {
          if (startFrame === targetFrame) return;
          const deletedFrames = deleted.filter((each) => each !== startFrame);
          let run = begin({ startFrame, targetFrame, deletedFrames }, barriers);
          for (const make of events) {
            const before = run;
            try {
              run = step(run, make(run));
            } catch (error) {
              if (!(error instanceof RunRefusal)) throw error;
              expect(run).toBe(before);
              continue;
            }
            // Never back, never past a barrier, never on a deleted frame, and always something to do while under way.
            expect(along(run, run.doneFrame)).toBeGreaterThanOrEqual(along(run, before.doneFrame));
            expect(deletedFrames).not.toContain(run.doneFrame);
            for (const [at, object] of run.objects.entries()) {
              expect(along(run, object.lastFrame)).toBeGreaterThanOrEqual(along(run, before.objects[at]!.lastFrame));
              if (object.barrierFrame !== null && object.lastFrame !== before.objects[at]!.lastFrame)
                expect(along(run, object.lastFrame)).toBeLessThan(along(run, object.barrierFrame));
              if (!object.end) expect(along(run, object.lastFrame)).toBeGreaterThanOrEqual(along(run, run.doneFrame));
            }
            if (isUnderWay(run)) expect(ahead(run)).not.toBeNull();
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
