import type { Asker } from '../../testing/server.ts';

// biome-ignore lint/suspicious/noExplicitAny: events of every shape
export type HeardEvent = { readonly event: string; readonly data: any; readonly id?: string };

export type Listener = {
  readonly status: number;
  readonly events: HeardEvent[];
  /** Events of one name. */
  of(event: string): HeardEvent['data'][];
  /** Id of the last event that had one. */
  lastId(): string | undefined;
  hasEnded(): boolean;
  close(): void;
};

/** Reads an event stream as a page does. */
export async function listen(who: Asker, path: string, headers: Record<string, string> = {}): Promise<Listener> {
  const leave = new AbortController();
  const { status, body } = await who.fetch(path, { signal: leave.signal, headers });
  const events: HeardEvent[] = [];
  let ended = false;
  (async () => {
    let text = '';
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const messages = text.split('\n\n');
      text = messages.pop()!;
      for (const message of messages) {
        const fields = new Map(message.split('\n').map((line) => [line.split(': ', 1)[0], line.replace(/^\w+: /, '')]));
        const data = fields.get('data');
        if (data === undefined) continue;
        const id = fields.get('id');
        events.push({ event: fields.get('event')!, data: JSON.parse(data), ...(id === undefined ? {} : { id }) });
      }
    }
    ended = true;
  })().catch(() => undefined);
  return {
    status,
    events,
    of: (event) => events.filter((each) => each.event === event).map(({ data }) => data),
    lastId: () => events.findLast(({ id }) => id !== undefined)?.id,
    hasEnded: () => ended,
    close: () => leave.abort(),
  };
}
