import { usageError } from '../errors.ts';

export const FORMATS = ['coco', 'davis', 'cvat', 'overlay'] as const;
export type Format = (typeof FORMATS)[number];

/** `coco,davis`, `all` or `none`; results.jsonl is written in any case. */
export function parseFormats(text: string): Format[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 1 && names[0] === 'none') return [];
  const chosen = names.flatMap((name): readonly Format[] => {
    if (name === 'all') return FORMATS;
    const format = FORMATS.find((known) => known === name);
    if (format) return [format];
    throw usageError(
      `--format: there is no format ${JSON.stringify(name)}. Choose among ${FORMATS.join(', ')}, all, none.`,
    );
  });
  if (chosen.length === 0) throw usageError(`--format is empty. Choose among ${FORMATS.join(', ')}, all, none.`);
  return [...new Set(chosen)];
}
