import { listModels, pullModel, verifyModel } from '@roto/model';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { downloadProgress } from '../model.ts';
import { jsonLine, result, say, table } from '../print.ts';

const ENVIRONMENT = `
Models lie in the cache that huggingface_hub (Python) uses as well. HF_HOME and HF_HUB_CACHE say where it is, HF_TOKEN
gives access to private models, HF_ENDPOINT names a mirror, HF_HUB_OFFLINE=1 forbids the network.`;

export function addModels(program: Command, io: Io): void {
  const models = program
    .command('models')
    .summary('list, fetch and check models')
    .description('List, fetch and check models.')
    .helpCommand(false)
    .addHelpText('after', ENVIRONMENT);
  models
    .command('list')
    .description('The built-in model, the published ones, and what else is in the cache.')
    .option('--json', 'one JSON object per line')
    .action((flags: { json?: boolean }) => list(flags.json ?? false, io));
  models
    .command('pull')
    .description('Download a model from Hugging Face, or bring the copy here up to date. Goes on where it was cut off.')
    .argument('<id>', 'such as facebook/sam2.1-hiera-tiny')
    .option('--revision <rev>', 'branch, tag or commit')
    .option('--json', 'one JSON object on stdout')
    .action((id: string, flags: { revision?: string; json?: boolean }) => pull(id, flags, io));
  models
    .command('verify')
    .description('Read every byte of a model on this machine: checksum, names, shapes, values. Downloads nothing.')
    .argument('<id>', 'a model as in `roto track --model`')
    .option('--revision <rev>', 'branch, tag or commit')
    .option('--json', 'one JSON object on stdout')
    .action((id: string, flags: { revision?: string; json?: boolean }) => verify(id, flags, io));
}

async function list(json: boolean, io: Io): Promise<void> {
  const models = listModels({ hub: readConfig(io.env).hub });
  if (json) {
    for (const model of models) jsonLine(io, model);
    return;
  }
  const rows = models.map(({ id, kind, version, parameters, bytes, path, revision }) => [
    id,
    version ?? '?',
    parameters === undefined ? '?' : (parameters / 1e6).toFixed(1),
    bytes === undefined ? '?' : (bytes / 1e6).toFixed(0),
    path === undefined ? 'to download' : kind === 'builtin' ? 'built in' : here(revision),
  ]);
  result(io, table([['model', 'SAM', 'million parameters', 'MB', 'where'], ...rows]));
}

function here(revision: string | undefined): string {
  return revision === undefined ? 'here' : `here with --revision ${revision}`;
}

async function pull(id: string, flags: { revision?: string; json?: boolean }, io: Io): Promise<void> {
  const progress = downloadProgress(io);
  try {
    const { hub } = readConfig(io.env);
    const options = { hub, revision: flags.revision, signal: io.signal, onProgress: progress.update };
    const { files, architecture, checksum } = await pullModel(id, options);
    if (flags.json) jsonLine(io, { id, ...files, version: architecture.version, checksum });
    else result(io, files.weights);
  } finally {
    progress.stop();
  }
}

async function verify(id: string, flags: { revision?: string; json?: boolean }, io: Io): Promise<void> {
  const progress = downloadProgress(io);
  const { hub } = readConfig(io.env);
  const options = { hub, revision: flags.revision, signal: io.signal, onProgress: progress.update };
  const verdict = await verifyModel(id, options).finally(progress.stop);
  const { files, checksum, matches, architecture, tensors, parameters, broken } = verdict;
  const sound = matches !== false && broken.length === 0;
  if (flags.json) {
    const { name, version } = architecture;
    jsonLine(io, { id, ...files, name, version, checksum, matches, tensors, parameters, broken, sound });
  } else {
    result(
      io,
      `${id}: ${architecture.name}, SAM ${architecture.version}, ${parameters} parameters in ${tensors} tensors`,
    );
    result(io, `  ${files.weights}`);
    const announced = {
      true: 'as the hub announced',
      false: 'NOT what the hub announced',
      unknown: 'no announced one to compare with',
    };
    result(io, `  SHA-256 ${checksum} (${announced[`${matches}`]})`);
  }
  if (sound) {
    if (!flags.json) say(io, 'Sound: names, shapes and values are those of a SAM 2 model.');
    return;
  }
  throw new CliError(
    'model',
    broken.length > 0
      ? `${files.weights}: ${broken.length} tensors have values that are not finite (${broken.slice(0, 3).join(', ')}). Fetch the model again.`
      : `${files.weights} is not what the hub announced. Run \`roto models pull ${id}${flags.revision === undefined ? '' : ` --revision ${flags.revision}`}\` to fetch it again.`,
  );
}
