/** The frames of a run, in the order in which they are tracked. All numbers are task frames. */
export type Pass = {
  readonly startFrame: number;
  /** Below the start: backward. */
  readonly targetFrame: number;
  readonly deletedFrames: readonly number[];
};

/** 1 forward, -1 backward, 0 when there is nowhere to go. */
export function direction(pass: Pass): 1 | -1 | 0 {
  return Math.sign(pass.targetFrame - pass.startFrame) as 1 | -1 | 0;
}

/** How far `frame` lies from the start along the pass; negative before it. */
export function along(pass: Pass, frame: number): number {
  return (frame - pass.startFrame) * (direction(pass) || 1);
}

/** First frame of the pass after `frame` that the task has not deleted; null past the target. */
export function nextFrame(pass: Pass, frame: number): number | null {
  const step = direction(pass);
  if (step === 0) return null;
  const deleted = new Set(pass.deletedFrames);
  for (let at = frame + step; along(pass, at) <= along(pass, pass.targetFrame); at += step)
    if (!deleted.has(at)) return at;
  return null;
}

/** Frames to be tracked after `from`, up to and including `to`. */
export function countFrames(pass: Pass, from: number, to: number): number {
  const near = Math.min(along(pass, from), along(pass, to));
  const far = Math.max(along(pass, from), along(pass, to));
  const deleted = new Set(pass.deletedFrames.filter((at) => along(pass, at) > near && along(pass, at) <= far)).size;
  return along(pass, to) < along(pass, from) ? 0 : far - near - deleted;
}
