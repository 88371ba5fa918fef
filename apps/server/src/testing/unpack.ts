import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

type Entry = { name: string; folder?: true; bytes?: number; same?: string; mode?: number };

/** Lays the files out that `make-data.ts` packed. */
export function unpack(file: string, folder: string): void {
  const all = brotliDecompressSync(readFileSync(file));
  for (let at = 0; at < all.length; ) {
    const end = all.indexOf(10, at);
    const entry = JSON.parse(all.toString('utf8', at, end)) as Entry;
    const target = path.join(folder, entry.name);
    at = end + 1;
    if (entry.folder) mkdirSync(target, { recursive: true });
    else {
      mkdirSync(path.dirname(target), { recursive: true });
      if (entry.same !== undefined) copyFileSync(path.join(folder, entry.same), target);
      else writeFileSync(target, all.subarray(at, at + entry.bytes!), { mode: entry.mode ?? 0o600 });
      at += entry.bytes ?? 0;
    }
  }
}
