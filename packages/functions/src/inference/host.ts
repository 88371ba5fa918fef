import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { AgentError, BadFunctionError, BadRequestError, WorkerCrashedError } from '../errors.ts';
import type { FunctionChoice, ModelEnvironment } from '../functions/choice.ts';
import type { Log } from '../log.ts';
import type { CallName, Calls, FromWorker, SentError, ToWorker } from './messages.ts';

// The ending is `.js` in an installed package.
const ENTRY = path.join(import.meta.dirname, `process${path.extname(import.meta.filename)}`);

/** A process that ends again and again is started later each time, up to this; a function that works for a while resets it. */
const MOST_BACK_OFF_MS = 60_000;
const SOUND_AFTER_MS = 30_000;
/** A call that is not answered, with nothing heard in between, for so long is taken for stuck. */
const STUCK_MS = 15 * 60_000;

type RangeEvents = {
  tracked(message: Extract<FromWorker, { tracked: number }>): void;
  wanted(frame: number): Promise<string>;
};
type Waiting = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly events: RangeEvents | undefined;
};

export type RangeHandle = {
  readonly done: Promise<Calls['range']['out']>;
  adjust(change: Omit<Extract<ToWorker, { adjust: number }>, 'adjust'>): void;
};

/**
 * The inference process, seen from the agent's. When it ends, whatever was asked of it fails with WorkerCrashedError, and
 * the next call starts it anew, after a growing pause.
 */
export class Inference implements AsyncDisposable {
  readonly #choice: FunctionChoice;
  readonly #environment: ModelEnvironment;
  readonly #log: Log;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #ready: Promise<Calls['load']['out']> | undefined;
  #calls = 0;
  #crashes = 0;
  #startedAt = 0;
  #heardAt = 0;
  #watch: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(choice: FunctionChoice, environment: ModelEnvironment, log: Log) {
    this.#choice = choice;
    this.#environment = environment;
    this.#log = log;
  }

  /** Id of the process, while one runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process and loads the function, or tells what the loaded one is. Throws what loading throws. */
  start(): Promise<Calls['load']['out']> {
    this.#ready ??= this.#launch();
    return this.#ready;
  }

  /** Throws BadRequestError, BadFunctionError, WorkerCrashedError, and plain errors for all else. */
  async call<Name extends Exclude<CallName, 'load' | 'range'>>(
    name: Name,
    given: Calls[Name]['in'],
  ): Promise<Calls[Name]['out']> {
    await this.start();
    return (await this.#ask(name, given).answer) as Calls[Name]['out'];
  }

  /** Begins to track a range. */
  async range(job: Calls['range']['in'], events: RangeEvents): Promise<RangeHandle> {
    await this.start();
    const { id, answer } = this.#ask('range', job, events);
    answer.catch(() => undefined); // whoever awaits `done` hears of it
    return {
      done: answer as Promise<Calls['range']['out']>,
      adjust: (change) => this.#send({ adjust: id, ...change }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    if (!child) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.disconnect();
    // It may be in the middle of a long computation, which nobody needs any more.
    const timer = setTimeout(() => child.kill('SIGKILL'), 500);
    await ended;
    clearTimeout(timer);
  }

  async #launch(): Promise<Calls['load']['out']> {
    if (this.#crashes > 0) {
      const pause = Math.min(MOST_BACK_OFF_MS, 250 * 2 ** (this.#crashes - 1));
      this.#log.info(`Starting the inference process again in ${pause / 1000} s.`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    if (this.#closed) throw new WorkerCrashedError('The agent is being closed.');
    // What a function prints is talk: standard output belongs to the command.
    const child = fork(ENTRY, { serialization: 'advanced', stdio: ['ignore', 2, 'inherit', 'ipc'], execArgv: [] });
    this.#child = child;
    this.#startedAt = performance.now();
    this.#heardAt = this.#startedAt;
    child.on('message', (message) => this.#heard(message as FromWorker));
    child.on('error', (error) => this.#ended(child, error.message));
    child.on('exit', (code, signal) => this.#ended(child, signal ?? `code ${code}`));
    clearInterval(this.#watch);
    this.#watch = setInterval(() => this.#killStuck(), 60_000);
    this.#watch.unref();
    try {
      const given = { choice: this.#choice, environment: this.#environment };
      return (await this.#ask('load', given).answer) as Calls['load']['out'];
    } catch (error) {
      // A process without a function is of no use; the next call begins anew.
      child.kill('SIGKILL');
      const { code } = error as { code?: unknown };
      if (typeof code === 'string') throw error;
      throw new AgentError(`The function cannot be loaded: ${(error as Error).message}`, { cause: error });
    }
  }

  #ask<Name extends CallName>(call: Name, given: Calls[Name]['in'], events?: RangeEvents) {
    const id = ++this.#calls;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, events });
      this.#send({ id, call, with: given } as ToWorker);
    });
    return { id, answer };
  }

  #send(message: ToWorker): void {
    const child = this.#child;
    // One that has just ended says so by its exit.
    if (child?.connected) child.send(message, () => undefined);
    else if ('id' in message) {
      this.#waiting.get(message.id)?.reject(new WorkerCrashedError('The inference process is not running.'));
      this.#waiting.delete(message.id);
    }
  }

  #heard(message: FromWorker): void {
    this.#heardAt = performance.now();
    if ('say' in message) this.#log[message.level](message.say);
    else if ('tracked' in message) this.#waiting.get(message.tracked)?.events?.tracked(message);
    else if ('wanted' in message) void this.#provide(message);
    else {
      const waiting = this.#waiting.get(message.answer);
      this.#waiting.delete(message.answer);
      if ('error' in message) waiting?.reject(receivedError(message.error, this.#log));
      else waiting?.resolve(message.value);
    }
  }

  async #provide({ wanted, frame, ask }: Extract<FromWorker, { wanted: number }>): Promise<void> {
    try {
      const events = this.#waiting.get(wanted)?.events;
      if (!events) throw new Error('The range has ended.');
      this.#send({ picture: ask, path: await events.wanted(frame) });
    } catch (error) {
      this.#send({ picture: ask, path: null, problem: (error as Error).message });
    }
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#ready = undefined;
    clearInterval(this.#watch);
    this.#crashes = performance.now() - this.#startedAt > SOUND_AFTER_MS ? 1 : this.#crashes + 1;
    if (!this.#closed) this.#log.error(`The inference process ended (${how}).`);
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of lost) reject(new WorkerCrashedError(`The inference process ended (${how}).`));
  }

  #killStuck(): void {
    if (this.#waiting.size === 0) this.#heardAt = performance.now();
    if (performance.now() - this.#heardAt < STUCK_MS) return;
    this.#log.error(`The inference process has been silent for ${STUCK_MS / 60_000} minutes; it is ended.`);
    this.#child?.kill('SIGKILL');
  }
}

function receivedError({ kind, message, stack }: SentError, log: Log): Error {
  if (kind === 'bad-request') return new BadRequestError(message);
  if (kind === 'bad-function') return new BadFunctionError(message);
  if (kind === 'agent') return new AgentError(message);
  if (stack) log.error(stack);
  return new Error(message);
}
