/**
 * Any text as a YAML scalar that every reader takes for that text. Without quotes PyYAML, which reads YAML 1.1, takes
 * `no`, `on`, `12:30` and `1_000` for values; and it refuses signs that it does not print.
 */
export function quoted(text: string): string {
  let inside = '';
  for (const sign of text.toWellFormed()) {
    const code = sign.codePointAt(0)!;
    if (sign === '"' || sign === '\\') inside += `\\${sign}`;
    else if (/^[\p{L}\p{M}\p{N} -~]$/u.test(sign)) inside += sign;
    else if (code > 0xffff) inside += `\\U${code.toString(16).padStart(8, '0')}`;
    else inside += `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return `"${inside}"`;
}
