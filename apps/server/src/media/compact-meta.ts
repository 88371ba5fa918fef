import type { DataMeta } from '@roto/wire';

/** Frames of one size in few bytes: what `?compact=true` answers in place of a member for each frame. */
export type CompactFrames = NonNullable<NonNullable<DataMeta['roto']>['frames']>;

export function compactFrames(
  names: readonly string[],
  { width, height }: { width: number; height: number },
): CompactFrames {
  const pattern = patternOf(names);
  return { count: names.length, width, height, ...(pattern ? { pattern } : { names: [...names] }) };
}

/** The rule by which names count up; undefined: they do not. */
function patternOf(names: readonly string[]): CompactFrames['pattern'] {
  const [, prefix, number, suffix] = /^(.*?)(\d{1,15})(\D*)$/s.exec(names[0] ?? '') ?? [];
  if (number === undefined) return undefined;
  const pattern = { prefix: prefix!, first: Number(number), digits: number.length, suffix: suffix! };
  const isNamed = names.every(
    (name, i) =>
      name === `${pattern.prefix}${String(pattern.first + i).padStart(pattern.digits, '0')}${pattern.suffix}`,
  );
  return isNamed ? pattern : undefined;
}
