/** A name of a person's choosing as one part of a path in an archive: no separators, no dots that lead elsewhere. */
export function safeName(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}._ -]/gu, '_').replace(/^[. ]+|[. ]+$/g, '');
  return safe === '' ? 'unnamed' : safe.slice(0, 100);
}

/** A relative path, part by part. */
export function safePath(path: string): string {
  const parts = path.split(/[/\\]/).filter((part) => part !== '' && part !== '.' && part !== '..');
  return parts.map(safeName).join('/') || 'unnamed';
}
