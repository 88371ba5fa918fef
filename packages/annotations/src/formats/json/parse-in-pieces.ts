export type JsonOptions = {
  /** Objects and arrays nested in each other, at most. */
  readonly maxDepth?: number;
  /** Objects and arrays in all, at most: empty ones take thirty times the memory of their text. */
  readonly maxContainers?: number;
  /** Characters of one string or number, at most. */
  readonly maxToken?: number;
  /** Parses a small complete text; replaced by who refuses certain keys. */
  readonly parse?: (text: string) => unknown;
  /** Characters that are parsed at once. */
  readonly piece?: number;
  /** Lets others work; awaited every few milliseconds. */
  readonly pause?: () => Promise<void>;
};

/** The text is not JSON, or past a limit. The message stands alone. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/** Long enough for the engine to be fast, short enough to take less than a millisecond. */
const PIECE = 64 * 1024;
const SLICE_MS = 8;

/**
 * Parses JSON that comes in pieces, a piece at a time, so that a long text neither stops everything else nor is whole in
 * memory. Small members are parsed together by the engine; a member that is longer than a piece is entered.
 * @throws JsonError
 */
export async function parseJsonInPieces(
  pieces: AsyncIterable<string> | Iterable<string>,
  { pause = () => new Promise((resolve) => setTimeout(resolve)), ...options }: JsonOptions = {},
): Promise<unknown> {
  const parser = new PieceParser(options);
  let resumed = performance.now();
  const work = async (steps: Iterable<void>): Promise<void> => {
    for (const _step of steps) {
      if (performance.now() - resumed < SLICE_MS) continue;
      await pause();
      resumed = performance.now();
    }
  };
  let waiting: string[] = [];
  let length = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    // Text that waits for the end of a long string is joined in growing steps, or joining would take the longest.
    if (length < Math.max(options.piece ?? PIECE, parser.pending / 2)) continue;
    await work(parser.feed(waiting.join('')));
    waiting = [];
    length = 0;
  }
  await work(parser.feed(waiting.join('')));
  await work(parser.finish());
  return parser.value;
}

/** An object or array whose members are still being read. */
type Open = {
  readonly value: unknown[] | Record<string, unknown>;
  readonly isArray: boolean;
  /** A comma came last: a member must follow. */
  afterComma: boolean;
  /** A member that was entered came last: a comma or the end must follow. */
  afterEntered: boolean;
};

class PieceParser {
  readonly #parse: (text: string) => unknown;
  readonly #maxDepth: number;
  readonly #maxContainers: number;
  readonly #maxToken: number;
  /** The first holds the document as its only member. */
  readonly #open: Open[] = [{ value: [], isArray: true, afterComma: false, afterEntered: false }];
  #text = '';
  /** Characters in front of `#text`. */
  #before = 0;
  /** Where the members begin that are not parsed yet, and how far the text was looked at. */
  #from = 0;
  #at = 0;
  /** The last comma between members since `#from`. */
  #comma = -1;
  /** Brackets that are open since `#from`. */
  #depth = 0;
  #inString = false;
  /** The character before was a backslash. */
  #isEscaped = false;
  #containers = 0;
  /** Of them, since the last comma between members, or `#from`. */
  #recent = 0;
  /** Length of the unparsed text at which entering its member is tried again. */
  #patience: number;
  readonly #piece: number;

  constructor(options: JsonOptions) {
    const { parse = JSON.parse, maxDepth = 64, maxContainers = 4_000_000, maxToken = 2 ** 25, piece = PIECE } = options;
    this.#piece = piece;
    this.#patience = piece;
    this.#parse = parse;
    this.#maxDepth = maxDepth;
    this.#maxContainers = maxContainers;
    this.#maxToken = maxToken;
  }

  get pending(): number {
    return this.#text.length - this.#from;
  }

