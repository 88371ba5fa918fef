// What remains of a run: the worst difference of each kind of tensor.
import type { Difference } from './difference.ts';

/** Kinds of tensors, in the order of the report. */
export const kinds = [
  { key: 'encoder', title: 'encoder s0, s1, f', of: /^encoder\// },
  { key: 'decoderLogits', title: 'decoder logits', of: /^(decoder|memory-attention)\/.*\/low$/ },
  { key: 'decoderPointer', title: 'decoder pointer', of: /^(decoder|memory-attention)\/.*\/pointer$/ },
  { key: 'decoderScores', title: 'presence, IoU', of: /^(decoder|memory-attention)\/.*\/(presence|ious)$/ },
  { key: 'attention', title: 'memory attention', of: /^memory-attention\/.*\/attended$/ },
  { key: 'memory', title: 'memory encoder', of: /^memory-encoder\// },
  { key: 'rolloutLogits', title: 'roll-out logits', of: /^rollout\/.*\/low$/ },
  { key: 'rolloutPointer', title: 'roll-out pointer', of: /^rollout\/.*\/pointer$/ },
  { key: 'rolloutPresence', title: 'roll-out presence', of: /^rollout\/.*\/presence$/ },
  { key: 'rolloutMemory', title: 'roll-out memory', of: /^rollout\/.*\/memory$/ },
  {
    key: 'promptedMemory',
    title: 'prompted memory of the official mask',
    of: /^rollout\/.*\/memory of the official mask$/,
  },
] as const;

export type Kind = (typeof kinds)[number]['key'];

export type Worst = {
  /** Tensors compared. */
  readonly count: number;
  readonly relative: number;
  readonly bar: number;
  /** Where the worst relative L2 was. */
  readonly name: string;
  /** Largest absolute difference over all tensors of the kind. */
  readonly largest: number;
  readonly ok: boolean;
};

export type Summary = {
  readonly kinds: Readonly<Partial<Record<Kind, Worst>>>;
  /** Roll-out masks: the smallest IoU of a frame, and elements on the other side of 0 of all elements. */
  readonly masks: { readonly iou: number; readonly flips: number; readonly frames: number };
  /** The largest relative L2 of each roll-out's logits by frame, to see whether differences grow. */
  readonly growth: Readonly<Record<string, readonly number[]>>;
  readonly missed: number;
};

export function summarise(differences: readonly Difference[]): Summary {
  const found: Partial<Record<Kind, Worst>> = {};
  for (const { key, of } of kinds) {
    const members = differences.filter(({ name }) => of.test(name));
    if (members.length === 0) continue;
    const worst = members.reduce((a, b) => (b.relative > a.relative || Number.isNaN(b.relative) ? b : a));
    found[key] = {
      count: members.length,
      relative: worst.relative,
      bar: worst.bar.relative,
      name: worst.name,
      largest: Math.max(...members.map(({ largest }) => largest)),
      ok: members.every(({ ok }) => ok),
    };
  }
  const masks = differences.filter(({ name }) => /^rollout\/.*\/low$/.test(name));
  return {
    kinds: found,
    masks: {
      iou: Math.min(1, ...masks.map(({ mask }) => mask!.iou)),
      flips: masks.reduce((sum, { mask }) => sum + mask!.flips, 0),
      frames: masks.length,
    },
    growth: growthOf(masks),
    missed: differences.filter(({ ok }) => !ok).length,
  };
}

/** 'two-objects/1' → relative L2 of its frames in the order in which they were tracked. */
function growthOf(masks: readonly Difference[]): Record<string, number[]> {
  const growth: Record<string, number[]> = {};
  for (const { name, relative } of masks) {
    const [, run, object] = name.split('/');
    const track = `${run}/${object}`;
    growth[track] = [...(growth[track] ?? []), Number(relative.toPrecision(3))];
  }
  return growth;
}

/** For the terminal: one line per kind. */
export function summaryLines({ kinds: found, masks, missed }: Summary): string[] {
  const lines = kinds.flatMap(({ key, title }) => {
    const worst = found[key];
    if (!worst) return [];
    const { count, relative, bar, largest, name, ok } = worst;
    return [
      `  ${ok ? 'ok  ' : 'FAIL'} ${title.padEnd(18)} ${String(count).padStart(4)} tensors  relative L2 at most ` +
        `${relative.toExponential(1)} (bar ${bar.toExponential(0)}), largest difference ${largest.toExponential(1)}  at ${name}`,
    ];
  });
  if (masks.frames > 0)
    lines.push(
      `       roll-out masks: IoU at least ${masks.iou.toFixed(5)}, ${masks.flips} sign flips in ${masks.frames} masks`,
    );
  lines.push(missed === 0 ? '  every bar is met' : `  ${missed} TENSORS MISS THEIR BAR`);
  return lines;
}
