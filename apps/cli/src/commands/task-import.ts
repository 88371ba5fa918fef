import path from 'node:path';
import type { ImportReport } from '@roto/wire';
import { type Command, Option } from 'commander';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { printable, result, say } from '../print.ts';
import { startProgress } from '../progress.ts';
import { addConnectionOptions, CONNECTION_HELP, connect } from '../server/connection.ts';
import { taskId } from './task-arguments.ts';

type Flags = {
  readonly format: string;
  readonly append?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly createLabels?: boolean;
  readonly labelMap?: readonly string[];
  readonly firstFrame?: '0' | '1';
};

/** `roto task import-dataset`: sends a file of annotations, and says what was found and what was passed over. */
export function addTaskImport(group: Command, io: Io): void {
  const command = group
    .command('import-dataset')
    .alias('import')
    .summary('read annotations from a file')
    .description(
      'Send annotations to a task. They replace those that it has; a file in which none are found changes nothing.',
    )
    .argument('<task>', 'id of the task')
    .argument('<filename>', 'file')
    .option('--format <name>', 'as the server lists it', 'CVAT 1.1')
    .option('--append', 'keep what the task has')
    .option('--dry-run', 'show what would be imported, by label and frame, and change nothing')
    .option('--json', 'what was found, as JSON')
    .option('--label-map <file=task...>', 'labels of the file that the task calls otherwise, such as Canis=dog')
    .option('--create-labels', 'make the labels that the file uses and the task does not have')
    .addOption(
      new Option(
        '--first-frame <number>',
        'number of the first frame, in a file that counts frames and does not say from where',
      ).choices(['0', '1']),
    );
  addConnectionOptions(command)
    .addHelpText('after', CONNECTION_HELP)
    .action((task: string, file: string, flags: Flags, given: Command) => importTask(task, file, flags, given, io));
}

async function importTask(task: string, file: string, flags: Flags, command: Command, io: Io): Promise<void> {
  const id = taskId(task);
  const labelMap = flags.labelMap && labelMapOf(flags.labelMap);
  const client = await connect(command, io);
  const told = startProgress(io, 'Reading', 100, '%');
  const report = await client.tasks
    .import(id, file, {
      format: flags.format,
      ...(flags.append && { mode: 'append' as const }),
      ...(flags.dryRun && { dryRun: true }),
      ...(flags.createLabels && { createLabels: true }),
      ...(labelMap && { labelMap }),
      ...(flags.firstFrame && { firstFrame: flags.firstFrame === '0' ? 0 : 1 }),
      signal: io.signal,
      onWork: (done) => told.update(Math.round(done * 100)),
    })
    .finally(() => told.stop());
  if (flags.json) result(io, JSON.stringify(report ?? null, null, 2));
  else if (flags.dryRun && report) for (const line of reportLines(report)) result(io, printable(line));
  if (!flags.json && !flags.dryRun) for (const note of report?.notes ?? []) say(io, `Note: ${printable(note)}`);
  if (flags.dryRun) say(io, `Nothing was changed: this was a dry run for task ID ${id}.`);
  else say(io, `Annotation file ${printable(path.basename(file))} for task ID ${id} uploaded`);
}

function reportLines(report: ImportReport): string[] {
  const counts = (one: ImportReport['labels'][number]): string =>
    (['shapes', 'tracks', 'tags'] as const)
      .filter((kind) => one[kind] > 0)
      .map((kind) => `${one[kind]} ${kind}`)
      .join(', ');
  const labels = report.labels.map(
    (one) =>
      `  ${one.name}: ${counts(one)} on frames ${one.first_frame} to ${one.last_frame}${report.new_labels.includes(one.name) ? ' (a new label)' : ''}`,
  );
  const frames = report.frames.map(({ frame, name, objects }) => `  ${frame} ${name}: ${objects}`);
  return [
    'Found, by label:',
    ...labels,
    'Found, by frame:',
    ...frames,
    ...(report.frames_left_out > 0 ? [`  and ${report.frames_left_out} more frames`] : []),
    ...(report.notes.length > 0 ? ['Notes:', ...report.notes.map((note) => `  ${note}`)] : []),
  ];
}

function labelMapOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.lastIndexOf('=');
      if (at < 1 || at === pair.length - 1)
        throw usageError(`--label-map ${JSON.stringify(pair)}: give the file's label and the task's, as Canis=dog.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
