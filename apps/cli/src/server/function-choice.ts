import path from 'node:path';
import type { FunctionChoice, FunctionParameters } from '@roto/functions';
import type { Command } from 'commander';
import { usageError } from '../errors.ts';

export type FunctionFlags = {
  readonly functionFile?: string;
  readonly functionModule?: string;
  readonly functionParameter?: readonly string[];
};

/** The options that say which function is meant; CVAT's names, and SAM 2 when none is given. */
export function addFunctionOptions(command: Command): Command {
  return command
    .option('--function-file <path>', 'a TypeScript or JavaScript file with the function (default: SAM 2, built in)')
    .option('--function-module <name>', 'an installed module with the function')
    .option(
      '-p, --function-parameter <name=type:value>',
      'parameter of the function; type is int, float, str or bool; repeatable',
      (value: string, before: readonly string[] = []) => [...before, value],
    );
}

export function functionChoice(flags: FunctionFlags, say: (text: string) => void): FunctionChoice {
  const parameters = parseParameters(flags.functionParameter ?? []);
  if (flags.functionFile !== undefined && flags.functionModule !== undefined)
    throw usageError('--function-file and --function-module contradict each other; give one of them.');
  if (flags.functionFile !== undefined && /\.py$/i.test(flags.functionFile))
    return pythonFile(flags.functionFile, parameters, say);
  if (flags.functionFile !== undefined) return { kind: 'file', path: path.resolve(flags.functionFile), parameters };
  if (flags.functionModule !== undefined)
    return { kind: 'module', name: flags.functionModule, folder: process.cwd(), parameters };
  return { kind: 'sam2', parameters };
}

/** CVAT's own: `ai-models/tracker/sam2/func.py`, also under a name that says SAM 2. */
const SAM2_FILE = /(^|[\\/])(sam2[^\\/]*[\\/]func|[^\\/]*sam[-_]?2[^\\/]*)\.py$/i;
/** What CVAT's function takes; ours takes more. */
const SAM2_PARAMETERS = ['model_id', 'device'];

/** A Python file is not run. CVAT's tracker is built in; for any other there is a remedy. */
function pythonFile(file: string, parameters: FunctionParameters, say: (text: string) => void): FunctionChoice {
  const isSam2 = SAM2_FILE.test(path.resolve(file)) || SAM2_FILE.test(file);
  if (!isSam2)
    throw usageError(
      `--function-file ${file}: Python functions cannot be run. For SAM 2 leave --function-file out, it is built in; write any ` +
        'other as a TypeScript or JavaScript module (docs/guide/agent.md), or serve it with cvat-cli.',
    );
  const others = Object.keys(parameters).filter((name) => !SAM2_PARAMETERS.includes(name));
  say(
    `${file} is CVAT's SAM 2 function: the built-in one is used in its place, and the file is not opened.` +
      (others.length > 0 ? ` Parameters ${others.join(', ')} are those of the built-in one.` : ''),
  );
  return { kind: 'sam2', parameters };
}

const BOOLEANS = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0'].map((word) => [word, false] as const),
]);

function parseParameters(texts: readonly string[]): FunctionParameters {
  const parameters: Record<string, string | number | boolean> = {};
  for (const text of texts) {
    const equals = text.indexOf('=');
    const colon = text.indexOf(':', equals + 1);
    if (equals < 1 || colon < 0)
      throw usageError(`-p ${JSON.stringify(text)} is not of the form name=type:value, such as model_id=str:builtin.`);
    const value = text.slice(colon + 1);
    parameters[text.slice(0, equals)] = parseValue(text, text.slice(equals + 1, colon), value);
  }
  return parameters;
}

function parseValue(text: string, type: string, value: string): string | number | boolean {
  const bad = (what: string): never => {
    throw usageError(`-p ${JSON.stringify(text)}: ${JSON.stringify(value)} is ${what}.`);
  };
  switch (type) {
    case 'str':
      return value;
    case 'int':
      return /^\s*[+-]?\d+\s*$/.test(value) && Number.isSafeInteger(Number(value))
        ? Number(value)
        : bad('no whole number');
    case 'float':
      return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : bad('no number');
    case 'bool':
      return BOOLEANS.get(value.toLowerCase()) ?? bad('neither true nor false');
    default:
      throw usageError(
        `-p ${JSON.stringify(text)}: there is no type ${JSON.stringify(type)}; use int, float, str or bool.`,
      );
  }
}
