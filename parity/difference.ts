import type { ReferenceTensor } from './reference.ts';

/** How far a tensor of ours is from the reference. */
export type Difference = {
  readonly name: string;
  /** ‖ours − theirs‖ / ‖theirs‖ */
  readonly relative: number;
  /** Largest |ours − theirs| and the row-major index where it is. */
  readonly largest: number;
  readonly at: number;
  /** First values, ours beside theirs. */
  readonly first: readonly (readonly [ours: number, theirs: number])[];
  /** For mask logits: elements on the other side of 0, and the IoU of the two masks (1 when both are empty). */
  readonly mask: { readonly flips: number; readonly iou: number } | null;
  readonly bar: Bar;
  readonly ok: boolean;
};

export type Bar = { readonly relative: number; readonly iou: number | null };

/** Bars by tensor name; the README of fixtures/mini gives the reasons. */
export function barOf(name: string): Bar {
  if (name.startsWith('encoder/')) return { relative: 1e-4, iou: null };
  return { relative: 1e-3, iou: name.startsWith('rollout/') && name.endsWith('/low') ? 0.995 : null };
}

export function difference(
  name: string,
  ours: Float32Array,
  reference: ReferenceTensor,
  bar = barOf(name),
): Difference {
  const { samples, step, shape } = reference;
  const count = shape.reduce((a, b) => a * b, 1);
  if (ours.length !== count)
    throw new Error(`"${name}" of ours has ${ours.length} elements, the reference is [${shape}], which has ${count}.`);
  let [error, norm, largest, at] = [0, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const theirs = samples[i]!;
    const apart = Math.abs(ours[i * step]! - theirs);
    error += apart * apart;
    norm += theirs * theirs;
    // Not `apart > largest`: a NaN must win, and stay.
    if (!(apart <= largest)) [largest, at] = [apart, i * step];
  }
  const relative = norm === 0 ? Math.sqrt(error) : Math.sqrt(error / norm);
  const mask = name.endsWith('/low') ? compareMasks(ours, reference) : null;
  const first = Array.from(samples.subarray(0, 4), (theirs, i) => [ours[i * step]!, theirs] as const);
  const ok = relative <= bar.relative && (bar.iou === null || mask === null || mask.iou >= bar.iou);
  return { name, relative, largest, at, first, mask, bar, ok };
}

function compareMasks(ours: Float32Array, { samples, signs }: ReferenceTensor): { flips: number; iou: number } {
  let [both, either] = [0, 0];
  for (let i = 0; i < ours.length; i++) {
    const inOurs = ours[i]! > 0;
    const inTheirs = signs ? ((signs[i >> 3]! >> (i & 7)) & 1) === 1 : samples[i]! > 0;
    if (inOurs && inTheirs) both++;
    if (inOurs || inTheirs) either++;
  }
  return { flips: either - both, iou: either === 0 ? 1 : both / either };
}

/** A difference in words: what a person needs to begin looking. */
export function explain({ name, relative, largest, at, first, mask, bar, ok }: Difference): string {
  const values = first.map(([ours, theirs]) => `${ours.toPrecision(7)} | ${theirs.toPrecision(7)}`).join('   ');
  const masks = mask ? `, ${mask.flips} sign flips, IoU ${mask.iou.toFixed(5)}` : '';
  return [
    `${ok ? 'ok  ' : 'FAIL'} ${name}: relative L2 ${relative.toExponential(2)} (bar ${bar.relative.toExponential(0)})${masks}`,
    `     largest difference ${largest.toExponential(2)} at element ${at}`,
    `     ours | official: ${values}`,
  ].join('\n');
}
