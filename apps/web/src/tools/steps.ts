/** Undo and redo inside a figure: values from before, now, and those taken back. */
export type Steps<T> = { readonly past: readonly T[]; readonly now: T; readonly future: readonly T[] };

export function firstStep<T>(now: T): Steps<T> {
  return { past: [], now, future: [] };
}

export function withStep<T>(steps: Steps<T>, now: T): Steps<T> {
  return { past: [...steps.past, steps.now], now, future: [] };
}

/** Changes the step that is being made, without a new one. */
export function amended<T>(steps: Steps<T>, now: T): Steps<T> {
  return { ...steps, now, future: [] };
}

/** One step back; undefined at the first one. */
export function undone<T>(steps: Steps<T>): Steps<T> | undefined {
  if (steps.past.length === 0) return undefined;
  return { past: steps.past.slice(0, -1), now: steps.past.at(-1)!, future: [steps.now, ...steps.future] };
}

/** One step forward again; undefined when nothing was taken back. */
export function redone<T>(steps: Steps<T>): Steps<T> | undefined {
  if (steps.future.length === 0) return undefined;
  return { past: [...steps.past, steps.now], now: steps.future[0]!, future: steps.future.slice(1) };
}
