/** The way a pass walks through the video. The official predictor's `reverse` is `backward` here. */
export type Direction = 'forward' | 'backward';

/** +1 for a forward pass, −1 for a backward one. */
export function stride(direction: Direction): 1 | -1 {
  return direction === 'forward' ? 1 : -1;
}

/** Frames `from`…`to` (inclusive, from ≤ to) that a pass has walked over, and which way the last one went. */
export type VisitedRun = { readonly from: number; readonly to: number; readonly direction: Direction };

/**
 * The direction in which `frame` was tracked last, or undefined when no pass has been there. It decides whether a
 * prompt starts afresh or corrects, and which neighbours a correction remembers (`frames_tracked_per_obj` of the
 * official predictor, which holds one entry a frame; runs keep the bank small).
 */
export function directionAt(runs: readonly VisitedRun[], frame: number): Direction | undefined {
  return runs.find((run) => run.from <= frame && frame <= run.to)?.direction;
}

/** `runs` with `frame` marked; sorted, without overlaps, neighbours of one direction joined. */
export function visit(runs: readonly VisitedRun[], frame: number, direction: Direction): readonly VisitedRun[] {
  if (directionAt(runs, frame) === direction) return runs;
  const sorted = [...leave(runs, frame), { from: frame, to: frame, direction }].sort((a, b) => a.from - b.from);
  const joined: VisitedRun[] = [];
  for (const run of sorted) {
    const last = joined.at(-1);
    if (last && last.direction === run.direction && last.to + 1 === run.from)
      joined[joined.length - 1] = { ...last, to: run.to };
    else joined.push(run);
  }
  return joined;
}

/** `runs` without `frame`. */
export function leave(runs: readonly VisitedRun[], frame: number): readonly VisitedRun[] {
  return runs.flatMap((run) => {
    if (frame < run.from || frame > run.to) return [run];
    const pieces: VisitedRun[] = [];
    if (run.from < frame) pieces.push({ ...run, to: frame - 1 });
    if (frame < run.to) pieces.push({ ...run, from: frame + 1 });
    return pieces;
  });
}
