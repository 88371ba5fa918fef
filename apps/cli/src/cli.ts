import { createRequire } from 'node:module';
import { DeviceError } from '@roto/model';
import { Command, CommanderError } from 'commander';
import { addBackup } from './commands/backup.ts';
import { addDemo } from './commands/demo.ts';
import { addEstimate } from './commands/estimate.ts';
import { addEval } from './commands/eval.ts';
import { addFunction } from './commands/function.ts';
import { addInfo } from './commands/info.ts';
import { addModels } from './commands/models.ts';
import { addRun } from './commands/run.ts';
import { addSample } from './commands/sample.ts';
import { addServe } from './commands/serve.ts';
import { addTask } from './commands/task.ts';
import { addTrack } from './commands/track.ts';
import { addToken, addUser } from './commands/user.ts';
import { EXIT, errorCode, exitReason, Interrupted } from './errors.ts';
import type { Io } from './io.ts';
import { jsonLine, red, say } from './print.ts';
import { refuseRepeatedOptions } from './repeated-options.ts';
import { addConnectionOptions } from './server/connection.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const OVERVIEW = `
Start here
  roto demo                       render a clip, track its objects, compare with the truth
  roto info clip.mp4              what is in a video, and whether it can be read
  roto track clip.mp4 --box 430,380,700,550 --to 60 -o out
  roto track --help               all ways to say what to track, with examples

The built-in model tracks at once. For the published SAM 2.1 models: roto models list

Results go to stdout, talk to stderr. Exit codes: 0 done, 2 arguments, 3 input, 4 model, 5 device, 6 output,
130 interrupted, 1 a fault of ours (docs/guide/exit-codes.md).`;

export function createProgram(io: Io): Command {
  const program = new Command('roto')
    .description('Outline an object in a video once; SAM 2 follows it.')
    .version(version)
    .helpCommand(false)
    .showSuggestionAfterError()
    .addHelpText('after', OVERVIEW);
  for (const add of [
    addTrack,
    addInfo,
    addEstimate,
    addModels,
    addSample,
    addDemo,
    addEval,
    addServe,
    addBackup,
    addUser,
    addToken,
    addFunction,
    addTask,
    addRun,
  ])
    add(program, io);
  addConnectionOptions(program);
  refuseRepeatedOptions(program);
  quietly(program, io);
  return program;
}

/** Commander throws instead of leaving the process, and writes where we say. */
function quietly(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: () => undefined, // told by runCli, in the form of all errors
    getOutHelpWidth: () => io.stdout.columns ?? 100,
    getErrHelpWidth: () => io.stderr.columns ?? 100,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const child of command.commands) quietly(child, io);
}

/** Runs one command line (without `node` and the script). Never throws; the answer is the exit code. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io).parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    return told(error, argv, io);
  }
}

function told(error: unknown, argv: readonly string[], io: Io): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok; // --help, --version
    // Without a command the help has been written, and there is nothing to add.
    if (error.code !== 'commander.help') report(usageText(error), 'usage', 'usage', argv, io);
    return EXIT.usage;
  }
  const reason = io.signal.aborted ? 'interrupted' : exitReason(error);
  if (reason === 'interrupted') {
    if (error instanceof Interrupted && error.told) return EXIT.interrupted;
    if (argv.includes('--json')) jsonLine(io, { event: 'interrupted', done: 0 });
    say(io, 'Interrupted.');
    return EXIT.interrupted;
  }
  const message = error instanceof Error ? error.message : String(error);
  report(message, reason, errorCode(error), argv, io, native(error));
  if (reason === 'internal') {
    say(io, 'This is a fault of roto. Please report it with the command and the lines below.');
    say(io, error instanceof Error ? (error.stack ?? '') : '');
  }
  return EXIT[reason];
}

function usageText({ message }: CommanderError): string {
  return message.replace(/^error: /, '').replace(/^./, (first) => first.toUpperCase());
}

/** What a device's own software said, for machines: people are told what it means. */
function native(error: unknown): string | undefined {
  return error instanceof DeviceError && error.cause instanceof Error ? error.cause.message : undefined;
}

function report(
  message: string,
  reason: keyof typeof EXIT,
  code: string,
  argv: readonly string[],
  io: Io,
  cause?: string,
): void {
  if (argv.includes('--json')) jsonLine(io, { event: 'error', code, exitCode: EXIT[reason], message, cause });
  say(io, `${red('Error:', io.stderr, io)} ${message}`);
}
