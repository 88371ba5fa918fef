/** Whether two values of JSON are equal. Records are shared between documents, so that most comparisons end at once. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((value, i) => isEqual(value, b[i]));
  if (Array.isArray(b)) return false;
  const [keysA, keysB] = [keysOf(a), keysOf(b)];
  return (
    keysA.length === keysB.length &&
    keysA.every((key) => isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}

/** A key whose value is undefined is not there. */
function keysOf(value: object): string[] {
  return Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [key]));
}
