import { createParser } from 'eventsource-parser';

export type ServerEvent = { readonly type: string; readonly data: string; readonly id: string | undefined };
export type StreamMessage =
  | { readonly kind: 'event'; readonly event: ServerEvent }
  /** Milliseconds to wait before connecting again. */
  | { readonly kind: 'retry'; readonly ms: number };

/** Bytes of one event; a stream that never ends its event is no stream of events. */
const MOST_BYTES = 4 * 2 ** 20;

/** Reads an event stream until it ends. Throws what reading throws, and an Error for an event that never ends. */
export async function* readEvents(answer: Response): AsyncGenerator<StreamMessage, void, undefined> {
  const messages: StreamMessage[] = [];
  const parser = createParser({
    onEvent: ({ event, data, id }) => messages.push({ kind: 'event', event: { type: event ?? '', data, id } }),
    onRetry: (ms) => messages.push({ kind: 'retry', ms }),
    onComment: () => undefined,
  });
  const text = new TextDecoder();
  let pending = 0;
  for await (const bytes of piecesOf(answer)) {
    pending += bytes.length;
    parser.feed(text.decode(bytes, { stream: true }));
    if (messages.length > 0) pending = 0;
    // Comments keep a quiet connection alive and count for nothing.
    if (pending > MOST_BYTES && bytes.includes(10)) pending = 0;
    if (pending > MOST_BYTES) throw new Error('The event stream holds an event without an end.');
    yield* messages.splice(0);
  }
}

/** The body piece by piece. By a reader: not every browser can iterate a stream. */
async function* piecesOf(answer: Response): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = answer.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Ends the connection of a stream that nobody reads on.
    await reader.cancel().catch(() => undefined);
  }
}
