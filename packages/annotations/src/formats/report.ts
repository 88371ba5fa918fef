import { AnnotationError } from '../errors.ts';
import type { ImportedFile } from './format.ts';

/** Places that a note names before it only counts. */
const SHOWN = 3;
/** Kinds of notes; what comes after them is counted together. */
const MOST_REASONS = 40;

/** What a reader passed over, counted by reason. */
export class Report {
  readonly #places = new Map<string, { count: number; readonly shown: string[] }>();
  readonly #said = new Set<string>();

  /** Something at `place` was left out; `reason` goes on after the place: "is no number of an object". */
  passOver(reason: string, place: string): void {
    const key =
      this.#places.has(reason) || this.#places.size < MOST_REASONS ? reason : 'was passed over for other reasons';
    const known = this.#places.get(key) ?? { count: 0, shown: [] };
    known.count++;
    if (known.shown.length < SHOWN && !known.shown.includes(place)) known.shown.push(place);
    this.#places.set(key, known);
  }

  /** A sentence about how the file was read. */
  say(sentence: string): void {
    this.#said.add(sentence);
  }

  /** A sentence each. */
  notes(): string[] {
    const counted = [...this.#places].map(([reason, { count, shown }]) => {
      const more = count > shown.length ? ` and ${count - shown.length} more` : '';
      return `${shown.join(', ')}${more}: ${reason}.`;
    });
    return [...this.#said, ...counted];
  }
}

/** Files that tell a reader nothing and are no loss. */
const PICTURES = /\.(jpe?g|png|bmp|gif|tiff?|webp|jp2|avif|mp4|mkv|mov|webm|avi)$/i;
/** What operating systems and servers leave in archives. */
const LITTER = /(^|\/)(__MACOSX\/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)/i;

/** Files that note whether somebody opened them. */
export class WatchedFiles {
  readonly files: readonly ImportedFile[];
  readonly #opened = new Set<string>();

  constructor(files: readonly ImportedFile[]) {
    this.files = files
      .filter(({ path }) => !LITTER.test(path))
      .map((file) => ({
        path: file.path,
        open: () => {
          this.#opened.add(file.path);
          return file.open();
        },
      }));
  }

  /** Files with something to read that no reader opened. */
  unread(): string[] {
    return this.files.filter(({ path }) => !this.#opened.has(path) && !PICTURES.test(path)).map(({ path }) => path);
  }

  /** What there is, for a person: the kinds of files by folder. */
  summary(): string {
    if (this.files.length === 0) return 'no file';
    const kinds = Map.groupBy(this.files, ({ path }) => {
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      const type = /\.[^./]+$/.exec(path)?.[0] ?? '';
      return `${folder}*${type}`;
    });
    const texts = [...kinds].map(([kind, { length, 0: first }]) =>
      length === 1 ? first!.path : `${length} × ${kind}`,
    );
    return texts.slice(0, 8).join(', ') + (texts.length > 8 ? ` and ${texts.length - 8} other kinds` : '');
  }
}

/** The error of a file in which nothing was found. */
export function nothingFound(
  format: string,
  lookedFor: string,
  found: string,
  notes: readonly string[],
): AnnotationError {
  const passed = notes.length === 0 ? '' : `\nPassed over:\n${notes.map((note) => `  ${note}`).join('\n')}`;
  return new AnnotationError(
    'nothing-found',
    `No annotations were found, so nothing was changed. Looked for, as ${format}: ${lookedFor}. Found: ${found}.${passed}`,
  );
}
