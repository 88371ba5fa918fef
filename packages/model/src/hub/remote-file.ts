import type { IncomingHttpHeaders } from 'node:http';
import { isCommit } from './cache.ts';
import type { Algorithm } from './digest.ts';
import { HubError } from './errors.ts';
import { type Answer, type HubClient, withRetries } from './http.ts';

/** A file as the server announces it, pinned to a commit. */
export type RemoteFile = {
  /** `facebook/sam2.1-hiera-tiny/config.json`, for messages. */
  readonly name: string;
  readonly commit: string;
  /** Name of its blob in the cache. */
  readonly etag: string;
  readonly size: number;
  /** Undefined where the server names the contents by neither of the two hashes. */
  readonly checksum: { readonly algorithm: Algorithm; readonly value: string } | undefined;
  /** Address by commit: it stays right when the branch moves, and signed storage addresses are asked for anew. */
  readonly url: URL;
};

/**
 * Asks for a file's commit, etag and size without its contents. Large files answer with a redirect to a storage host
 * whose own headers mean something else, so the walk stops at the first answer that has what we need.
 */
export async function askRemote(
  client: HubClient,
  repo: string,
  revision: string,
  file: string,
  signal: AbortSignal,
): Promise<RemoteFile> {
  const name = `${repo}/${file}`;
  const url = client.resolveUrl(repo, revision, file);
  // Whoever has no network should hear of it soon; only a running download is worth a longer wait.
  const patience = { ...client.options, attempts: Math.min(3, client.options.attempts) };
  const { answer, known } = await withRetries(patience, signal, async () => {
    // A small file may redirect once more within the server; what an earlier answer said stays known.
    let known: IncomingHttpHeaders = {};
    const answer = await client.send('HEAD', url, {}, signal, (headers) => {
      known = { ...known, ...headers };
      return headers['x-repo-commit'] !== undefined && headers['x-linked-etag'] !== undefined;
    });
    answer.body.resume();
    return { answer, known };
  });
  if (answer.status >= 400) throw refusal(client, answer, repo, revision, file);

  const redirected = answer.status >= 300;
  const header = (key: string) => one(answer.headers[key]) ?? one(known[key]);
  const commit = header('x-repo-commit') ?? '';
  const linked = header('x-linked-etag');
  const etag = normal(linked ?? one(answer.headers.etag) ?? '');
  const size = Number(header('x-linked-size') ?? (redirected ? undefined : answer.headers['content-length']));
  if (!isCommit(commit) || !/^[\w-][\w.-]{0,127}$/.test(etag) || !Number.isSafeInteger(size) || size < 0)
    throw new HubError(
      'hub-protocol',
      `${answer.from} does not answer like a Hugging Face server (commit, etag or length of ${name} is missing). Is there ` +
        'a login page or a proxy in between, and does HF_ENDPOINT name a compatible server?',
    );
  return {
    name,
    commit,
    etag,
    size,
    checksum: checksumOf(etag, linked !== undefined),
    url: client.resolveUrl(repo, commit, file),
  };
}

/** 64 digits are SHA-256 only where the server says that it links a large file; 40 digits are git's. */
function checksumOf(etag: string, linked: boolean): RemoteFile['checksum'] {
  if (linked && /^[0-9a-f]{64}$/.test(etag)) return { algorithm: 'sha256', value: etag };
  if (/^[0-9a-f]{40}$/.test(etag)) return { algorithm: 'git-sha1', value: etag };
  return undefined;
}

function normal(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"|"$/g, '');
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** The server's refusal in our words; its `x-error-code` tells cases apart that share a status. */
function refusal(client: HubClient, answer: Answer, repo: string, revision: string, file: string): HubError {
  const { endpoint } = client.options;
  const reason = one(answer.headers['x-error-code']);
  const page = `${endpoint}/${repo}`;
  if (reason === 'GatedRepo')
    return new HubError(
      'hub-denied',
      `${repo} is gated. Open ${page}, accept its terms, then set HF_TOKEN to a token of that account.`,
    );
  if (reason === 'EntryNotFound') return new HubError('hub-not-found', `${repo} has no file ${file} at ${revision}.`);
  if (reason === 'RevisionNotFound')
    return new HubError('hub-not-found', `${repo} has no revision "${revision}"; its branches are listed at ${page}.`);
  // A server that hides private repositories answers 401 to a name that it does not know.
  if (answer.status === 404 || reason === 'RepoNotFound' || (answer.status === 401 && !client.hasToken))
    return new HubError(
      'hub-not-found',
      `${endpoint} knows no repository ${repo}, or it is private${client.hasToken ? '' : ' (no token is set)'}. Check the ` +
        'spelling; for a private one set HF_TOKEN.',
    );
  if (answer.status === 401 || answer.status === 403)
    return new HubError(
      'hub-denied',
      `${endpoint} refuses access to ${repo} (${answer.status}). Is HF_TOKEN still valid, and may it read this repository?`,
    );
  return new HubError('hub-protocol', `${answer.from} answered ${answer.status}.`);
}
