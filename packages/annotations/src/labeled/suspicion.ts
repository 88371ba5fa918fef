import type { KeyframeSignals } from './signals.ts';

export const REASONS = [
  'absent-like',
  'unsure',
  'area',
  'jump',
  'shape',
  'fragments',
  'whole-frame',
  'tiny',
  'scene-cut',
  'back',
] as const;
/**
 * Why a tracked keyframe is suspicious.
 *   absent-like  the presence score is low   unsure     the model expects a low IoU
 *   area         the area leapt               jump       the centroid leapt
 *   shape        another shape than before    fragments  it fell apart
 *   whole-frame  it covers the picture        tiny       hardly anything is left
 *   scene-cut    tracked across a cut         back       found again after frames out of sight
 */
export type Reason = (typeof REASONS)[number];

/** 1: worth a look; 2: bad. */
export type Flag = { readonly frame: number; readonly severity: 1 | 2; readonly reasons: readonly Reason[] };

export type SuspiciousSpan = {
  readonly from: number;
  readonly to: number;
  readonly worst: number;
  /** The worst of its flags + 0.2 × log2 of its length in frames. */
  readonly severity: number;
  readonly reasons: readonly Reason[];
};

export type Scene = { readonly width: number; readonly height: number; readonly cuts: readonly number[] };

/** Frames that are no further apart make one span. */
const GAP = 3;

/** Flags of the tracked keyframes of one track, in rising order; `keyframes` are all of the track's. */
export function flagKeyframes(keyframes: readonly KeyframeSignals[], scene: Scene): Flag[] {
  const cuts = new Set(scene.cuts);
  const flags: Flag[] = [];
  const areas: number[] = [];
  const steps: (readonly [number, number])[] = [];
  let absentSince: number | undefined;
  for (const [i, now] of keyframes.entries()) {
    const before = keyframes[i - 1];
    if (now.outside) {
      absentSince ??= now.frame;
      continue;
    }
    const found = now.tracked ? reasonsOf(now, before, areas, steps, scene) : new Map<Reason, 1 | 2>();
    if (now.tracked && cuts.has(now.frame) && before && !before.outside) found.set('scene-cut', 2);
    if (now.tracked && absentSince !== undefined && now.frame - absentSince >= 3) found.set('back', 1);
    absentSince = undefined;
    if (found.size > 0)
      flags.push({ frame: now.frame, severity: Math.max(...found.values()) as 1 | 2, reasons: [...found.keys()] });
    if (before && !before.outside) {
      const frames = now.frame - before.frame;
      steps.push([(now.x - before.x) / frames, (now.y - before.y) / frames]);
    } else steps.length = 0;
    areas.push(now.area);
  }
  return flags;
}

function reasonsOf(
  now: KeyframeSignals,
  before: KeyframeSignals | undefined,
  areas: readonly number[],
  steps: readonly (readonly [number, number])[],
  { width, height }: Scene,
): Map<Reason, 1 | 2> {
  const found = new Map<Reason, 1 | 2>();
  const add = (reason: Reason, isWarn: boolean, isBad: boolean) => {
    if (isBad || isWarn) found.set(reason, isBad ? 2 : 1);
  };
  add('absent-like', false, now.presence < 2);
  add('unsure', now.predictedIou < 0.8, now.predictedIou < 0.65);
  const typical = areas.length === 0 ? now.area : median(areas.slice(-5));
  const ratio = typical > 0 && now.area > 0 ? Math.abs(Math.log(now.area / typical)) : 0;
  add('area', ratio > Math.log(1.35), ratio > Math.log(2));
  if (before && !before.outside && before.area > 0) {
    const last = steps.slice(-3);
    const frames = now.frame - before.frame;
    const [vx, vy] = [0, 1].map((axis) => (last.length === 0 ? 0 : median(last.map((step) => step[axis]!))));
    const moved = Math.hypot(now.x - before.x - vx! * frames, now.y - before.y - vy! * frames) / Math.sqrt(before.area);
    add('jump', moved > 0.35, moved > 0.8);
  }
  add('shape', now.likeBefore < 0.7, now.likeBefore < 0.5);
  add('fragments', now.largest < 0.95, now.largest < 0.8);
  const { box, area } = now;
  const borders = [box.x0 <= 1, box.y0 <= 1, box.x1 >= width - 1, box.y1 >= height - 1].filter(Boolean).length;
  add('whole-frame', false, area > 0.6 * width * height || (borders >= 3 && area > 3 * typical));
  add('tiny', area < 16 || area < 0.02 * typical, false);
  return found;
}

/** Flagged frames as spans, the worst first. Those that lie between two keyframes of a person close together are left out. */
export function suspiciousSpans(flags: readonly Flag[], keyframes: readonly KeyframeSignals[]): SuspiciousSpan[] {
  const persons = keyframes.filter(({ tracked }) => !tracked).map(({ frame }) => frame);
  const groups: Flag[][] = [];
  for (const flag of flags) {
    const last = groups.at(-1);
    if (last && flag.frame - last.at(-1)!.frame <= GAP) last.push(flag);
    else groups.push([flag]);
  }
  return groups
    .filter((group) => !isBetweenPersons(group[0]!.frame, group.at(-1)!.frame, persons))
    .map((group) => {
      const worst = group.reduce((a, b) =>
        b.severity * 100 + b.reasons.length > a.severity * 100 + a.reasons.length ? b : a,
      );
      const [from, to] = [group[0]!.frame, group.at(-1)!.frame];
      return {
        from,
        to,
        worst: worst.frame,
        severity: worst.severity + 0.2 * Math.log2(to - from + 1),
        reasons: [...new Set(group.flatMap(({ reasons }) => reasons))],
      };
    })
    .sort((a, b) => b.severity - a.severity || a.from - b.from);
}

function isBetweenPersons(from: number, to: number, persons: readonly number[]): boolean {
  const before = persons.findLast((frame) => frame < from);
  const after = persons.find((frame) => frame > to);
  return before !== undefined && after !== undefined && after - before <= 2;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
