import type { FrameSource } from '@roto/media';

/**
 * Keeps videos open between requests, so that reading frame after frame goes on where it was: at most `most` that nobody
 * uses, each for `idleMs`. Many requests share one.
 */
export class SourcePool {
  readonly #open = new Map<string, { source: Promise<FrameSource>; users: number; idle: NodeJS.Timeout | undefined }>();
  readonly #most: number;
  readonly #idleMs: number;
  #closed = false;

  constructor(most = 8, idleMs = 120_000) {
    this.#most = most;
    this.#idleMs = idleMs;
  }

  /** Calls `work` with the source of that key, opened by `open` unless it is there. */
  async use<T>(key: string, open: () => Promise<FrameSource>, work: (source: FrameSource) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('The pool of sources is closed.');
    const entry = this.#open.get(key) ?? { source: open(), users: 0, idle: undefined };
    // The last used stands last.
    this.#open.delete(key);
    this.#open.set(key, entry);
    clearTimeout(entry.idle);
    entry.users++;
    try {
      return await work(await entry.source);
    } catch (error) {
      // A source that did not open, or was changed under us, is opened anew next time.
      if (this.#open.get(key) === entry && (await isLost(entry.source, error))) this.#open.delete(key);
      throw error;
    } finally {
      entry.users--;
      if (entry.users === 0) {
        if (this.#open.get(key) !== entry || this.#closed) void close(entry.source);
        else {
          entry.idle = setTimeout(() => this.#drop(key), this.#idleMs);
          entry.idle.unref();
        }
      }
      this.#shrink();
    }
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Closes those that nobody uses; the rest when their users are done. */
  async close(): Promise<void> {
    this.#closed = true;
    const idle = [...this.#open.values()].filter(({ users }) => users === 0);
    for (const entry of this.#open.values()) clearTimeout(entry.idle);
    this.#open.clear();
    await Promise.all(idle.map(({ source }) => close(source)));
  }

  #shrink(): void {
    for (const [key, { users }] of this.#open) {
      if (this.#open.size <= this.#most) return;
      if (users === 0) this.#drop(key);
    }
  }

  #drop(key: string): void {
    const entry = this.#open.get(key);
    if (!entry || entry.users > 0) return;
    clearTimeout(entry.idle);
    this.#open.delete(key);
    void close(entry.source);
  }
}

async function close(source: Promise<FrameSource>): Promise<void> {
  await source.then((opened) => opened.close()).catch(() => undefined);
}

async function isLost(source: Promise<FrameSource>, error: unknown): Promise<boolean> {
  if (['changed', 'closed', 'unreadable'].includes((error as { code?: string }).code ?? '')) return true;
  return source.then(
    () => false,
    () => true,
  );
}
