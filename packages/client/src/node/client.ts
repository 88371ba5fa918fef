import type { DataFields, ImportReport } from '@roto/wire';
import { type Client, callsOf } from '../client.ts';
import { api, type Fetch, Http } from '../http.ts';
import type { ExportOptions, ImportOptions, Tasks, Waits } from '../tasks.ts';
import { type DownloadOptions, download } from './download.ts';
import { findServer } from './host.ts';
import { localFile, localFiles } from './local-files.ts';
import { type LoginCredentials, signIn } from './login.ts';

export type NodeClientOptions = {
  /** `http://localhost:8080`; without a scheme https is tried, then http. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly credentials: LoginCredentials;
  /** Slug: work inside that organization. '': in the personal workspace alone. Left out: see everything, make things there. */
  readonly organization?: string | undefined;
  /** Goes in front of ours in User-Agent. */
  readonly userAgent?: string;
  /** Another `fetch`, such as one that goes through a proxy. */
  readonly fetch?: Fetch;
  readonly signal?: AbortSignal | undefined;
};

/** Calls about tasks, with files of this machine by their paths. */
export type NodeTasks = Omit<Tasks, 'attach' | 'export' | 'import'> & {
  /** Sends local files and waits until the server has read them. */
  attach(id: number, files: readonly string[], fields: DataFields, options?: Waits): Promise<void>;
  /** Ours: the file that a video task was made of. */
  original(id: number, target: string, options?: DownloadOptions): Promise<void>;
  /** Has the server write a dataset and fetches it. Returns the name that the server proposes for it. */
  export(id: number, target: string, options: ExportOptions): Promise<string | undefined>;
  /** Sends a file of annotations and waits until the server has taken it over. */
  import(id: number, file: string, options: ImportOptions): Promise<ImportReport | undefined>;
};

/** A client that finds its server, signs in with a password, and knows the files of this machine. */
export type NodeClient = Omit<Client, 'tasks'> & { readonly tasks: NodeTasks };

/**
 * Finds the server and signs in. Throws ClientError ('host', 'login', 'connection', 'answer') and ApiError.
 * All calls throw ApiError for an answer that says no, ClientError when there is none, and the signal's reason.
 */
export async function createNodeClient(options: NodeClientOptions): Promise<NodeClient> {
  const fetch = options.fetch ?? globalThis.fetch;
  const http = new Http(await findServer(options.host, options.port, fetch, options.signal), fetch);
  http.header('user-agent', `${options.userAgent ? `${options.userAgent} ` : ''}roto`);
  await signIn(http, options.credentials, options.signal);
  http.header('x-organization', options.organization);
  const calls = callsOf(http);
  const { tasks } = calls;
  return {
    ...calls,
    tasks: {
      ...tasks,
      attach: async (id, files, fields, waits) => tasks.attach(id, await localFiles(files), fields, waits),
      async original(id, target, options) {
        await download(http, api`/api/tasks/${id}/data/original`, target, options);
      },
      async export(id, target, options) {
        const { name } = await download(http, await tasks.export(id, options), target, { signal: options.signal });
        return name;
      },
      import: async (id, file, options) => tasks.import(id, await localFile(file), options),
    },
  };
}
