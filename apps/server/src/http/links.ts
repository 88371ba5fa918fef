import type { ServerConfig } from '../config.ts';
import type { App } from './app.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Where absolute links of the answer begin: `http://127.0.0.1:8080`, no slash at the end. */
    readonly base: string;
  }
}

/**
 * Gives every request its `base`: where absolute links of its answer begin, such as `http://127.0.0.1:8080`. That is the
 * configured public address, else the one that the request came to (of the forwarding proxy's, if the server was told
 * to trust one).
 */
export function addLinkBase(app: App, config: ServerConfig): void {
  const configured = config.publicUrl?.replace(/\/+$/, '');
  app.decorateRequest('base', {
    getter() {
      return configured ?? `${this.protocol}://${this.host}`;
    },
  });
}
