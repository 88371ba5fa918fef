import type { Run } from '../api/types.ts';

export type Progress = {
  /** 0 to 1. */
  readonly share: number;
  readonly framesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  /** For how long nothing came though frames came before; undefined while all is well. */
  readonly silentSeconds: number | undefined;
};

export type Meter = {
  /** Notes what a run says, with the time in milliseconds. */
  note(run: Pick<Run, 'id' | 'frames_done'>, now: number): void;
  progress(run: Pick<Run, 'id' | 'frames_done' | 'frames_total' | 'state'>, now: number): Progress;
};

const INTERVALS = 10;

/** Estimates rate and time left of runs from the times at which their frames came. */
export function createMeter(): Meter {
  const seen = new Map<string, { at: number; frames: number }[]>();
  return {
    note({ id, frames_done: frames }, now) {
      const marks = seen.get(id) ?? [];
      if (marks.at(-1)?.frames === frames) return;
      seen.set(id, [...marks.slice(-INTERVALS), { at: now, frames }]);
    },
    progress({ id, frames_done, frames_total, state }, now) {
      const share = frames_total === 0 ? 1 : frames_done / frames_total;
      const marks = seen.get(id) ?? [];
      const intervals = marks
        .slice(1)
        .map((mark, i) => (mark.at - marks[i]!.at) / Math.max(1, mark.frames - marks[i]!.frames));
      const median = intervals.toSorted((a, b) => a - b)[intervals.length >> 1];
      if (median === undefined || median <= 0 || state !== 'running')
        return { share, framesPerSecond: undefined, secondsLeft: undefined, silentSeconds: undefined };
      const silent = now - marks.at(-1)!.at;
      return {
        share,
        framesPerSecond: 1_000 / median,
        secondsLeft: ((frames_total - frames_done) * median) / 1_000,
        silentSeconds: silent > Math.max(5 * median, 10_000) ? silent / 1_000 : undefined,
      };
    },
  };
}
