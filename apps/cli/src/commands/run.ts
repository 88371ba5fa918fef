import { ApiError } from '@roto/client';
import { RUN_STATES } from '@roto/wire';
import { type Command, Option } from 'commander';
import type { Io } from '../io.ts';
import { printable, result, say } from '../print.ts';
import { parseWhole } from '../prompts/arguments.ts';
import { addConnectionOptions, CONNECTION_HELP, connect } from '../server/connection.ts';

type ListFlags = { readonly task?: string; readonly state?: string; readonly json?: boolean };

/** Tracking runs of a server, which go on whatever becomes of the command that began them. */
export function addRun(program: Command, io: Io): void {
  const group = program
    .command('run')
    .summary('tracking runs of a server: list, cancel')
    .description('See and cancel tracking runs; `roto task track` begins them.')
    .helpCommand(false);
  addConnectionOptions(group).addHelpText('after', CONNECTION_HELP);
  const add = (command: Command): Command => addConnectionOptions(command).addHelpText('after', CONNECTION_HELP);

  add(
    group
      .command('ls')
      .summary('list runs, the newest first')
      .description('List runs, one a line: id, state, frames done and in all, task, what it waits for.')
      .option('--task <id>', 'only those of this task')
      .addOption(new Option('--state <state>', 'only those in this state').choices(RUN_STATES))
      .option('--json', 'all that the server says of them, as one JSON array'),
  ).action((flags: ListFlags, command: Command) => list(flags, command, io));

  add(
    group
      .command('cancel')
      .summary('cancel runs')
      .description('Cancel runs; the frames that are done are kept. Those that have ended stay as they are.')
      .argument('<ids...>', 'ids of runs'),
  ).action((ids: string[], _flags: object, command: Command) => cancel(ids, command, io));
}

async function list({ task, state, json }: ListFlags, command: Command, io: Io): Promise<void> {
  const taskId = task === undefined ? undefined : parseWhole(task, '--task', 1, Number.MAX_SAFE_INTEGER);
  const client = await connect(command, io);
  const runs = await Array.fromAsync(client.runs.list({ task: taskId, state }, io.signal));
  if (json) return result(io, JSON.stringify(runs, null, 2));
  for (const run of runs) {
    const frames = `${run.frames_done}/${run.frames_total}`;
    result(io, [run.id, run.state, frames, `task ${run.task}`, printable(run.message)].join('\t').trimEnd());
  }
}

async function cancel(ids: readonly string[], command: Command, io: Io): Promise<void> {
  const client = await connect(command, io);
  for (const id of ids) {
    try {
      const { state } = await client.runs.cancel(id, io.signal);
      say(io, `Run ${id}: ${state}`);
    } catch (error) {
      // As with functions and tasks, one that is not there does not fail the command.
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      say(io, `Warning: there is no run ${printable(id)}`);
    }
  }
}
