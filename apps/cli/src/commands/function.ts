import path from 'node:path';
import { inspectFunction, runAgent } from '@roto/agent';
import { ApiError } from '@roto/client';
import { type Log, openStateStore } from '@roto/functions';
import { type Command, Option } from 'commander';
import { graphFolder, readConfig } from '../config.ts';
import { Interrupted, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { printable, result, say } from '../print.ts';
import { parseWhole } from '../prompts/arguments.ts';
import { addConnectionOptions, CONNECTION_HELP, connect } from '../server/connection.ts';
import { addFunctionOptions, type FunctionFlags, functionChoice } from '../server/function-choice.ts';
import { addFunctionServe } from './function-serve.ts';

const SAM2_HELP = `
The function is SAM 2 unless --function-file or --function-module names another. Its parameters:
  -p task=str:TASK        tracker (default), or interactor: objects found by clicks and boxes
  -p model_id=str:ID      builtin (default), facebook/sam2.1-hiera-tiny, …, a folder or a weight file
  -p device=str:NAME      cpu (default), cuda or webgpu
  -p precision=str:P      float32 (default) or int8
  -p threads=int:N        threads of the model
A function of your own is a TypeScript or JavaScript module (docs/guide/agent.md).`;

/** The functions that agents serve; names and meanings are those of cvat-cli. */
export function addFunction(program: Command, io: Io): void {
  const group = program
    .command('function')
    .summary('functions of a server, and the agent that does their work')
    .description('Make functions on a CVAT server or on ours, and serve them with this machine.')
    .helpCommand(false);
  addConnectionOptions(group).addHelpText('after', CONNECTION_HELP);

  addFunctionOptions(
    addConnectionOptions(
      group
        .command('create-native')
        .summary('make a function on the server; prints its id')
        .description('Make a function that an agent serves. Its id alone goes to stdout.')
        .argument('<name>', 'what people will see')
        .addOption(
          new Option('--visibility <who>', 'who may use it').choices(['private', 'public']).default('private'),
        ),
    ),
  )
    .addHelpText('after', `${SAM2_HELP}\n${CONNECTION_HELP}`)
    .action((name: string, flags: FunctionFlags & { visibility: string }, command: Command) =>
      createNative(name, flags, command, io),
    );

  addConnectionOptions(
    group
      .command('ls')
      .summary('list functions')
      .description('List functions that you can use, one a line: id, kind, name.')
      .option('--json', 'all that the server says of them, as one JSON array'),
  )
    .addHelpText('after', CONNECTION_HELP)
    .action((flags: { json?: boolean }, command: Command) => listFunctions(flags, command, io));

  addConnectionOptions(
    group
      .command('delete')
      .summary('delete functions')
      .description('Delete functions; those that do not exist are passed over.')
      .argument('<ids...>', 'ids of functions'),
  )
    .addHelpText('after', CONNECTION_HELP)
    .action((ids: string[], _flags: object, command: Command) => deleteFunctions(ids, command, io));

  addFunctionOptions(
    addConnectionOptions(
      group
        .command('run-agent')
        .summary('serve a function with this machine')
        .description('Work on the requests of a function, until Ctrl+C.')
        .argument('<id>', 'id of the function')
        .option('--burst', 'work on what there is, and end')
        .option(
          '--state-store <where>',
          'memory, folder:PATH or redis://HOST:PORT: what agents of one function share',
          'memory',
        ),
    ),
  )
    .addHelpText(
      'after',
      `${SAM2_HELP}
${CONNECTION_HELP}

Exit codes: 0 done (--burst), 1 the server refuses the agent or cannot be reached, 2 arguments, 130 interrupted; what the
agent worked on is given back to the server, and another agent goes on with it.`,
    )
    .action((id: string, flags: FunctionFlags & { burst?: boolean; stateStore: string }, command: Command) =>
      serveFunction(id, flags, command, io),
    );

  addFunctionServe(group, io, log);
}

async function createNative(
  name: string,
  flags: FunctionFlags & { visibility: string },
  command: Command,
  io: Io,
): Promise<void> {
  if (name.trim() === '' || name.length > 128) throw usageError('The name must have 1 to 128 characters.');
  // What does not load here would not load in an agent either.
  const { fields } = await inspectFunction(
    functionChoice(flags, (text) => say(io, text)),
    await environment(io),
    log(io),
  );
  const client = await connect(command, io);
  const { id } = await client.functions.create(
    { provider: 'native', name, visibility: flags.visibility as 'private' | 'public', ...fields },
    io.signal,
  );
  say(io, `Created function #${id}: ${printable(name)}`);
  result(io, String(id));
}

async function listFunctions(flags: { json?: boolean }, command: Command, io: Io): Promise<void> {
  const client = await connect(command, io);
  const functions = await Array.fromAsync(client.functions.list(io.signal));
  if (flags.json) return result(io, JSON.stringify(functions, null, 2));
  for (const { id, kind, name } of functions) result(io, [id, kind, printable(name)].join('\t'));
}

async function deleteFunctions(ids: readonly string[], command: Command, io: Io): Promise<void> {
  const numbers = ids.map((id) => parseWhole(id, 'the id of a function', 1, Number.MAX_SAFE_INTEGER));
  const client = await connect(command, io);
  for (const id of numbers) {
    try {
      await client.functions.delete(id, io.signal);
      say(io, `Function #${id} deleted`);
    } catch (error) {
      // As with cvat-cli, one that cannot be deleted is told and does not fail the command.
      if (!(error instanceof ApiError)) throw error;
      say(
        io,
        error.status === 404
          ? `Warning: Function #${id} not found`
          : `Error: Failed to delete function #${id}: ${error.detail || 'refused'} (status ${error.status})`,
      );
    }
  }
}

async function serveFunction(
  id: string,
  flags: FunctionFlags & { burst?: boolean; stateStore: string },
  command: Command,
  io: Io,
): Promise<void> {
  const functionId = parseWhole(id, 'the id of the function', 1, Number.MAX_SAFE_INTEGER);
  const choice = functionChoice(flags, (text) => say(io, text));
  await using store = await openStateStore(flags.stateStore);
  const client = await connect(command, io, 'roto-cli (agent)');
  await runAgent({
    client,
    functionId,
    choice,
    environment: await environment(io),
    store,
    cacheFolder: path.join(readConfig(io.env).cacheDir, 'agent'),
    burst: flags.burst ?? false,
    log: log(io),
    signal: io.signal,
  });
  if (io.signal.aborted) throw new Interrupted('SIGINT', true);
}

async function environment(io: Io) {
  const config = readConfig(io.env);
  return { hub: config.hub, graphs: await graphFolder(config) };
}

/** One line for each thing that happens, with its time. */
function log(io: Io): Log {
  const line = (level: string, text: string): void =>
    say(
      io,
      `[${new Date().toISOString().slice(0, 19).replace('T', ' ')}] ${level}: ${text.split('\n').map(printable).join('\n  ')}`,
    );
  return {
    info: (text) => line('INFO', text),
    warn: (text) => line('WARNING', text),
    error: (text, cause) => {
      line('ERROR', text);
      const { stack, code } = (cause ?? {}) as { stack?: unknown; code?: unknown };
      if (typeof stack === 'string' && typeof code !== 'string') line('ERROR', stack);
    },
  };
}
