/** Attributes of a tag, in order; those that are undefined are left out. */
export type XmlAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** `<name a="1">`, or `<name a="1"/>` when it is closed at once. Booleans are written as CVAT does: 0 and 1. */
export function openTag(name: string, attributes: XmlAttributes = {}, isClosed = false): string {
  let tag = `<${name}`;
  for (const key in attributes) {
    const value = attributes[key];
    if (value === undefined) continue;
    const text =
      typeof value === 'boolean' ? (value ? '1' : '0') : typeof value === 'number' ? String(value) : escaped(value);
    tag += ` ${key}="${text}"`;
  }
  return tag + (isClosed ? '/>' : '>');
}

/** `<name>text</name>` */
export function textElement(name: string, text: string | number, attributes?: XmlAttributes): string {
  return `${openTag(name, attributes)}${escaped(String(text))}</${name}>`;
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Line ends and tabs too: a reader would turn them to spaces in attributes. What XML cannot hold at all becomes U+FFFD. */
function escaped(text: string): string {
  // The common case, numbers and names, has nothing to escape.
  if (!/[^ !#-%'-;=?-~]/.test(text)) return text;
  return (
    text
      .toWellFormed()
      .replace(/[&<>"\t\n\r]/g, (found) => ESCAPES[found]!)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 excludes
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
  );
}
