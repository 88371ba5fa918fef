import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { createNodeClient, type NodeClient } from '@roto/client/node';
import {
  createLog,
  createSignInLink,
  DEFAULT_SERVER_LIMITS,
  describeFault,
  firstOwner,
  giveFunction,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
  localAgent,
  type RunningServer,
  replaceAccessToken,
  revokeAccessTokens,
  type ServerConfig,
  startServer,
  type TrustedProxies,
} from '@roto/server';
import type { ServeFlags } from '../commands/serve.ts';
import { readConfig } from '../config.ts';
import { CliError, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { printable, result, say } from '../print.ts';
import { parseWhole } from '../prompts/arguments.ts';
import { findFunction, startLocalAgent } from './local-agent.ts';
import { readNotes, writeNotes } from './notes.ts';
import { findPage } from './page.ts';
import { dataError, dataPlace } from './place.ts';
import { makeSampleTask } from './sample-task.ts';

export async function serve(flags: ServeFlags, io: Io): Promise<void> {
  const settings = serverConfig(flags, io);
  // The page is built with the user's own umask: it is no secret, and others may serve it.
  const pageFolder = flags.page ? await findPage((line) => say(io, printable(line))) : undefined;
  const config = { ...settings, pageFolder };
  // Whatever this process and its agent write is their user's alone.
  if (process.platform !== 'win32') process.umask(0o077);
  const log = createLog({ ...logSettings(flags, io), write: (line) => io.stderr.write(line) });
  const report = (error: unknown, where: string) => log.error('fault', { where, ...describeFault(error) });
  // The embedded database takes some seconds, the first time more.
  say(io, 'Starting …');
  const server = await startServer(config, report, log).catch((error) => {
    throw startError(error, config);
  });
  const stops: (() => Promise<void>)[] = [];
  try {
    await open(server, config, flags, stops, io);
    await aborted(io.signal);
  } catch (error) {
    if (!io.signal.aborted) throw error;
  } finally {
    for (const stop of stops.reverse()) await stop();
    await server.close();
  }
  say(io, 'Stopped.');
}

/** Makes what the first start makes, says where everything is, and starts the agent. */
async function open(
  server: RunningServer,
  config: ServerConfig,
  flags: ServeFlags,
  stops: (() => Promise<void>)[],
  io: Io,
): Promise<void> {
  const { db, database } = server.context;
  const owner = await firstOwner(db);
  const local = localUrl(server.url);
  const shown = config.publicUrl ?? local;
  result(io, `Roto is running at ${shown}`);
  result(io, `  data      ${config.folder}`);
  result(io, `  database  ${database.engine === 'pglite' ? 'embedded (PGlite), in the data folder' : 'PostgreSQL'}`);
  result(io, `  API       ${shown}/api/docs/`);
  if (!owner.hasPassword) {
    const link = await createSignInLink(db, owner.id);
    result(io, `\nSign in as ${owner.username} (works once, within an hour):\n  ${shown}${link}\n`);
  }
  if (!config.publicUrl && !['127.0.0.1', '::1', 'localhost'].includes(config.host))
    say(io, 'Others can reach this server, without encryption. For the internet put a proxy with TLS in front of it.');
  if (flags.agent || flags.sample) await startCompanions(server, local, owner.id, config, flags, stops, io);
  result(io, 'Ctrl+C stops the server.');
}

/**
 * Starts the agent and makes the sample task, by the way of every client: over HTTP, with a token. The sample is the
 * owner's; the agent is a user of its own, who may do nothing but serve its function.
 */
async function startCompanions(
  server: RunningServer,
  local: string,
  ownerId: number,
  config: ServerConfig,
  flags: ServeFlags,
  stops: (() => Promise<void>)[],
  io: Io,
): Promise<void> {
  const { db } = server.context;
  const name = `roto serve ${hostname()} ${new URL(local).port}`.slice(0, 50);
  const signIn = async (userId: number): Promise<{ client: NodeClient; token: string }> => {
    const { value: token } = await replaceAccessToken(db, { userId, name });
    stops.push(() => revokeAccessTokens(db, { userId, name }));
    const credentials = { kind: 'token', token } as const;
    const client = await createNodeClient({ host: local, credentials, signal: io.signal, userAgent: 'roto-serve' });
    return { client, token };
  };
  let notes = await readNotes(config.folder);
  const note = async (more: object): Promise<void> => {
    notes = { ...notes, ...more };
    await writeNotes(config.folder, notes);
  };

  if (flags.agent) {
    const { id: agentId } = await localAgent(db);
    const { client, token } = await signIn(agentId);
    const functionId = await findFunction(client, 'tracker', notes.functionId, io.signal);
    const interactorId = await findFunction(client, 'interactor', notes.interactorId, io.signal);
    // Earlier releases served it as the owner.
    await giveFunction(db, functionId, agentId);
    await note({ functionId, interactorId });
    const serve = (id: number, name: string, more: readonly string[]): void => {
      const agent = startLocalAgent({
        functionId: id,
        server: local,
        token,
        arguments: more,
        env: io.env,
        say: (line) => say(io, `${name}: ${printable(line)}`),
      });
      stops.push(() => agent.stop());
    };
    serve(functionId, 'agent', []);
    serve(interactorId, 'agent of clicks', ['-p', 'task=str:interactor']);
    result(io, `Agent: serves function ${functionId}, SAM 2 with the built-in model; clicks: function ${interactorId}`);
  }
  if (flags.sample && notes.sampleTaskId === undefined)
    await sample((await signIn(ownerId)).client, config.folder, note, io);
}

async function sample(
  client: NodeClient,
  folder: string,
  note: (more: { sampleTaskId: number }) => Promise<void>,
  io: Io,
): Promise<void> {
  say(io, 'Rendering the sample clip …');
  try {
    const sampleTaskId = await makeSampleTask(client, folder, io.signal);
    await note({ sampleTaskId });
    result(io, `Sample: task ${sampleTaskId}, with an outline of each object on its first frame`);
  } catch (error) {
    if (io.signal.aborted) throw error;
    // The server is of use without it; the next start tries again.
    say(io, `The sample task could not be made: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What the log says and how, by flags, else by the environment. */
function logSettings(flags: ServeFlags, io: Io): { level: LogLevel; format: LogFormat } {
  const env = readConfig(io.env);
  const level = flags.logLevel ?? env.logLevel ?? 'info';
  const format = flags.logFormat ?? env.logFormat ?? 'text';
  if (!LOG_LEVELS.some((each) => each === level))
    throw usageError(`--log-level (or ROTO_LOG_LEVEL) ${JSON.stringify(level)}: choose ${LOG_LEVELS.join(', ')}.`);
  if (!LOG_FORMATS.some((each) => each === format))
    throw usageError(
      `--log-format (or ROTO_LOG_FORMAT) ${JSON.stringify(format)}: choose ${LOG_FORMATS.join(' or ')}.`,
    );
  return { level: level as LogLevel, format: format as LogFormat };
}

function serverConfig(flags: ServeFlags, io: Io): ServerConfig {
  const place = dataPlace(flags, io);
  if (flags.publicUrl !== undefined && !isOrigin(flags.publicUrl))
    throw usageError(
      `--public-url ${JSON.stringify(flags.publicUrl)}: give scheme and host only, such as https://roto.example.org.`,
    );
  return {
    ...place,
    host: flags.host,
    port: parseWhole(flags.port, '--port', 0, 65_535),
    publicUrl: flags.publicUrl && new URL(flags.publicUrl).origin,
    trustProxy: trustedProxies(flags.trustProxy),
    lambda: lambdaConfig(readConfig(io.env)),
    limits: { ...DEFAULT_SERVER_LIMITS, keptDays: parseWhole(flags.keepExports, '--keep-exports', 1, 3_650) },
  };
}

/** Throws a usage error that names the variable. */
function lambdaConfig({ functions, nuclio }: ReturnType<typeof readConfig>): NonNullable<ServerConfig['lambda']> {
  const addresses: Record<string, string> = {};
  for (const each of functions?.split(',').map((text) => text.trim()) ?? []) {
    const [, id, url] = /^([a-zA-Z0-9][a-zA-Z0-9_.-]*)=(https?:\/\/\S+)$/.exec(each) ?? [];
    if (!id || !url || !URL.canParse(url))
      throw usageError(`ROTO_FUNCTIONS has ${JSON.stringify(each)}: give id=url, such as sam2=http://127.0.0.1:8090.`);
    addresses[id] = url;
  }
  if (!nuclio) return { addresses };
  const { url, namespace, invoke } = nuclio;
  if (!URL.canParse(url))
    throw usageError(`CVAT_NUCLIO_HOST and CVAT_NUCLIO_PORT make ${JSON.stringify(url)}, which is not an address.`);
  if (invoke !== 'dashboard' && invoke !== 'direct')
    throw usageError(`CVAT_NUCLIO_INVOKE_METHOD is ${JSON.stringify(invoke)}: choose dashboard or direct.`);
  return { addresses, nuclio: { url, namespace, invoke } };
}

function trustedProxies(text: string | true | undefined): TrustedProxies {
  if (text === undefined) return false;
  if (text === true) return 1;
  if (/^\d{1,2}$/.test(text) && Number(text) > 0) return Number(text);
  for (const each of text.split(',')) {
    const [address = '', bits, ...more] = each.trim().split('/');
    const most = isIP(address) === 4 ? 32 : 128;
    const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
    if (isIP(address) === 0 || !isNetwork || more.length > 0)
      throw usageError(
        `--trust-proxy ${JSON.stringify(text)}: give the number of proxies in front, or their addresses and networks, such as 127.0.0.1,10.0.0.0/8.`,
      );
  }
  return text;
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === '';
}

/** Where this machine itself reaches the server. */
function localUrl(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

function startError(error: unknown, config: ServerConfig): unknown {
  const { host, port } = config;
  const { code } = error as { code?: unknown };
  if (code === 'EADDRINUSE')
    return new CliError('output', `Port ${port} of ${host} is taken. Choose another with --port, or 0 for any.`, error);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return usageError(`--host ${JSON.stringify(host)} is no address of this machine.`);
  return dataError(error, config);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
