import { homedir } from 'node:os';
import path from 'node:path';

/** Where models come from and where they are kept. Plain values, read once from the environment by the application. */
export type HubOptions = {
  /** `https://huggingface.co` or a mirror, without a slash at the end. */
  readonly endpoint: string;
  /** The cache that huggingface_hub (Python) shares: `models--org--name/{blobs,refs,snapshots}` lie in it. */
  readonly cacheDir: string;
  /** Sent to `endpoint` only, never to a host that it redirects to. */
  readonly token?: string;
  /** A file that holds the token, as `hf auth login` writes it; read when `token` is not given. */
  readonly tokenFile?: string;
  /** True: only the cache is looked at. */
  readonly offline: boolean;
  /** Milliseconds without an answer, or without a byte of a running download, before an attempt counts as failed. */
  readonly timeoutMs: number;
  /** Attempts in a row that may bring nothing before a download gives up. */
  readonly attempts: number;
  /** Wait before the second attempt; doubled each time, at most 16 times this. */
  readonly backoffMs: number;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in this spelling or in lower case. */
  readonly proxy?: Readonly<Record<string, string | undefined>>;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Options from the variables that huggingface_hub documents, with its defaults and its order of precedence. */
export function hubOptionsFromEnv(env: Environment): HubOptions {
  const home = env.HOME ?? env.USERPROFILE ?? homedir();
  const place = (text: string) => path.resolve(expand(text, env, home));
  const hfHome = place(env.HF_HOME || path.join(env.XDG_CACHE_HOME || path.join(home, '.cache'), 'huggingface'));
  const token = clean(env.HF_TOKEN) ?? clean(env.HUGGING_FACE_HUB_TOKEN);
  const seconds = Number(env.HF_HUB_DOWNLOAD_TIMEOUT);
  const proxy = Object.fromEntries(
    ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => {
      const value = env[name] ?? env[name.toLowerCase()];
      return value ? [[name, value]] : [];
    }),
  );
  return {
    endpoint: (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, ''),
    cacheDir: place(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || path.join(hfHome, 'hub')),
    ...(token && { token }),
    ...(!isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN) && {
      tokenFile: place(env.HF_TOKEN_PATH || path.join(hfHome, 'token')),
    }),
    offline: isTrue(env.HF_HUB_OFFLINE) || isTrue(env.TRANSFORMERS_OFFLINE),
    timeoutMs: seconds > 0 ? seconds * 1000 : 20_000,
    attempts: 6,
    backoffMs: 500,
    ...(Object.keys(proxy).length > 0 && { proxy }),
  };
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

/** A token pasted with a line break would break the header. */
function clean(token: string | undefined): string | undefined {
  return token?.replace(/[\r\n]/g, '').trim() || undefined;
}

/** `~` and `$NAME`, which huggingface_hub expands in its paths. */
function expand(text: string, env: Environment, home: string): string {
  const withHome = text === '~' || text.startsWith('~/') ? home + text.slice(1) : text;
  return withHome.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare, braced) => env[bare ?? braced] ?? whole);
}
