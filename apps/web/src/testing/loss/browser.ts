import 'fake-indexeddb/auto';
import { createParser } from 'eventsource-parser';

/** What a test can do to the browser around a session. */
export type TestBrowser = {
  /** Sent with every request; undefined: the session has ended. */
  authorization: string | undefined;
  /** `online` and the like. */
  tell(event: string): void;
};

/** Puts into Node what a session expects of a browser: its address, its own cookies, storage and event streams. */
export function installBrowser(origin: string, authorization: string): TestBrowser {
  const target = new EventTarget();
  const browser: TestBrowser = { authorization, tell: (event) => void target.dispatchEvent(new Event(event)) };
  const real = globalThis.fetch;
  const ask: typeof fetch = (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (browser.authorization) headers.set('Authorization', browser.authorization);
    return real(input, { ...init, headers });
  };
  Object.assign(globalThis, {
    fetch: ask,
    location: new URL(origin),
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
    EventSource: eventSourceBy(ask, origin),
    document: {
      cookie: '',
      visibilityState: 'visible',
      addEventListener: target.addEventListener.bind(target),
      removeEventListener: target.removeEventListener.bind(target),
    },
  });
  return browser;
}

/** EventSource of the standard, as far as sessions use it. */
function eventSourceBy(ask: typeof fetch, origin: string) {
  return class TestEventSource extends EventTarget {
    static readonly CLOSED = 2;
    readyState = 0;
    onopen: (() => void) | undefined;
    onerror: (() => void) | undefined;
    readonly #stop = new AbortController();
    #last = '';

    constructor(path: string) {
      super();
      void this.#run(new URL(path, origin));
    }

    async #run(url: URL): Promise<void> {
      while (this.readyState !== TestEventSource.CLOSED) {
        try {
          const answer = await ask(url, {
            signal: this.#stop.signal,
            headers: { Accept: 'text/event-stream', ...(this.#last === '' ? {} : { 'Last-Event-ID': this.#last }) },
          });
          if (!answer.ok) this.readyState = TestEventSource.CLOSED;
          else await this.#read(answer);
        } catch {
          // Broken, or closed by the test.
        }
        if (this.#stop.signal.aborted) return;
        this.onerror?.();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }

    async #read(answer: Response): Promise<void> {
      this.readyState = 1;
      this.onopen?.();
      const parser = createParser({
        onEvent: ({ event = 'message', data, id }) => {
          if (id !== undefined) this.#last = id;
          this.dispatchEvent(new MessageEvent(event, { data, lastEventId: this.#last }));
        },
      });
      for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) parser.feed(piece);
      this.readyState = 0;
    }

    close(): void {
      this.readyState = TestEventSource.CLOSED;
      this.#stop.abort();
    }
  };
}
