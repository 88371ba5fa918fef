import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Log } from '@roto/functions';
import type { FunctionRequest, FunctionResponse } from '../function.ts';
import { lineSplitter } from '../nuclio/lines.ts';

// The ending is `.js` in an installed package.
const WRAPPER = path.join(import.meta.dirname, '..', 'nuclio', `wrapper${path.extname(import.meta.filename)}`);

/** The wrapper process ended while it worked on a call. */
export class WorkerEndedError extends Error {
  override readonly name = 'WorkerEndedError';
}

type Waiting = { resolve(answer: FunctionResponse): void; reject(error: Error): void };

/**
 * One wrapper process and the socket to it: the part that Nuclio's processor plays, on the same protocol. One event at a
 * time; the caller sees to that.
 */
export class FunctionWorker implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #server: Server;
  readonly #folder: string;
  readonly #log: Log;
  #socket: Socket | undefined;
  #waiting: Waiting | undefined;
  #ready!: () => void;
  #failed!: (error: Error) => void;
  /** Fulfilled once the model is loaded; rejected when the process ends before. */
  readonly started: Promise<void>;
  /** Fulfilled with how the process ended. */
  readonly ended: Promise<string>;

  /** Starts the process with these variables. `program`: the wrapper, and what follows the address on its command line. */
  static async start(
    env: NodeJS.ProcessEnv,
    log: Log,
    program: readonly [string, ...string[]] = [WRAPPER, 'main.mjs', 'handler'],
  ): Promise<FunctionWorker> {
    const folder = await mkdtemp(path.join(tmpdir(), 'roto-function-'));
    const address =
      process.platform === 'win32' ? `\\\\.\\pipe\\${path.basename(folder)}` : path.join(folder, 'events.sock');
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(address, resolve));
    const [file, ...more] = program;
    const child = spawn(process.execPath, [file, address, ...more], { env, stdio: ['ignore', 2, 2] });
    return new FunctionWorker(server, folder, child, log);
  }

  private constructor(server: Server, folder: string, child: ChildProcess, log: Log) {
    this.#server = server;
    this.#folder = folder;
    this.#log = log;
    this.started = new Promise((resolve, reject) => {
      this.#ready = resolve;
      this.#failed = reject;
    });
    this.started.catch(() => undefined);
    server.on('connection', (socket) => this.#connect(socket));
    this.#child = child;
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(error.message));
      this.#child.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    void this.ended.then((how) => this.#end(how));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Throws WorkerEndedError. */
  call({ method, path: at, headers, body }: FunctionRequest): Promise<FunctionResponse> {
    const socket = this.#socket;
    if (!socket) throw new WorkerEndedError('The function process is not running.');
    const rest = JSON.stringify({ headers, method, path: at, timestamp: Math.floor(Date.now() / 1000) });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      socket.write(`{"body":"${Buffer.from(body).toString('base64')}",${rest.slice(1)}\n`);
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), 5_000);
    await this.ended;
    clearTimeout(timer);
  }

  #connect(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on(
      'data',
      lineSplitter((line) => this.#receive(line)),
    );
  }

  #receive(line: Buffer): void {
    const rest = line.toString('utf8', 1);
    switch (String.fromCharCode(line[0]!)) {
      case 's':
        this.#ready();
        break;
      case 'l': {
        const {
          level,
          message,
          with: more,
        } = JSON.parse(rest) as { level: string; message: string; with: { stack?: string } };
        const write = level === 'error' ? this.#log.error : level === 'warning' ? this.#log.warn : this.#log.info;
        write(more.stack ? `${message}\n${more.stack}` : message);
        break;
      }
      case 'r': {
        const { body, content_type, status_code } = JSON.parse(rest) as {
          body: string;
          content_type: string;
          status_code: number;
        };
        const waiting = this.#waiting;
        this.#waiting = undefined;
        waiting?.resolve({ status: status_code, contentType: content_type, body });
      }
    }
  }

  async #end(how: string): Promise<void> {
    const error = new WorkerEndedError(`The function process ended (${how}).`);
    this.#failed(error);
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
