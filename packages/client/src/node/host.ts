import { ClientError } from '../errors.ts';
import { type Fetch, reason } from '../http.ts';

const PROBE_MS = 5_000;

/**
 * Where the server is, without a slash at the end. A host without a scheme is asked over https, then over http, as CVAT's
 * own clients do: 200 or 401 to `/api/server/about` counts as alive.
 */
export async function findServer(
  host: string,
  port: number | undefined,
  fetch: Fetch,
  signal?: AbortSignal,
): Promise<string> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(host)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    throw new ClientError('host', `${shown(host)} has the scheme ${scheme}; a server is reached by http or https.`);
  if (scheme) return address(host, host, port);
  const tried: string[] = [];
  for (const guess of ['https', 'http']) {
    const base = address(`${guess}://${host}`, host, port);
    const timeout = AbortSignal.timeout(PROBE_MS);
    try {
      const answer = await fetch(`${base}/api/server/about`, {
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        redirect: 'manual',
        headers: { Accept: 'application/vnd.cvat+json' },
      });
      await answer.body?.cancel();
      if (answer.status === 200 || answer.status === 401) return base;
      tried.push(`${guess}: status ${answer.status}`);
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`${guess}: ${reason(error)}`);
    }
  }
  throw new ClientError(
    'host',
    `No server answers at ${shown(host)} (${tried.join('; ')}). Is it running, and are host and port right?`,
  );
}

function address(text: string, host: string, port: number | undefined): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new ClientError('host', `${shown(host)} is no address; give one like http://localhost:8080.`, { cause });
  }
  if (url.username || url.password)
    throw new ClientError('host', 'The address of the server holds a user or a password; give them apart from it.');
  if (url.search || url.hash || url.pathname !== '/')
    throw new ClientError('host', `${shown(host)} is more than an address; leave out what follows the host and port.`);
  if (port !== undefined) {
    if (url.port) throw new ClientError('host', `${shown(host)} has a port already; give it once.`);
    url.port = String(port);
  }
  return url.origin;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
}
