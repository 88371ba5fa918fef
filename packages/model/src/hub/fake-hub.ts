import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one answer that carries contents. */
export type Fault =
  | { readonly kind: 'cut'; readonly after: number }
  | { readonly kind: 'stall'; readonly after: number }
  | { readonly kind: 'alter' }
  | { readonly kind: 'no-ranges' }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> };

export type SeenRequest = {
  readonly host: 'hub' | 'storage';
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
};

type File = { readonly contents: Buffer; readonly etag: string; readonly large: boolean };
type Repo = { readonly commit: string; readonly files: Map<string, File> };

/**
 * The part of a Hugging Face server that downloads need, on two ports of this machine: the hub itself, and the storage
 * host that it redirects to for large files. Small files redirect once within the hub, as the real one does now. Etags,
 * commit headers, error codes, ranges, tokens and gates follow the contract that huggingface_hub relies on.
 */
export class FakeHub implements AsyncDisposable {
  readonly seen: SeenRequest[] = [];
  /** Taken one by one by the answers that carry contents. */
  readonly faults: Fault[] = [];
  /** When set, requests without it are refused. */
  token: string | undefined;
  readonly gated = new Set<string>();
  /** Every address answers with a login page, as a hotel's network does. */
  loginPage = false;
  /** Replaces the address that large files redirect to. */
  storageAddress: string | undefined;
  readonly #repos = new Map<string, Repo>();
  readonly #hub: Server;
  readonly #storage: Server;

  private constructor() {
    this.#hub = createServer((request, response) => this.#answerHub(request, response));
    this.#storage = createServer((request, response) => this.#answerStorage(request, response));
  }

  static async start(): Promise<FakeHub> {
    const hub = new FakeHub();
    for (const server of [hub.#hub, hub.#storage])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#hub, this.#storage]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  get endpoint(): string {
    return addressOf(this.#hub);
  }

  /** Publishes a new commit of a repository; files of 10 kB or more are large ones. Returns the commit. */
  publish(repo: string, files: Record<string, string | Uint8Array>): string {
    const entries = Object.entries(files).map(([name, value]) => [name, fileOf(Buffer.from(value))] as const);
    const commit = createHash('sha1')
      .update(JSON.stringify(entries.map(([name, file]) => [name, file.etag])))
      .digest('hex');
    this.#repos.set(repo, { commit, files: new Map(entries) });
    return commit;
  }

  /** Requests for contents that reached the storage host. */
  get downloads(): SeenRequest[] {
    return this.seen.filter(({ host, method }) => host === 'storage' && method === 'GET');
  }

  #answerHub(request: IncomingMessage, response: ServerResponse): void {
    const url = this.#note('hub', request);
    const address =
      /^\/(?:api\/resolve-cache\/models\/)?(?<repo>[^/]+\/[^/]+)\/(?<kind>resolve|cached)\/(?<revision>[^/]+)\/(?<file>.+)$/;
    const { repo = '', kind, revision, file = '' } = address.exec(url.pathname)?.groups ?? {};
    const found = this.#repos.get(repo);
    const contents = found?.files.get(decodeURIComponent(file));
    const refuse = (status: number, code: string) => {
      response.writeHead(status, { 'x-error-code': code }).end();
    };
    if (this.loginPage) response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
    else if (this.token && request.headers.authorization !== `Bearer ${this.token}`) refuse(401, 'RepoNotFound');
    else if (this.gated.has(repo)) refuse(403, 'GatedRepo');
    else if (!found) refuse(404, 'RepoNotFound');
    else if (revision !== 'main' && revision !== found.commit) refuse(404, 'RevisionNotFound');
    else if (!contents) refuse(404, 'EntryNotFound');
    else if (kind === 'cached')
      this.#serve(request, response, contents, { 'x-repo-commit': found.commit, etag: `"${contents.etag}"` });
    else if (contents.large)
      response
        .writeHead(302, {
          'x-repo-commit': found.commit,
          'x-linked-size': `${contents.contents.length}`,
          'x-linked-etag': `"${contents.etag}"`,
          location: this.storageAddress ?? `${addressOf(this.#storage)}/${repo}/${file}?signature=secret`,
        })
        .end();
    else {
      const location = `/api/resolve-cache/models/${repo}/cached/${found.commit}/${file}`;
      response.writeHead(307, { 'x-repo-commit': found.commit, location }).end();
    }
  }

  #answerStorage(request: IncomingMessage, response: ServerResponse): void {
    const url = this.#note('storage', request);
    const [, repo, file] = /^\/([^/]+\/[^/]+)\/(.+)$/.exec(url.pathname) ?? [];
    const found = this.#repos.get(repo ?? '')?.files.get(decodeURIComponent(file ?? ''));
    // A signed address plus a token is an error on the real storage hosts.
    if (!found || request.headers.authorization) response.writeHead(400).end();
    // Its etag is that of the storage, of no meaning for the hub.
    else this.#serve(request, response, found, { etag: '"0123456789abcdef"' });
  }

  #serve(request: IncomingMessage, response: ServerResponse, file: File, headers: Record<string, string>): void {
    const total = file.contents.length;
    if (request.method === 'HEAD') {
      response.writeHead(200, { ...headers, 'content-length': `${total}` }).end();
      return;
    }
    const fault = this.faults.shift();
    const asked = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
    const ranged = Number.isInteger(asked) && fault?.kind !== 'no-ranges';
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, fault.headers).end();
      return;
    }
    if (ranged && asked >= total) {
      response.writeHead(416, { 'content-range': `bytes */${total}` }).end();
      return;
    }
    const start = ranged ? asked : 0;
    const body = Buffer.from(file.contents.subarray(start));
    if (fault?.kind === 'alter') body[body.length - 1]! ^= 0xff;
    response.writeHead(ranged ? 206 : 200, {
      ...headers,
      'content-length': `${body.length}`,
      ...(ranged && { 'content-range': `bytes ${start}-${total - 1}/${total}` }),
    });
    if (fault?.kind === 'cut' || fault?.kind === 'stall')
      response.write(body.subarray(0, fault.after), () => {
        if (fault.kind === 'cut') setTimeout(() => response.destroy(), 20);
      });
    else response.end(body);
  }

  #note(host: SeenRequest['host'], request: IncomingMessage): URL {
    // Through a proxy the whole address arrives.
    const url = new URL(request.url ?? '/', 'http://hub');
    this.seen.push({
      host,
      method: request.method ?? '',
      path: url.pathname,
      authorization: request.headers.authorization,
      range: request.headers.range,
    });
    return url;
  }
}

function fileOf(contents: Buffer): File {
  const large = contents.length >= 10_000;
  const hash = large ? createHash('sha256') : createHash('sha1').update(`blob ${contents.length}\0`);
  return { contents, large, etag: hash.update(contents).digest('hex') };
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
