/** Request ids as CVAT's clients see them: `key=value` pairs joined by `&`; to them an opaque name. */
export function requestId(parts: {
  readonly action: 'create' | 'import' | 'export';
  readonly target: 'task' | 'job';
  readonly targetId: number;
  readonly userId?: number;
  readonly subresource?: string;
  readonly format?: string;
}): string {
  const pairs = [`action=${parts.action}`, `target=${parts.target}`, `target_id=${parts.targetId}`];
  if (parts.userId !== undefined) pairs.push(`user_id=${parts.userId}`);
  if (parts.subresource !== undefined) pairs.push(`subresource=${parts.subresource}`);
  if (parts.format !== undefined) pairs.push(`format=${parts.format.replaceAll(' ', '_').replaceAll('.', '~')}`);
  return pairs.join('&');
}
