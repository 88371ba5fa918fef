import type { Command } from 'commander';
import type { Io } from '../io.ts';

export type ServeFlags = {
  readonly host: string;
  readonly port: string;
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly publicUrl?: string;
  readonly trustProxy?: string | true;
  readonly keepExports: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly agent: boolean;
  readonly sample: boolean;
  readonly page: boolean;
};

export function addServe(program: Command, io: Io): void {
  program
    .command('serve')
    .summary('run the server: tasks, annotations, tracking runs')
    .description(
      'Run the server and one agent with the built-in model. On the first start it makes an owner, prints a link that ' +
        'signs you in once, and makes a sample task. Ctrl+C stops both; what is done is kept.',
    )
    .option('--host <address>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
    .option('--port <n>', '0 for any free one', '8080')
    .option('--data <folder>', 'where tasks and media are kept (default: ROTO_DATA, else your data folder)')
    .option('--database-url <url>', 'PostgreSQL instead of the embedded database (default: DATABASE_URL)')
    .option('--public-url <url>', 'address under which others reach the server, such as https://roto.example.org')
    .option(
      '--trust-proxy [proxies]',
      'believe the X-Forwarded headers of so many proxies in front (default: 1), or of these addresses',
    )
    .option('--keep-exports <days>', 'days after which exported files are removed', '7')
    .option(
      '--log-level <level>',
      'debug (every request), info, warn, error or silent (default: ROTO_LOG_LEVEL, else info)',
    )
    .option('--log-format <format>', 'text or json, on stderr (default: ROTO_LOG_FORMAT, else text)')
    .option('--no-agent', 'start no agent')
    .option('--no-sample', 'make no sample task')
    .option('--no-page', 'serve the API and the status page only')
    // The server takes a second to load, which no other command should wait for.
    .action(async (flags: ServeFlags) => (await import('../serve/serve.ts')).serve(flags, io));
}
