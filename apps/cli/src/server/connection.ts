import { createNodeClient, type LoginCredentials, type NodeClient } from '@roto/client/node';
import { type Command, Option } from 'commander';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { parseWhole } from '../prompts/arguments.ts';

/** Where `roto serve` listens when nothing else is said. */
const DEFAULT_HOST = 'http://localhost:8080';

type Flags = {
  readonly serverHost?: string;
  readonly serverPort?: string;
  readonly auth?: string;
  readonly organization?: string;
};

export const CONNECTION_HELP = `
Server and sign-in (before or after the command's name, as with cvat-cli)
  --server-host HOST    default ${DEFAULT_HOST}; without http:// or https:// both are tried
  --server-port N       if HOST has none
  --auth USER[:PASS]    password also from the variable PASS, else it is asked for
  --org SLUG            work inside this organization; "" for the personal workspace
  The variable CVAT_ACCESS_TOKEN signs in by a personal access token when --auth is not given.`;

/** The options that say which server, and who asks; the same for all commands that talk to one. */
export function addConnectionOptions(command: Command): Command {
  for (const option of [
    new Option('--server-host <host>', 'address of the server'),
    new Option('--server-port <n>', 'its port'),
    new Option('--auth <user[:pass]>', 'who signs in'),
    new Option('--organization, --org <slug>', 'organization'),
  ])
    command.addOption(option.hideHelp()); // CONNECTION_HELP tells of them, once
  return command;
}

/** Finds the server and signs in. Throws usage errors, ClientError and ApiError. */
export async function connect(command: Command, io: Io, userAgent = 'roto-cli'): Promise<NodeClient> {
  const flags = connectionFlags(command);
  const host = flags.serverHost ?? DEFAULT_HOST;
  if (host === '') throw usageError('--server-host is empty; give an address such as http://localhost:8080.');
  return createNodeClient({
    host: host.replace(/\/+$/, ''),
    port: flags.serverPort === undefined ? undefined : parseWhole(flags.serverPort, '--server-port', 1, 65_535),
    credentials: await credentials(flags, io, host),
    organization: flags.organization,
    userAgent,
    signal: io.signal,
  });
}

/** The nearest to the command counts: `roto --org a task ls --org b` is about b. */
function connectionFlags(command: Command): Flags {
  let flags: Flags = {};
  for (let at: Command | null = command; at; at = at.parent) flags = { ...(at.opts() as Flags), ...flags };
  return flags;
}

async function credentials({ auth }: Flags, io: Io, host: string): Promise<LoginCredentials> {
  const token = io.env.CVAT_ACCESS_TOKEN;
  if (auth === undefined && token !== undefined) return { kind: 'token', token };
  const colon = auth?.indexOf(':') ?? -1;
  const username =
    auth === undefined ? (io.env.USER ?? io.env.USERNAME ?? '') : colon < 0 ? auth : auth.slice(0, colon);
  if (username === '')
    throw usageError('Say who signs in: --auth USER[:PASS], or a personal access token in CVAT_ACCESS_TOKEN.');
  const given = (colon < 0 ? '' : auth!.slice(colon + 1)) || io.env.PASS;
  if (given) return { kind: 'password', username, password: given };
  if (!io.askHidden)
    throw usageError(
      `No password for ${username}: give --auth ${username}:PASS, the variable PASS, or an access token in CVAT_ACCESS_TOKEN.`,
    );
  return { kind: 'password', username, password: await io.askHidden(`Password for ${username} at ${host}: `) };
}
