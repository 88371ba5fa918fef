/**
 * Parses JSON of unknown origin into an object. Before anything is built, one pass over the text looks for what
 * JSON.parse would take in silence or at any cost: nesting beyond `maxDepth`, a key that comes twice in one object.
 */
export function checkedJson(
  bytes: Uint8Array,
  maxDepth: number,
  broken: (reason: string) => never,
): Record<string, unknown> {
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    scan(text, maxDepth);
    value = JSON.parse(text);
  } catch (cause) {
    return broken(`its JSON cannot be taken (${(cause as Error).message.slice(0, 200)})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return broken('its JSON is no object');
  return value as Record<string, unknown>;
}

/** Linear in the text, and content with invalid JSON, which JSON.parse refuses afterwards. */
function scan(text: string, maxDepth: number): void {
  // One entry per open bracket; arrays keep no keys.
  const open: (Set<string> | undefined)[] = [];
  let expectsKey = false;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
      case '[':
        open.push(text[at] === '{' ? new Set() : undefined);
        if (open.length > maxDepth) throw new SyntaxError(`nested deeper than ${maxDepth}`);
        expectsKey = open.at(-1) !== undefined;
        break;
      case '}':
      case ']':
        open.pop();
        expectsKey = false;
        break;
      case ',':
        expectsKey = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (expectsKey) {
          // Parsed, since "a" and "\u0061" are the same key.
          const key = JSON.parse(text.slice(at, end + 1)) as string;
          const keys = open.at(-1)!;
          if (keys.has(key)) throw new SyntaxError(`"${key}" comes twice`);
          keys.add(key);
          expectsKey = false;
        }
        at = end;
        break;
      }
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at++;
  }
  throw new SyntaxError('a string does not end');
}
