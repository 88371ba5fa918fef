import { readFile, stat } from 'node:fs/promises';
import type { DataFields, LabelInput, NewTask } from '@roto/wire';
import { type Command, Option } from 'commander';
import { inputError, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { result, say } from '../print.ts';
import { startProgress } from '../progress.ts';
import { parseWhole } from '../prompts/arguments.ts';
import { addConnectionOptions, CONNECTION_HELP, connect } from '../server/connection.ts';
import { parseSeconds } from './task-arguments.ts';

type Flags = {
  readonly labels: string;
  readonly project_id?: string;
  readonly segment_size?: string;
  readonly overlap?: string;
  readonly subset?: string;
  readonly bug_tracker?: string;
  readonly image_quality: string;
  readonly chunk_size?: string;
  readonly start_frame?: string;
  readonly stop_frame?: string;
  readonly frame_step?: string;
  readonly sortingMethod: 'lexicographical' | 'natural' | 'predefined' | 'random';
  readonly use_cache?: boolean;
  readonly use_zip_chunks?: boolean;
  readonly annotation_path?: string;
  readonly annotation_format: string;
  readonly completion_verification_period: string;
};

export function addTaskCreate(group: Command, io: Io): void {
  addConnectionOptions(
    group
      .command('create')
      .summary('make a task of local files; prints its id')
      .description('Make a task of one video or of same-size images. Its id alone goes to stdout.')
      .argument('<name>', 'name of the task')
      .argument('<resource_type>', 'local')
      .argument('<files...>', 'a video, or images')
      .option('--labels <json>', 'JSON list of labels, or a file with it: \'[{"name": "person"}]\'', '[]')
      .option('--project_id <n>', 'project that has the labels')
      .option('--segment_size <n>', 'frames of a job (default: all)')
      .option('--overlap <n>', 'frames that neighbouring jobs share')
      .option('--subset <name>', 'Train, Validation, Test …')
      .option('--bug_tracker, --bug <url>', 'address of the bug tracker')
      .option('--image_quality <n>', '1 to 100, of compressed frames', '70')
      .option('--chunk_size <n>', 'frames of a chunk')
      .option('--start_frame <n>', 'first frame of the video')
      .option('--stop_frame <n>', 'last frame of the video')
      .option('--frame_step <n>', 'every n-th frame')
      .addOption(
        new Option('--sorting-method <how>', 'order of images; natural, as roto track has it, puts 2 before 10')
          .choices(['lexicographical', 'natural', 'predefined', 'random'])
          .default('natural'),
      )
      .option('--use_cache', 'let the server make chunks when they are asked for')
      .option('--use_zip_chunks', 'chunks of images also for a video')
      .option('--annotation_path <file>', 'annotations to send along')
      .option('--annotation_format <name>', 'their format', 'CVAT 1.1')
      .option('--completion_verification_period <seconds>', 'how often the server is asked whether it is ready', '2'),
  )
    .addHelpText(
      'after',
      `
Example
  roto task create "Dogs in the park" local park.mp4 --labels '[{"name": "dog"}]'
${CONNECTION_HELP}`,
    )
    .action((name: string, type: string, files: string[], flags: Flags, command: Command) =>
      create(name, type, files, flags, command, io),
    );
}

async function create(
  name: string,
  type: string,
  files: readonly string[],
  flags: Flags,
  command: Command,
  io: Io,
): Promise<void> {
  if (type !== 'local')
    throw usageError(
      ['share', 'remote'].includes(type)
        ? `Resource type ${type} is not there; download the files and give them as local.`
        : `${JSON.stringify(type)} is no resource type; write: roto task create NAME local FILES…`,
    );
  const task: NewTask = {
    name,
    labels: await readLabels(flags.labels),
    ...whole(flags, 'project_id', 1),
    ...whole(flags, 'segment_size', 0),
    ...whole(flags, 'overlap', 0),
    ...(flags.subset !== undefined && { subset: flags.subset }),
    ...(flags.bug_tracker !== undefined && { bug_tracker: flags.bug_tracker }),
  };
  const step = whole(flags, 'frame_step', 1).frame_step;
  const data: DataFields = {
    image_quality: parseWhole(flags.image_quality, '--image_quality', 1, 100),
    sorting_method: flags.sortingMethod,
    use_cache: flags.use_cache ?? false,
    use_zip_chunks: flags.use_zip_chunks ?? false,
    copy_data: false,
    ...whole(flags, 'chunk_size', 1),
    ...whole(flags, 'start_frame', 0),
    ...whole(flags, 'stop_frame', 0),
    ...(step !== undefined && { frame_filter: `step=${step}` }),
    ...(flags.sortingMethod === 'predefined' && {
      upload_file_order: files.map((file) => file.split(/[\\/]/).at(-1)!),
    }),
  };
  const everyMs = parseSeconds(flags.completion_verification_period);
  // Before anything is made on the server: what cannot be sent.
  for (const file of files)
    if (
      !(await stat(file).then(
        (stats) => stats.isFile(),
        () => false,
      ))
    )
      throw inputError(`${file} is not a file; name a video, or the images one by one.`);

  const client = await connect(command, io);
  const { id } = await client.tasks.create(task, io.signal);
  const sending = startProgress(io, 'Uploading', 100, '%');
  const reading = { bar: undefined as ReturnType<typeof startProgress> | undefined };
  try {
    await client.tasks.attach(id, files, data, {
      signal: io.signal,
      everyMs,
      onProgress: (sent, total) => sending.update(total > 0 ? Math.round((100 * sent) / total) : 100),
      onWork: (done) => {
        sending.stop();
        reading.bar ??= startProgress(io, 'The server reads the media', 100, '%');
        reading.bar.update(Math.round(done * 100));
      },
    });
    if (flags.annotation_path !== undefined)
      await client.tasks.import(id, flags.annotation_path, {
        format: flags.annotation_format,
        signal: io.signal,
        everyMs,
      });
  } catch (error) {
    say(io, `Task ${id} was made and stays; delete it with: roto task delete ${id}`);
    throw error;
  } finally {
    sending.stop();
    reading.bar?.stop();
  }
  result(io, String(id));
}

function whole<Name extends string>(
  flags: Readonly<Record<string, unknown>>,
  name: Name,
  least: number,
): { [Key in Name]?: number } {
  const text = flags[name];
  if (typeof text !== 'string') return {};
  return { [name]: parseWhole(text, `--${name}`, least, 2 ** 31 - 1) } as { [Key in Name]?: number };
}

/** A file of that name, else the text itself, as cvat-cli has it. */
async function readLabels(text: string): Promise<LabelInput[]> {
  const file = await readFile(text, 'utf8').catch(() => undefined);
  let labels: unknown;
  try {
    labels = JSON.parse(file ?? text);
  } catch {
    throw usageError(
      `--labels ${JSON.stringify(text.slice(0, 60))} is neither a file nor JSON; write '[{"name": "person"}]'.`,
    );
  }
  const isList =
    Array.isArray(labels) &&
    labels.every((label) => typeof label === 'object' && label !== null && typeof label.name === 'string');
  if (!isList) throw usageError('--labels must be a list of objects that each have a name.');
  return labels as LabelInput[];
}
