import type { Command, Option } from 'commander';
import { usageError } from './errors.ts';

/** The ways to say what to track; two of them are two objects, which the command line cannot say. */
const SHAPES = ['--polygon', '--mask', '--box', '--points'];

/**
 * Refuses an option of one value that is given twice, in a command and all below it: commander would keep the last and
 * drop the others without a word. Options that take several values, or gather them, may be repeated.
 */
export function refuseRepeatedOptions(command: Command): void {
  const hasFile = command.options.some(({ long }) => long === '--prompts');
  for (const option of command.options) if (takesOne(option)) refuseSecond(option, hasFile);
  for (const child of command.commands) refuseRepeatedOptions(child);
}

function takesOne({ required, optional, variadic, parseArg, argChoices }: Option): boolean {
  const gathers = parseArg !== undefined && argChoices === undefined;
  return (required || optional) && !variadic && !gathers;
}

function refuseSecond(option: Option, hasFile: boolean): void {
  const name = option.long ?? option.short ?? option.flags;
  const parse = option.parseArg;
  let given = false;
  option.argParser((value: string, previous: unknown) => {
    if (given)
      throw usageError(
        `${name} is given twice; give it once.` +
          (hasFile && SHAPES.includes(name) ? ' Several objects or frames go into a prompts file (--prompts).' : ''),
      );
    given = true;
    return parse ? parse(value, previous) : value;
  });
}
