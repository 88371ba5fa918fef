// Frames ↔ horizontal pixels of the timeline.

export interface Scale {
  /** First and last frame of the job. */
  readonly first: number;
  readonly last: number;
  /** Pixels of the drawing. */
  readonly width: number;
  /** The frame at the left border, may be a fraction. */
  readonly left: number;
  /** Pixels of a frame. */
  readonly perFrame: number;
}

export const MAX_PER_FRAME = 24;

export function wholeJob(first: number, last: number, width: number): Scale {
  return { first, last, width, left: first, perFrame: least(first, last, width) };
}

/** Room at the right of the last frame, so that it can be clicked. */
function least(first: number, last: number, width: number): number {
  return Math.min(MAX_PER_FRAME, Math.max(1e-4, width / (last - first + 1)));
}

export function xOf({ left, perFrame }: Scale, frame: number): number {
  return (frame - left) * perFrame;
}

/** The frame whose column is at x, within the job. */
export function frameAtX({ first, last, left, perFrame }: Scale, x: number): number {
  return Math.max(first, Math.min(last, Math.floor(left + x / perFrame)));
}

export function zoomed(scale: Scale, x: number, factor: number): Scale {
  const perFrame = Math.min(
    MAX_PER_FRAME,
    Math.max(least(scale.first, scale.last, scale.width), scale.perFrame * factor),
  );
  const at = scale.left + x / scale.perFrame;
  return within({ ...scale, perFrame, left: at - x / perFrame });
}

export function panned(scale: Scale, pixels: number): Scale {
  return within({ ...scale, left: scale.left + pixels / scale.perFrame });
}

export function resized(scale: Scale, width: number): Scale {
  const wasWhole = scale.perFrame <= least(scale.first, scale.last, scale.width) * 1.0001;
  return wasWhole ? wholeJob(scale.first, scale.last, width) : within({ ...scale, width });
}

/** Scrolls as little as is needed to show a frame. */
export function showing(scale: Scale, frame: number): Scale {
  const x = xOf(scale, frame);
  if (x >= 0 && x + scale.perFrame <= scale.width) return scale;
  const visible = scale.width / scale.perFrame;
  return within({ ...scale, left: x < 0 ? frame - visible * 0.1 : frame - visible * 0.9 });
}

function within(scale: Scale): Scale {
  const visible = scale.width / scale.perFrame;
  const most = Math.max(scale.first, scale.last + 1 - visible);
  return { ...scale, left: Math.max(scale.first, Math.min(most, scale.left)) };
}

/** Distance of two labelled ticks in frames: 1, 2 or 5 times a power of ten, at least `room` pixels apart. */
export function tickStep({ perFrame }: Scale, room = 64): number {
  const wanted = room / perFrame;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wanted)));
  for (const factor of [1, 2, 5, 10]) if (power * factor >= wanted) return Math.max(1, power * factor);
  return Math.max(1, power * 10);
}
