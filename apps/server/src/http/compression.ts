import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import type { App } from './app.ts';

/** Below this, what is saved is less than what it costs. */
const LEAST_BYTES = 1_024;

/**
 * Text is sent compressed to those who take it; pictures and files are so already. The quick levels: annotations of a job
 * are megabytes of numbers that are made anew for each request, and shrink four times at any level.
 */
export async function compressText(app: App): Promise<void> {
  await app.register(compress, {
    threshold: LEAST_BYTES,
    encodings: ['br', 'gzip'],
    customTypes: /^(text\/(?!event-stream)|application\/(json|yaml|javascript|xml|vnd\.cvat\+json|[\w.+-]+\+json))/,
    zlibOptions: { level: 1 },
    brotliOptions: {
      params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_QUALITY]: 1 },
    },
  });
}
