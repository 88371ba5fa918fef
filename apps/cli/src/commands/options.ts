import { type Command, Option } from 'commander';
import { usageError } from '../errors.ts';
import type { ModelChoice, Precision } from '../model.ts';
import { parseWhole } from '../prompts/arguments.ts';

/** The options that choose a model and how it runs; the same in every command that has them. */
export function addModelOptions(command: Command): Command {
  return command
    .option('--model <id>', 'built-in model, a Hugging Face id, a folder, or a .pt or .safetensors file', 'builtin')
    .option('--revision <rev>', 'branch, tag or commit of a Hugging Face model')
    .addOption(new Option('--device <name>', 'cpu, cuda or webgpu').default('cpu'))
    .option('--threads <n>', 'threads of the model (default: one per core)')
    .option('--precision <p>', 'float32, or int8: faster on a CPU, slightly different masks', 'float32');
}

export type ModelFlags = {
  readonly model: string;
  readonly revision?: string;
  readonly device: string;
  readonly threads?: string;
  readonly precision: string;
};

export function modelChoice({ model, revision, device, threads, precision }: ModelFlags): ModelChoice {
  if (model === '') throw usageError('--model is empty; name a model, such as builtin or facebook/sam2.1-hiera-tiny.');
  if (precision !== 'float32' && precision !== 'int8')
    throw usageError(`--precision ${JSON.stringify(precision)}: choose float32 or int8.`);
  return {
    id: model,
    revision,
    device,
    threads: threads === undefined ? undefined : parseWhole(threads, '--threads', 1, 1024),
    precision: precision satisfies Precision,
  };
}
