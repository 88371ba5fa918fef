import { readFile } from 'node:fs/promises';
import { createClient, ErrorReply, RESP_TYPES } from 'redis';
import { CallError } from '../errors.ts';
import { CHANGE, DROP, LEASE } from './scripts.ts';
import { LEASE_MS, STATE_LIFE_MS, type StateHashes } from './state-hashes.ts';

/** From the CVAT_FUNCTIONS_REDIS_* variables; README.md of this folder's package lists them. */
export type RedisOptions = {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  /** Never in a message. */
  readonly password: string | undefined;
  readonly db: number;
  /** True, or the path of a file with certificate authorities. */
  readonly tls: boolean | string;
  /** Keys of others in the same Redis begin with something else. */
  readonly prefix: string;
};

const CONNECT_MS = 5_000;
const COMMAND_MS = 10_000;
const TRIES = 3;

/**
 * States in Redis (or Kvrocks), shared by all replicas. Keys, all in one slot of a cluster:
 *   <prefix>{<name>}:s:<key>  hash: `v` and the fields of the state
 *   <prefix>{<name>}:l:<key>  lease of the state
 *   <prefix>{<name>}:i, :n    keys by last use, and their bytes
 * No other key is read or written. `name`: of the function; `mostBytes`: of all its states.
 */
export async function redisHashes(options: RedisOptions, name: string, mostBytes: number): Promise<StateHashes> {
  const { host, port, username, password, db, tls, prefix } = options;
  const where = `${host}:${port}`;
  const socket = { host, port, connectTimeout: CONNECT_MS, reconnectStrategy: (tries: number) => backOff(tries) };
  const client = createClient({
    socket: tls === false ? socket : { ...socket, tls: true, ...(tls !== true && { ca: await readFile(tls) }) },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database: db,
    // A command waits for the next connection for as long as its own time limit, and not in an endless queue.
    disableOfflineQueue: false,
    commandsQueueMaxLength: 1_000,
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  let problem: Error | undefined;
  client.on('error', (error: Error) => {
    problem = error;
  });
  client.on('ready', () => {
    problem = undefined;
  });
  // Later commands wait for the connection, and `check` says why there is none.
  const connected = client.connect().catch((error: Error) => {
    problem = error;
  });
  await Promise.race([connected, pause(CONNECT_MS)]);

  const base = `${prefix}{${name}}`;
  const stateKey = (key: string): string => `${base}:s:${key}`;
  const leaseKey = (key: string): string => `${base}:l:${key}`;
  const [index, sizes] = [`${base}:i`, `${base}:n`];

  /** Runs a command that may be repeated: three tries with back-off, then 'store-away'. */
  const ask = async <T>(command: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await timed(command());
      } catch (error) {
        // A wrong password is said while connecting; later commands only miss it.
        if (error instanceof ErrorReply) throw refusal(problem instanceof ErrorReply ? problem : error);
        if (tries === TRIES) throw away(where, problem ?? (error as Error));
        await pause(backOff(tries));
      }
    }
  };
  let header = true;
  const script = async (text: string, keys: string[], values: (string | Buffer)[]): Promise<unknown> => {
    const run = (body: string) => ask(() => client.eval(body, { keys, arguments: values }));
    if (!header) return run(text.slice(text.indexOf('\n') + 1));
    try {
      return await run(text);
    } catch (error) {
      // Stores that speak the protocol of older versions do not know the header line.
      if (!(error instanceof CallError && /compil|unexpected symbol|near '#'/i.test(error.message))) throw error;
      header = false;
      return run(text.slice(text.indexOf('\n') + 1));
    }
  };

  return {
    async read(key, fields) {
      const at = stateKey(key);
      const [version, ...values] = await ask(
        () => client.hmGet(at, ['v', ...fields]) as unknown as Promise<(Buffer | null)[]>,
      );
      if (!version) return null;
      await ask(() => client.pExpire(at, STATE_LIFE_MS));
      return { version: Number(version.toString('latin1')), fields: values };
    },
    async change(key, { expected, version, set, remove, bytes }) {
      const values: (string | Buffer)[] = [
        expected === null ? '' : String(expected),
        String(version),
        String(STATE_LIFE_MS),
        String(bytes),
        String(mostBytes),
        String(remove.length),
        ...remove,
      ];
      for (const [field, value] of Object.entries(set))
        values.push(field, Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      const answer = await script(CHANGE, [stateKey(key), index, sizes], values);
      if (Array.isArray(answer)) {
        const found = text(answer[1]);
        return { version: found === '' ? null : Number(found) };
      }
      if (text(answer) === 'FULL')
        throw new CallError('store-full', `A state of ${bytes} bytes does not fit into ${mostBytes} bytes of states.`);
      return 'done';
    },
    async drop(keys) {
      for (const key of keys) await script(DROP, [stateKey(key), index, sizes], []);
    },
    async lease(key, holder) {
      const options = { condition: 'NX', expiration: { type: 'PX', value: LEASE_MS } } as const;
      const answer = await ask(() => client.set(leaseKey(key), holder, options));
      // A repeated command may find the lease that its first try has set.
      return answer !== null || text(await ask(() => client.get(leaseKey(key)))) === holder;
    },
    renew: async (key, holder) => (await script(LEASE, [leaseKey(key)], [holder, String(LEASE_MS)])) === 1,
    async release(key, holder) {
      await script(LEASE, [leaseKey(key)], [holder, '0']);
    },
    async check() {
      await ask(() => client.ping());
    },
    async usage() {
      const [states, bytes] = await Promise.all([ask(() => client.zCard(index)), ask(() => client.hGet(sizes, ''))]);
      return { states, bytes: Number(text(bytes)) };
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
const backOff = (tries: number): number => Math.min(2_000, 100 * 2 ** tries);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function timed<T>(command: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${COMMAND_MS / 1000} s`)), COMMAND_MS);
  });
  try {
    return await Promise.race([command, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** An answer of Redis that is an error. It never holds the password. */
function refusal(error: ErrorReply): CallError {
  const { message } = error;
  if (message.startsWith('OOM'))
    return new CallError(
      'store-full',
      'Redis has no memory left for tracking states: raise maxmemory, or lower ROTO_STATE_BYTES below it.',
      { cause: error },
    );
  if (/^(WRONGPASS|NOAUTH|NOPERM|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MISCONF)/.test(message))
    return new CallError('store-away', `Redis refuses this function: ${message}`, { cause: error });
  return new CallError('internal', `Redis answered with an error: ${message}`, { cause: error });
}

function away(where: string, error: Error): CallError {
  if (error instanceof ErrorReply) return refusal(error);
  const reason = error.message || (error as { code?: string }).code || error.name;
  return new CallError(
    'store-away',
    `Redis at ${where} cannot be used: ${reason}. Check CVAT_FUNCTIONS_REDIS_HOST and _PORT.`,
    { cause: error },
  );
}
