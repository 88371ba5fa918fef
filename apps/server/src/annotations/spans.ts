/** Frames in rising order as spans, both ends inclusive. */
export function frameSpans(frames: readonly number[]): [number, number][] {
  const spans: [number, number][] = [];
  for (const frame of frames) {
    const last = spans.at(-1);
    if (last && frame === last[1] + 1) last[1] = frame;
    else spans.push([frame, frame]);
  }
  return spans;
}