  get value(): unknown {
    const [document, ...more] = this.#open[0]!.value as unknown[];
    if (document === undefined || more.length > 0 || this.#open[0]!.afterComma)
      throw this.#error(document === undefined ? 'the text is empty' : 'something follows the end');
    return document;
  }

  *feed(text: string): Generator<void> {
    this.#before += this.#from;
    this.#text = this.#text.slice(this.#from) + text;
    this.#at -= this.#from;
    if (this.#comma >= 0) this.#comma -= this.#from;
    this.#from = 0;
    while (this.#at < this.#text.length) {
      this.#look();
      if (this.#at - this.#from < this.#patience) continue;
      if (this.#comma >= 0) this.#take(this.#comma, false);
      else if (!this.#enter()) {
        if (this.#at - this.#from > this.#maxToken)
          throw this.#error(`a single value has more than ${this.#maxToken} characters`);
        this.#patience = 2 * (this.#at - this.#from);
      }
      yield;
    }
  }

  *finish(): Generator<void> {
    if (this.#open.length > 1) throw this.#error('the text ends before its last bracket');
    this.#take(this.#text.length, true);
    yield;
  }

  /** Looks at the text up to the next point at which something may have to be done. */
  #look(): void {
    const text = this.#text;
    const end = Math.min(text.length, Math.max(this.#at + 1, this.#from + this.#patience));
    let at = this.#at;
    if (this.#inString) {
      for (; at < end; at++) {
        const code = text.charCodeAt(at);
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === 92 /* \ */) this.#isEscaped = true;
        else if (code === 34 /* " */) {
          this.#inString = false;
          at++;
          break;
        }
      }
      this.#at = at;
      return;
    }
    for (; at < end; at++) {
      switch (text.charCodeAt(at)) {
        case 34: // "
          this.#inString = true;
          this.#at = at + 1;
          return;
        case 91: // [
        case 123: // {
          this.#depth++;
          this.#recent++;
          if (++this.#containers > this.#maxContainers)
            throw this.#error(`there are more than ${this.#maxContainers} objects and arrays; split the text`);
          if (this.#open.length - 1 + this.#depth > this.#maxDepth)
            throw this.#error(`objects and arrays are nested more than ${this.#maxDepth} levels deep`);
          break;
        case 93: // ]
        case 125: // }
          if (this.#depth === 0) {
            this.#at = at;
            this.#close(text.charCodeAt(at) === 93);
            return;
          }
          this.#depth--;
          break;
        case 44: // ,
          if (this.#depth > 0) break;
          this.#recent = 0;
          if (!this.#open.at(-1)!.afterEntered) this.#comma = at;
          else {
            this.#nothingBetween(at);
            const open = this.#open.at(-1)!;
            open.afterEntered = false;
            open.afterComma = true;
            this.#startAt(at + 1);
            return;
          }
      }
    }
    this.#at = at;
  }

  /** Parses the members up to `end`, a comma or the end of their container. */
  #take(end: number, isEnd: boolean): void {
    const open = this.#open.at(-1)!;
    if (open.afterEntered) {
      this.#nothingBetween(end);
      return;
    }
    const text = this.#text.slice(this.#from, end);
    const members = this.#parsed(open.isArray ? `[${text}]` : `{${text}}`);
    let count = 0;
    if (open.isArray) for (const member of members as unknown[]) count = (open.value as unknown[]).push(member);
    else
      for (const [key, member] of Object.entries(members as object)) {
        define(open.value as Record<string, unknown>, key, member);
        count++;
      }
    if (count === 0 && (open.afterComma || !isEnd)) throw this.#error('a comma stands where a value belongs');
    open.afterComma = !isEnd;
    if (isEnd) return;
    // The text after the comma was looked at already.
    this.#from = end + 1;
    this.#comma = -1;
    this.#patience = this.#piece;
  }

  /** Enters the container that is not complete yet. False: it is none, or not to be seen yet. */
  #enter(): boolean {
    const parent = this.#open.at(-1)!;
    if (parent.afterEntered) return false;
    KEY.lastIndex = this.#from;
    BLANK.lastIndex = this.#from;
    const head = (parent.isArray ? BLANK : KEY).exec(this.#text);
    if (!head) return false;
    const at = this.#from + head[0].length;
    const bracket = this.#text[at];
    if (bracket !== '[' && bracket !== '{') return false;
    const value = bracket === '[' ? [] : {};
    if (parent.isArray) (parent.value as unknown[]).push(value);
    else {
      // Parsed with a member such as who refuses keys looks for.
      const [key] = Object.keys(this.#parsed(`{${head[1]}:{"prototype":0}}`) as object);
      define(parent.value as Record<string, unknown>, key!, value);
    }
    parent.afterComma = false;
    parent.afterEntered = true;
    this.#containers -= this.#recent - 1;
    this.#open.push({ value, isArray: bracket === '[', afterComma: false, afterEntered: false });
    this.#startAt(at + 1);
    return true;
  }

  #close(bySquare: boolean): void {
    const open = this.#open.at(-1)!;
    if (this.#open.length === 1 || open.isArray !== bySquare) throw this.#error('a bracket closes nothing');
    const end = this.#at;
    this.#take(end, true);
    this.#open.pop();
    this.#startAt(end + 1);
  }

  #startAt(at: number): void {
    this.#from = at;
    this.#at = at;
    this.#comma = -1;
    this.#depth = 0;
    this.#recent = 0;
    this.#inString = false;
    this.#isEscaped = false;
    this.#patience = this.#piece;
  }

  #nothingBetween(end: number): void {
    if (this.#text.slice(this.#from, end).trim() !== '') throw this.#error('a comma is missing');
  }

  #parsed(text: string): unknown {
    try {
      return this.#parse(text);
    } catch (cause) {
      const what = cause instanceof Error ? cause.message.replace(/ (in JSON )?at position .*$/s, '') : String(cause);
      throw this.#error(what.length > 200 ? `${what.slice(0, 200)}…` : what);
    }
  }

  #error(what: string): JsonError {
    return new JsonError(`${what} (between characters ${this.#before + this.#from} and ${this.#before + this.#at})`);
  }
}

const BLANK = /[ \t\r\n]*/y;
const KEY = /[ \t\r\n]*("(?:[^"\\]|\\.)*")[ \t\r\n]*:[ \t\r\n]*/y;

/** Also for a key such as `__proto__`, which a plain assignment would take for something else. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
