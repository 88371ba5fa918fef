import type { Command } from 'commander';
import type { Io } from '../io.ts';

export type PlaceFlags = { readonly data?: string; readonly databaseUrl?: string };

const WHERE = `
These commands work on the data itself, and need no sign-in: whoever may read the data folder may use them. On the embedded
database stop the server first; on PostgreSQL it may run.`;

function withPlace(command: Command): Command {
  return command
    .option('--data <folder>', 'folder of the server (default: ROTO_DATA, else your data folder)')
    .option('--database-url <url>', 'its PostgreSQL (default: DATABASE_URL), else the embedded database in the folder')
    .addHelpText('after', WHERE);
}

/** The server takes a second to load, which no other command should wait for. */
const work = () => import('../serve/accounts.ts');

export function addUser(program: Command, io: Io): void {
  const group = program
    .command('user')
    .summary('people of a server, on its data folder: a lost password, a new user')
    .description('See and change who may sign in to a server of yours.')
    .helpCommand(false);
  withPlace(
    group.command('ls').summary('list users').description('List users, one a line: id, name, what they are.'),
  ).action(async (flags: PlaceFlags) => (await work()).listUsers(flags, io));
  withPlace(
    group
      .command('add')
      .summary('make a user')
      .description('Make a user, and print a link that signs them in once, within an hour.')
      .argument('<name>', 'user name')
      .option('--admin', 'an administrator'),
  ).action(async (name: string, flags: PlaceFlags & { admin?: boolean }) => (await work()).addUser(name, flags, io));
  withPlace(
    group
      .command('link')
      .summary('make a sign-in link')
      .description('Print a link that signs a user in once, within an hour.')
      .argument('<name>', 'user name')
      .option('--reset', 'forget the password: the page asks for a new one'),
  ).action(async (name: string, flags: PlaceFlags & { reset?: boolean }) => (await work()).linkUser(name, flags, io));
  withPlace(
    group
      .command('password')
      .summary('set a password')
      .description(
        'Set the password of a user; it is asked for, or taken from the variable PASS. Ends sessions and tokens.',
      )
      .argument('<name>', 'user name'),
  ).action(async (name: string, flags: PlaceFlags) => (await work()).setPassword(name, flags, io));
}

export type TokenFlags = PlaceFlags & {
  readonly user?: string;
  readonly readOnly?: boolean;
  readonly days?: string;
};

export function addToken(program: Command, io: Io): void {
  const group = program
    .command('token')
    .summary('access tokens of a server, on its data folder')
    .description('Make, list and revoke the tokens by which programs and agents sign in (CVAT_ACCESS_TOKEN).')
    .helpCommand(false);
  withPlace(
    group
      .command('create')
      .summary('make a token; prints it')
      .description('Make an access token. It alone goes to stdout, and cannot be shown again.')
      .argument('<name>', 'what it is for')
      .option('--user <name>', 'whose it is (default: the first administrator)')
      .option('--read-only', 'a token that may only read')
      .option('--days <n>', 'days until it expires (default: it does not)'),
  ).action(async (name: string, flags: TokenFlags) => (await work()).createToken(name, flags, io));
  withPlace(
    group
      .command('ls')
      .summary('list tokens')
      .description('List tokens, one a line: id, user, name, what they are.')
      .option('--user <name>', 'only those of this user'),
  ).action(async (flags: TokenFlags) => (await work()).listAllTokens(flags, io));
  withPlace(
    group
      .command('revoke')
      .summary('end tokens')
      .description('End tokens at once.')
      .argument('<ids...>', 'ids of tokens'),
  ).action(async (ids: string[], flags: PlaceFlags) => (await work()).revokeTokens(ids, flags, io));
}
