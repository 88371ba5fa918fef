/** Surgery on MP4 files for tests: finding a box, and putting other bytes in its place with all sizes kept right. */

/** Where the box at the end of `path` lies (offset of its size field, and its size). Boxes are looked for in order. */
export function findBox(file: Buffer, path: readonly string[]): { at: number; size: number } {
  let [from, to] = [0, file.length];
  let found = { at: 0, size: file.length };
  for (const name of path) {
    let at = from;
    for (; at + 8 <= to; at += file.readUInt32BE(at)) if (file.toString('latin1', at + 4, at + 8) === name) break;
    if (at + 8 > to) throw new Error(`no box ${name} in ${path.join('/')}`);
    found = { at, size: file.readUInt32BE(at) };
    from = at + 8 + (CONTENT_OFFSET[name] ?? 0);
    to = at + found.size;
  }
  return found;
}

/** Bytes between the head of a box and its children. */
const CONTENT_OFFSET: Record<string, number> = { dref: 8, stsd: 8, avc1: 78, mp4v: 78 };

/** A box of this name around these bytes. */
export function box(name: string, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, body]);
}

/** The file with the box at `path` replaced; sound as long as the media data lies before it (moov at the end). */
export function replaceBox(file: Buffer, path: readonly string[], replacement: Buffer): Buffer {
  const { at, size } = findBox(file, path);
  const out = Buffer.concat([file.subarray(0, at), replacement, file.subarray(at + size)]);
  for (let depth = 1; depth < path.length; depth++) {
    const parent = findBox(file, path.slice(0, depth));
    out.writeUInt32BE(parent.size + replacement.length - size, parent.at);
  }
  return out;
}
