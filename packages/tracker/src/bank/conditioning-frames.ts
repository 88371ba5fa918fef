/** Prompted frames split for one frame's attention: `selected` are read as prompts, `others` only where they are near. */
export type ConditioningChoice = { readonly selected: readonly number[]; readonly others: readonly number[] };

/**
 * The official rule for many prompted frames (`select_closest_cond_frames`): the nearest before `frame`, the nearest
 * at or after it, then the nearest of the rest, earlier prompts first on ties, until `limit` are taken. The rule does
 * not know the direction of the pass. Without a limit, or with enough room, all are taken in the order prompted.
 *   limit  null for none, otherwise at least 2
 */
export function chooseConditioning(frames: readonly number[], frame: number, limit: number | null): ConditioningChoice {
  if (limit === null || frames.length <= limit) return { selected: frames, others: [] };
  const selected: number[] = [];
  const before = frames.filter((f) => f < frame);
  const after = frames.filter((f) => f >= frame);
  if (before.length > 0) selected.push(Math.max(...before));
  if (after.length > 0) selected.push(Math.min(...after));
  const rest = frames
    .filter((f) => !selected.includes(f))
    .sort((a, b) => Math.abs(a - frame) - Math.abs(b - frame))
    .slice(0, limit - selected.length);
  selected.push(...rest);
  return { selected, others: frames.filter((f) => !selected.includes(f)) };
}
