import { isIP } from 'node:net';
import type { ServerConfig } from '../config.ts';
import type { App } from './app.ts';
import { HttpError } from './errors.ts';

/**
 * A server that listens on this machine alone answers only under names of this machine: else a page of another site whose
 * name is suddenly said to be 127.0.0.1 could ask it from the browser (DNS rebinding). Behind a proxy any name is the
 * proxy's to decide.
 */
export function refuseForeignHosts(app: App, { host, publicUrl, trustProxy }: ServerConfig): void {
  if (!isLoopback(host) || trustProxy) return;
  const known = publicUrl === undefined ? undefined : URL.parse(publicUrl)?.hostname;
  app.addHook('onRequest', async (request) => {
    const name = URL.parse(`http://${request.headers.host ?? 'localhost'}`)?.hostname;
    if (name !== undefined && (isLoopback(name) || name === known)) return;
    const detail = `This server does not answer for the host ${JSON.stringify(String(request.headers.host).slice(0, 100))}. Start it with --public-url or --trust-proxy when a proxy stands in front.`;
    throw new HttpError(421, { detail });
  });
}

function isLoopback(name: string): boolean {
  const plain = name.replace(/^\[|\]$/g, '');
  return (
    plain === 'localhost' ||
    plain.endsWith('.localhost') ||
    plain === '::1' ||
    (isIP(plain) === 4 && plain.startsWith('127.'))
  );
}
