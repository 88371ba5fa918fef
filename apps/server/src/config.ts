/** The server's settings; the shell that starts it reads them from arguments and environment. */
export type ServerConfig = {
  /** Holds the embedded database and the media. */
  readonly folder: string;
  /** PostgreSQL instead of the embedded database. */
  readonly databaseUrl?: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Base address that goes into absolute links; else the one that the request came to. */
  readonly publicUrl?: string;
  /** Which proxies are believed in what they say of the client's address and of the host (X-Forwarded-*). */
  readonly trustProxy?: TrustedProxies;
  /** The built page, as `npm run build -w @roto/web` leaves it; without it only the status page is served. */
  readonly pageFolder?: string;
  /** Serverless functions that the gateway calls. */
  readonly lambda?: LambdaConfig;
  readonly limits: ServerLimits;
};

export type LambdaConfig = {
  /** A Nuclio dashboard. */
  readonly nuclio?: {
    /** Such as http://nuclio:8070. */
    readonly url: string;
    readonly namespace: string;
    /** dashboard: calls go through it, as in a cluster. direct: to the function's port on the dashboard's host. */
    readonly invoke: 'dashboard' | 'direct';
  };
  /** Functions without Nuclio: base address by id. */
  readonly addresses?: Readonly<Record<string, string>>;
};

/**
 * The proxies in front: how many, or their addresses and networks, such as `10.0.0.0/8,127.0.0.1`. What stands further left
 * in X-Forwarded-For than they wrote is the client's own, and not believed.
 */
export type TrustedProxies = number | string | false;

export type ServerLimits = {
  /** Bytes of one upload. */
  readonly uploadBytes: number;
  /** Bytes of a JSON body with annotations; other addresses take less (http/body-limits.ts). */
  readonly bodyBytes: number;
  /** Bytes of decoded frames that are kept. */
  readonly frameCacheBytes: number;
  /** Days that results of exports, and the word that a background request ended, are kept. */
  readonly keptDays?: number;
  /** Bytes that must be free on the disk of the media for the server to call itself ready. */
  readonly minFreeBytes?: number;
  /** Milliseconds after which a body that does not arrive is given up; see http/stalled-bodies.ts. */
  readonly stalledBodyMs?: number;
  /** Milliseconds that an agent may be silent about a request before it goes to another. */
  /** Of whole ranges, which only our own agents take: those report every quarter of it, so it may be short. */
  readonly leaseMs: { readonly interactive: number; readonly batch: number; readonly range?: number };
  /** Milliseconds that `run` waits for an answer. */
  readonly interactiveDeadlineMs: number;
  /** Failures after which a request is parked. */
  readonly maxAttempts: number;
  /** Milliseconds after which readers of event streams are asked again whether they may read on. */
  readonly streamRecheckMs: number;
};

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  uploadBytes: 26_843_545_600,
  bodyBytes: 128 * 1024 * 1024,
  frameCacheBytes: 256 * 1024 * 1024,
  leaseMs: { interactive: 120_000, batch: 300_000, range: 45_000 },
  interactiveDeadlineMs: 120_000,
  maxAttempts: 5,
  streamRecheckMs: 10_000,
};
