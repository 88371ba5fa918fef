import type { ServerResponse } from 'node:http';
import { JsonError, parseJsonInPieces } from '@roto/annotations/formats';
import type { FastifyRequest } from 'fastify';
import secure from 'secure-json-parse';
import type { App } from './app.ts';
import { createBodyBudget } from './body-budget.ts';
import { bodyLimit, SMALL_BODY } from './body-limits.ts';
import { HttpError } from './errors.ts';

/** Nested objects and arrays that a JSON body may have; CVAT's deepest has under twenty. */
export const MAX_JSON_DEPTH = 64;
/** Objects and arrays in all: three for each of half a million shapes. */
const MAX_JSON_CONTAINERS = 1_500_000;

/**
 * What bodies are taken: JSON, where an empty one counts as `{}` (CVAT's clients announce JSON and send nothing), and the
 * raw bytes of a TUS chunk, handed over as a stream. Multipart has its own parser. Anything else is 415. JSON is parsed
 * a piece at a time, so that a large body does not keep other requests waiting.
 */
export function readBodies(app: App, limits: { readonly bodyBytes: number }): void {
  const budget = createBodyBudget(2 * limits.bodyBytes);
  app.removeAllContentTypeParsers();
  app.addHook('onRoute', (route) => {
    route.bodyLimit = bodyLimit(route.url, limits.bodyBytes);
  });
  const responses = new WeakMap<FastifyRequest, ServerResponse>();
  app.addHook('onRequest', async (request, reply) => {
    responses.set(request, reply.raw);
  });
  app.addContentTypeParser(
    /^application\/([\w.+-]+\+)?json(;|$)/,
    async (request: FastifyRequest, payload: AsyncIterable<Buffer>) => {
      const limit = request.routeOptions.bodyLimit ?? SMALL_BODY;
      const announced = Number(request.headers['content-length'] ?? 0);
      if (announced > limit) throw tooLarge(limit);
      const sender = String(request.principal?.userId ?? request.ip);
      const share = budget.open(sender, responses.get(request)!);
      const text = decode(payload, limit, share.add);
      try {
        const value = await parseJsonInPieces(orEmpty(text), {
          maxDepth: MAX_JSON_DEPTH,
          maxContainers: MAX_JSON_CONTAINERS,
          // Takes keys such as __proto__ for what they are: an attack.
          parse: (piece) => secure.parse(piece, { protoAction: 'error', constructorAction: 'error' }),
          pause: () => new Promise((resolve) => setImmediate(resolve)),
        });
        return value;
      } catch (error) {
        if (!(error instanceof JsonError)) throw error;
        throw new HttpError(400, { detail: `JSON parse error: ${error.message}.` });
      }
    },
  );
  app.addContentTypeParser('application/offset+octet-stream', (_request, payload, done) => done(null, payload));
  // Without a content type there is nothing to parse; a route that wants a body then says what it misses.
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined && request.routeOptions.schema?.body) request.body = {};
  });
}

async function* decode(
  payload: AsyncIterable<Buffer>,
  limit: number,
  count: (bytes: number) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let length = 0;
  for await (const chunk of payload) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    count(chunk.length);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

/** A body of blanks counts as `{}`. */
async function* orEmpty(text: AsyncIterable<string>): AsyncGenerator<string> {
  let isBlank = true;
  for await (const piece of text) {
    isBlank &&= piece.trim() === '';
    yield piece;
  }
  if (isBlank) yield '{}';
}

function tooLarge(limit: number): HttpError {
  return new HttpError(413, { detail: `The body is larger than ${limit} bytes, the most that this address takes.` });
}
