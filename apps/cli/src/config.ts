import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { type HubOptions, hubOptionsFromEnv, makeFolder } from '@roto/model';

/** What the environment says, read once. The HF_* variables are those of huggingface_hub. */
export type Config = {
  readonly hub: HubOptions;
  /** Built graphs are kept here. ROTO_CACHE, else the platform's cache folder. */
  readonly cacheDir: string;
  /** What `roto serve` keeps. ROTO_DATA, else the platform's data folder. */
  readonly dataDir: string;
  /** PostgreSQL for `roto serve`. DATABASE_URL. */
  readonly databaseUrl: string | undefined;
  /** Of `roto serve`. ROTO_LOG_LEVEL, ROTO_LOG_FORMAT. */
  readonly logLevel: string | undefined;
  readonly logFormat: string | undefined;
  /** Serverless functions for `roto serve`: `id=url,…`. ROTO_FUNCTIONS. */
  readonly functions: string | undefined;
  /** A Nuclio dashboard for `roto serve`, by CVAT's variables. CVAT_SERVERLESS, CVAT_NUCLIO_*. */
  readonly nuclio: { readonly url: string; readonly namespace: string; readonly invoke: string } | undefined;
};

export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const home = env.HOME || env.USERPROFILE || homedir();
  const base =
    process.platform === 'win32' && env.LOCALAPPDATA
      ? env.LOCALAPPDATA
      : env.XDG_CACHE_HOME || path.join(home, '.cache');
  const data =
    process.platform === 'win32' && env.LOCALAPPDATA
      ? env.LOCALAPPDATA
      : env.XDG_DATA_HOME || path.join(home, '.local', 'share');
  return {
    hub: hubOptionsFromEnv(env),
    cacheDir: path.resolve(env.ROTO_CACHE || path.join(base, 'roto')),
    dataDir: path.resolve(env.ROTO_DATA || path.join(data, 'roto')),
    databaseUrl: env.DATABASE_URL || undefined,
    logLevel: env.ROTO_LOG_LEVEL || undefined,
    logFormat: env.ROTO_LOG_FORMAT || undefined,
    functions: env.ROTO_FUNCTIONS || undefined,
    nuclio: isOn(env.CVAT_SERVERLESS) ? nuclioOf(env) : undefined,
  };
}

function isOn(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false', 'no', 'off'].includes(text.toLowerCase());
}

function nuclioOf(env: Readonly<Record<string, string | undefined>>): Config['nuclio'] {
  const { CVAT_NUCLIO_SCHEME, CVAT_NUCLIO_HOST, CVAT_NUCLIO_PORT } = env;
  return {
    url: `${CVAT_NUCLIO_SCHEME || 'http'}://${CVAT_NUCLIO_HOST || 'localhost'}:${CVAT_NUCLIO_PORT || '8070'}`,
    namespace: env.CVAT_NUCLIO_FUNCTION_NAMESPACE || 'nuclio',
    invoke: env.CVAT_NUCLIO_INVOKE_METHOD || (env.KUBERNETES_SERVICE_HOST ? 'dashboard' : 'direct'),
  };
}

/** The folder for built graphs; undefined when it cannot be written, and then they are built anew on each start. */
export async function graphFolder(config: Config): Promise<string | undefined> {
  const folder = path.join(config.cacheDir, 'graphs');
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}
