import { availableParallelism, cpus } from 'node:os';
import { checkedDevice } from '@roto/model';
import { type Command, Option } from 'commander';
import { usageError } from '../errors.ts';
import type { ModelChoice, Precision } from '../model.ts';
import { plural } from '../print.ts';
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

/** What the options say of the model, as far as they can be checked without looking for one. */
export function modelChoice({ model, revision, device, threads, precision }: ModelFlags): ModelChoice {
  if (model === '') throw usageError('--model is empty; name a model, such as builtin or facebook/sam2.1-hiera-tiny.');
  if (precision !== 'float32' && precision !== 'int8')
    throw usageError(`--precision ${JSON.stringify(precision)}: choose float32 or int8.`);
  checkedDevice(device, precision);
  return {
    id: model,
    revision,
    device,
    threads: threads === undefined ? undefined : parseThreads(threads),
    precision: precision satisfies Precision,
  };
}

/** Threads that share a core wait for each other at every step: with 100 of them a frame takes minutes, and no signal is heard. */
const MOST_THREADS_PER_CORE = 4;

function parseThreads(text: string): number {
  const threads = parseWhole(text, '--threads', 1, Number.MAX_SAFE_INTEGER);
  const cores = Math.max(cpus().length, availableParallelism());
  const most = MOST_THREADS_PER_CORE * cores;
  if (threads <= most) return threads;
  throw usageError(
    `--threads ${threads}: this machine has ${plural(cores, 'core')}, and more than ${most} threads would mostly wait for ` +
      'each other. Give fewer, or leave --threads out.',
  );
}
