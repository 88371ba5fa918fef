import { CallError } from '../errors.ts';

/** The caller gives up after 120 s; this function answers in words before. */
export const DEADLINE_MS = 110_000;

export type Deadline = { /** Throws CallError 'deadline' once the time is over. */ check(): void };

export function deadlineIn(ms: number): Deadline {
  const until = performance.now() + ms;
  return {
    check() {
      if (performance.now() > until)
        throw new CallError(
          'deadline',
          `The call took longer than ${ms / 1000} s. Send fewer objects at once, or use a smaller model.`,
        );
    },
  };
}
