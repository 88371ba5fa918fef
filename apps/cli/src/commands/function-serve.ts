import { readFunctionConfig, serveFunction } from '@roto/function';
import { type Log, sam2Parameters } from '@roto/functions';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { Interrupted, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { result, say } from '../print.ts';
import { parseWhole } from '../prompts/arguments.ts';
import { functionChoice } from '../server/function-choice.ts';

type ServeFlags = {
  readonly host: string;
  readonly port: string;
  readonly processes: string;
  readonly functionParameter?: readonly string[];
};

/** The serverless function as plain HTTP, for installations without Nuclio. */
export function addFunctionServe(group: Command, io: Io, log: (io: Io) => Log): void {
  group
    .command('serve')
    .summary('answer tracker calls over HTTP, with states in Redis')
    .description(
      'Serve SAM 2 as a serverless function: the calls that CVAT makes of a Nuclio function, without Nuclio.',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 for a free one', '8090')
    .option('--processes <number>', 'processes, each with a model of its own and one call at a time', '1')
    .option(
      '-p, --function-parameter <name=type:value>',
      'model_id, revision, device, precision or threads; repeatable',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .addHelpText(
      'after',
      `
States are kept in the Redis of CVAT_FUNCTIONS_REDIS_HOST, _PORT, _USERNAME, _PASSWORD, _DB, _TLS, _PREFIX.
ROTO_STATE_STORE=memory keeps them in the process instead, to try it with --processes 1.
GET /ready, /live, /metrics and /spec answer probes, Prometheus and a gateway (docs/guide/serverless.md).

Exit codes: 1 the function cannot start, 2 arguments or variables, 130 interrupted; calls in progress are answered first.`,
    )
    .action((flags: ServeFlags) => serve(flags, io, log(io)));
}

async function serve(flags: ServeFlags, io: Io, log: Log): Promise<void> {
  const port = parseWhole(flags.port, '--port', 0, 65535);
  const processes = parseWhole(flags.processes, '--processes', 1, 256);
  const env = { ...io.env, ROTO_CACHE: readConfig(io.env).cacheDir, ...modelVariables(flags, (text) => say(io, text)) };
  const { redis } = readFunctionConfig(env);
  if (!redis && processes > 1)
    throw usageError('ROTO_STATE_STORE=memory works with --processes 1 only: processes share their states in Redis.');
  say(io, `Loading the model in ${processes} ${processes === 1 ? 'process' : 'processes'} …`);
  await using served = await serveFunction({ host: flags.host, port, processes, env, log });
  result(io, served.url);
  say(io, `Serving at ${served.url}. Ctrl+C ends it.`);
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    io.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  say(io, 'Stopping: calls in progress are answered first.');
  await served[Symbol.asyncDispose]();
  throw new Interrupted('SIGINT', true);
}

/** Parameters of the command win over the variables. */
function modelVariables(flags: ServeFlags, say: (text: string) => void): Record<string, string> {
  const { parameters } = functionChoice(flags, say);
  const all = sam2Parameters(parameters);
  const names = {
    model_id: 'ROTO_MODEL',
    revision: 'ROTO_MODEL_REVISION',
    device: 'ROTO_DEVICE',
    precision: 'ROTO_PRECISION',
    threads: 'ROTO_THREADS',
  };
  const variables: Record<string, string> = {};
  for (const [name, variable] of Object.entries(names))
    if (name in parameters) variables[variable] = String(all[name as keyof typeof all]);
  return variables;
}
