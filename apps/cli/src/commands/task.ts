import { rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '@roto/model';
import type { Quality } from '@roto/wire';
import { type Command, Option } from 'commander';
import { outputError, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { result, say } from '../print.ts';
import { startProgress } from '../progress.ts';
import { parseWhole } from '../prompts/arguments.ts';
import { addConnectionOptions, CONNECTION_HELP, connect } from '../server/connection.ts';
import { parseSeconds, taskId } from './task-arguments.ts';
import { addTaskCreate } from './task-create.ts';
import { addTaskImport } from './task-import.ts';
import { addTaskLabels } from './task-labels.ts';
import { addTaskTrack } from './task-track.ts';

/** Tasks of a server; names, order of arguments and meanings are those of cvat-cli where it has the command. */
export function addTask(program: Command, io: Io): void {
  const group = program
    .command('task')
    .summary('tasks of a server: make, track, export …')
    .description('Work with the tasks of a CVAT server, or of ours.')
    .helpCommand(false);
  addConnectionOptions(group).addHelpText('after', CONNECTION_HELP);
  const add = (command: Command): Command => addConnectionOptions(command).addHelpText('after', CONNECTION_HELP);

  add(
    group
      .command('ls')
      .summary('list tasks')
      .description('List the ids of all tasks that you can see.')
      .option('--json', 'all that the server says of them, as one JSON array'),
  ).action((flags: { json?: boolean }, command: Command) => list(flags, command, io));

  addTaskCreate(group, io);

  add(
    group
      .command('delete')
      .summary('delete tasks')
      .description('Delete tasks; those that do not exist are passed over.')
      .argument('<ids...>', 'ids of tasks'),
  ).action((ids: string[], _flags: object, command: Command) => remove(ids, command, io));

  add(
    group
      .command('frames')
      .summary('download frames')
      .description('Download frames of a task as task_<ID>_frame_<FRAME>.<ext>.')
      .argument('<task>', 'id of the task')
      .argument('<frames...>', 'numbers of frames')
      .option('--outdir <folder>', 'folder for the images', '.')
      .addOption(new Option('--quality <q>', 'which quality').choices(['original', 'compressed']).default('original')),
  ).action((task: string, frames: string[], flags: { outdir: string; quality: Quality }, command: Command) =>
    download(task, frames, flags, command, io),
  );

  add(
    group
      .command('export-dataset')
      .alias('export')
      .summary('write annotations to a file')
      .description('Have the server write a dataset, and download it.')
      .argument('<task>', 'id of the task')
      .argument('[filename]', 'file, or folder (then the server names the file)', '.')
      .option('--format <name>', 'as the server lists it', 'CVAT for images 1.1')
      .option('--with-images <bool>', 'with the images', 'false')
      .option('--completion_verification_period <seconds>', 'how often the server is asked whether it is ready', '2'),
  ).action((task: string, file: string, flags: ExportFlags, command: Command) =>
    exportTask(task, file, flags, command, io),
  );

  addTaskImport(group, io);

  for (const name of ['backup', 'create-from-backup'])
    group
      .command(name, { hidden: true })
      .argument('[rest...]')
      .allowUnknownOption()
      .action(() => {
        throw usageError(
          `roto task ${name} is not there: use export-dataset and import-dataset for annotations, and copy the media.`,
        );
      });

  addTaskLabels(group, io);
  addTaskTrack(group, io);
}

async function list(flags: { json?: boolean }, command: Command, io: Io): Promise<void> {
  const client = await connect(command, io);
  const tasks = [];
  for await (const task of client.tasks.list(io.signal)) {
    if (flags.json) tasks.push(task);
    else result(io, String(task.id));
  }
  if (flags.json) result(io, JSON.stringify(tasks, null, 2));
}

async function remove(ids: readonly string[], command: Command, io: Io): Promise<void> {
  const numbers = ids.map((id) => taskId(id));
  const client = await connect(command, io);
  for (const id of numbers) {
    const there = await client.tasks.delete(id, io.signal);
    say(io, there ? `Task ID ${id} deleted` : `Warning: Task ID ${id} not found`);
  }
}

async function download(
  task: string,
  frames: readonly string[],
  { outdir, quality }: { outdir: string; quality: Quality },
  command: Command,
  io: Io,
): Promise<void> {
  const id = taskId(task);
  const numbers = frames.map((frame) => parseWhole(frame, 'a frame', 0, Number.MAX_SAFE_INTEGER));
  const client = await connect(command, io);
  await makeFolder(outdir).catch((cause) => {
    throw outputError(`${outdir} cannot be made: ${(cause as Error).message}`, cause);
  });
  for (const frame of numbers) {
    const { bytes, type } = await client.tasks.frame(id, frame, quality, io.signal);
    const name = `task_${id}_frame_${String(frame).padStart(6, '0')}${EXTENSIONS[type] ?? '.jpg'}`;
    await writeWhole(path.join(outdir, name), bytes);
    result(io, path.join(outdir, name));
  }
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/webp': '.webp',
  'image/tiff': '.tif',
  'image/bmp': '.bmp',
};

type ExportFlags = {
  readonly format: string;
  readonly withImages: string;
  readonly completion_verification_period: string;
};

async function exportTask(task: string, file: string, flags: ExportFlags, command: Command, io: Io): Promise<void> {
  const id = taskId(task);
  const saveImages = parseBool(flags.withImages, '--with-images');
  const everyMs = parseSeconds(flags.completion_verification_period);
  const client = await connect(command, io);
  const isFolder =
    /[\\/]$/.test(file) ||
    (await stat(file).then(
      (stats) => stats.isDirectory(),
      () => false,
    ));
  const partial = isFolder ? path.join(file, `.roto-export-${process.pid}`) : file;
  const told = startProgress(io, `Writing ${flags.format}`, 100, '%');
  const name = await client.tasks
    .export(id, partial, {
      format: flags.format,
      saveImages,
      everyMs,
      signal: io.signal,
      onProgress: (done) => told.update(Math.round(done * 100)),
    })
    .finally(() => told.stop());
  const written = isFolder ? path.join(file, name ?? `task_${id}.zip`) : file;
  if (isFolder) await rename(partial, written);
  result(io, written);
}

function parseBool(text: string, option: string): boolean {
  if (/^(true|t|yes|y|on|1)$/i.test(text)) return true;
  if (/^(false|f|no|n|off|0)$/i.test(text)) return false;
  throw usageError(`${option} ${JSON.stringify(text)}: give true or false.`);
}

/** The file appears whole or not at all. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(`${file}.partial`, bytes);
    await rename(`${file}.partial`, file);
  } catch (cause) {
    throw outputError(`${file} cannot be written: ${(cause as Error).message}`, cause);
  }
}
