import type { Command } from 'commander';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { printable, result, say } from '../print.ts';
import { addConnectionOptions, CONNECTION_HELP, connect } from '../server/connection.ts';
import { taskId } from './task-arguments.ts';

type Flags = { readonly add?: readonly string[]; readonly type: string; readonly json?: boolean };

export function addTaskLabels(group: Command, io: Io): void {
  addConnectionOptions(
    group
      .command('labels')
      .summary('list the labels of a task, or add some')
      .description('List the labels of a task, one a line: id, type, name. With --add make new ones first.')
      .argument('<task>', 'id of the task')
      .option('--add <name...>', 'names of new labels')
      .option('--type <type>', 'shapes that new labels may have: any, polygon, rectangle, mask …', 'any')
      .option('--json', 'all that the server says of them, as one JSON array'),
  )
    .addHelpText('after', CONNECTION_HELP)
    .action((task: string, flags: Flags, command: Command) => labels(task, flags, command, io));
}

async function labels(task: string, flags: Flags, command: Command, io: Io): Promise<void> {
  const id = taskId(task);
  if (flags.add?.some((name) => name.trim() === '')) throw usageError('--add: the name of a label is empty.');
  const client = await connect(command, io);
  if (flags.add) {
    const there = new Set((await Array.fromAsync(client.tasks.labels(id, io.signal))).map(({ name }) => name));
    const names = [...new Set(flags.add)].filter((name) => !there.has(name));
    if (names.length > 0)
      await client.tasks.addLabels(
        id,
        names.map((name) => ({ name, type: flags.type })),
        io.signal,
      );
    for (const name of flags.add) if (there.has(name)) say(io, `${printable(name)} is there already.`);
  }
  const all = await Array.fromAsync(client.tasks.labels(id, io.signal));
  if (flags.json) return result(io, JSON.stringify(all, null, 2));
  for (const label of all) result(io, [label.id, label.type, printable(label.name)].join('\t'));
}
