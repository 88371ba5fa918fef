import type { FastifyRequest } from 'fastify';
import type { App } from './app.ts';
import { HttpError } from './errors.ts';

/** Objects and arrays within one another that a JSON body may have; CVAT's deepest has under twenty. */
export const MAX_JSON_DEPTH = 64;

/**
 * What bodies are taken: JSON, where an empty one counts as `{}` (CVAT's clients announce JSON and send nothing), and the
 * raw bytes of a TUS chunk, handed over as a stream. Multipart has its own parser. Anything else is 415.
 */
export function readBodies(app: App): void {
  app.removeAllContentTypeParsers();
  // Takes keys such as __proto__ for what they are: an attack.
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser(
    /^application\/([\w.+-]+\+)?json(;|$)/,
    { parseAs: 'string' },
    (request: FastifyRequest, body, done) => {
      const text = body as string;
      if (text.trim() === '') return done(null, {});
      const deep = depth(text) > MAX_JSON_DEPTH;
      if (deep) {
        return done(
          new HttpError(400, { detail: `JSON parse error: more than ${MAX_JSON_DEPTH} objects within one another.` }),
        );
      }
      parse(request, text, (error, value) => {
        if (error) done(new HttpError(400, { detail: `JSON parse error: ${error.message}` }));
        else done(null, value);
      });
    },
  );
  app.addContentTypeParser('application/offset+octet-stream', (_request, payload, done) => done(null, payload));
  // Without a content type there is nothing to parse; a route that wants a body then says what it misses.
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined && request.routeOptions.schema?.body) request.body = {};
  });
}

/** How many brackets are open at once, at most; brackets in strings do not count. */
function depth(json: string): number {
  let open = 0;
  let most = 0;
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case 34: // "
        for (at++; at < json.length; at++) {
          const code = json.charCodeAt(at);
          if (code === 34) break;
          if (code === 92) at++;
        }
        break;
      case 91: // [
      case 123: // {
        if (++open > most) most = open;
        break;
      case 93:
      case 125:
        open--;
    }
  }
  return most;
}
