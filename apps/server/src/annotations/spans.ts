/** First and last frame, both inclusive. */
export type Span = [number, number];

/** Frames in rising order as spans. */
export function frameSpans(frames: readonly number[]): Span[] {
  const spans: Span[] = [];
  for (const frame of frames) {
    const last = spans.at(-1);
    if (last && frame === last[1] + 1) last[1] = frame;
    else spans.push([frame, frame]);
  }
  return spans;
}

/** Spans in rising order, those that touch as one. */
export function joinSpans(spans: readonly (readonly number[])[]): Span[] {
  const joined: Span[] = [];
  for (const [first, last] of [...spans].sort((a, b) => a[0]! - b[0]!) as Span[]) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** Spans without those frames of others; both in rising order and joined. */
export function subtractSpans(spans: readonly Span[], others: readonly Span[]): Span[] {
  let rest: Span[] = spans.map(([a, b]) => [a, b]);
  for (const [first, last] of others)
    rest = rest.flatMap(([a, b]): Span[] => {
      if (last < a || first > b) return [[a, b]];
      return (
        [
          [a, first - 1],
          [last + 1, b],
        ] as Span[]
      ).filter(([from, to]) => from <= to);
    });
  return rest;
}

export function isInSpans(spans: readonly (readonly number[])[], frame: number): boolean {
  return spans.some(([first, last]) => frame >= first! && frame <= last!);
}
