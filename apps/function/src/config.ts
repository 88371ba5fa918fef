import path from 'node:path';
import { AgentError } from '@roto/functions';
import { type HubOptions, hubOptionsFromEnv } from '@roto/model';
import type { RedisOptions } from './states/redis.ts';

/** How the function is set up. All of it comes from variables, since Nuclio passes nothing else. */
export type FunctionConfig = {
  /** ROTO_MODEL: builtin, a hub id, a folder or a weight file. */
  readonly model: string;
  readonly revision: string | undefined;
  /** ROTO_DEVICE: cpu, cuda, webgpu. */
  readonly device: string;
  readonly precision: 'float32' | 'int8';
  readonly threads: number | undefined;
  readonly hub: HubOptions;
  /** Built graphs; ROTO_CACHE. */
  readonly graphs: string | undefined;
  /** Where tracking states are; null: in this process alone. */
  readonly redis: RedisOptions | null;
  /** Of all tracking states; ROTO_STATE_BYTES. */
  readonly stateBytes: number;
  /** Of decoded states that a process keeps; ROTO_STATE_CACHE_BYTES. */
  readonly cacheBytes: number;
  /** Part of the keys in Redis; functions of one name share their states. */
  readonly name: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws AgentError that names the variable. */
export function readFunctionConfig(env: Environment): FunctionConfig {
  const precision = env.ROTO_PRECISION || 'float32';
  if (precision !== 'float32' && precision !== 'int8')
    throw new AgentError(`ROTO_PRECISION is ${JSON.stringify(precision)}; set it to float32 or int8.`);
  return {
    model: env.ROTO_MODEL || 'builtin',
    revision: env.ROTO_MODEL_REVISION || undefined,
    device: env.ROTO_DEVICE || 'cpu',
    precision,
    threads: whole(env, 'ROTO_THREADS', undefined, 1, 1024),
    hub: hubOptionsFromEnv(env),
    graphs: env.ROTO_CACHE ? path.join(path.resolve(env.ROTO_CACHE), 'graphs') : undefined,
    redis: readRedis(env),
    stateBytes: whole(env, 'ROTO_STATE_BYTES', 4 * 2 ** 30, 2 ** 20, Number.MAX_SAFE_INTEGER)!,
    cacheBytes: whole(env, 'ROTO_STATE_CACHE_BYTES', 256 * 2 ** 20, 2 ** 20, 2 ** 40)!,
    name: env.ROTO_FUNCTION_NAME || 'roto-sam2',
  };
}

function readRedis(env: Environment): RedisOptions | null {
  const host = env.CVAT_FUNCTIONS_REDIS_HOST;
  if (!host) {
    if (env.ROTO_STATE_STORE === 'memory') return null;
    throw new AgentError(
      'CVAT_FUNCTIONS_REDIS_HOST is not set: tracking states need a Redis that all replicas share. Set CVAT_FUNCTIONS_REDIS_HOST, ' +
        '_PORT (6379) and _PASSWORD, or ROTO_STATE_STORE=memory to try the function in one process.',
    );
  }
  const tls = env.CVAT_FUNCTIONS_REDIS_TLS;
  return {
    host,
    port: whole(env, 'CVAT_FUNCTIONS_REDIS_PORT', 6379, 1, 65535)!,
    username: env.CVAT_FUNCTIONS_REDIS_USERNAME || undefined,
    password: env.CVAT_FUNCTIONS_REDIS_PASSWORD || undefined,
    db: whole(env, 'CVAT_FUNCTIONS_REDIS_DB', 0, 0, 1_000_000)!,
    tls: !tls || tls === 'false' ? false : tls === 'true' ? true : tls,
    prefix: env.CVAT_FUNCTIONS_REDIS_PREFIX ?? 'roto:',
  };
}

function whole(
  env: Environment,
  name: string,
  otherwise: number | undefined,
  least: number,
  most: number,
): number | undefined {
  const text = env[name];
  if (!text) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new AgentError(`${name} is ${JSON.stringify(text)}; set it to a whole number from ${least} to ${most}.`);
  return value;
}
