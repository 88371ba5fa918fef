import { Worker } from 'node:worker_threads';
import { HttpError } from '../http/errors.ts';

export type DerivationCost = { readonly N: number; readonly r: number; readonly p: number };

type Job = {
  readonly password: string;
  readonly salt: Uint8Array;
  readonly cost: DerivationCost;
  readonly bytes: number;
  readonly resolve: (key: Buffer) => void;
  readonly reject: (error: unknown) => void;
};

/** Derivations that may wait; at some 0.15 seconds each the last one waits about 5 seconds. */
const MAX_WAITING = 32;

/** Plain JavaScript, because a worker that is started from text needs no file of its own in any build. */
const WORKER = `
const { parentPort } = require('node:worker_threads');
const { scryptSync } = require('node:crypto');
parentPort.on('message', ({ password, salt, cost, bytes }) => {
  try {
    parentPort.postMessage({ key: scryptSync(password, salt, bytes, { ...cost, maxmem: 256 * cost.N * cost.r }) });
  } catch (error) {
    parentPort.postMessage({ problem: error.message });
  }
});`;

const waiting: Job[] = [];
let worker: Worker | undefined;
let current: Job | undefined;

/**
 * Derives a key with scrypt, one at a time in a thread of its own: the asynchronous form of Node occupies the threads
 * that files and frames need as well.
 * @throws HttpError 503 when too many wait already
 */
export function derive(
  password: string,
  salt: Uint8Array,
  { cost, bytes }: { readonly cost: DerivationCost; readonly bytes: number },
): Promise<Buffer> {
  if (waiting.length >= MAX_WAITING) {
    const detail = 'Too many passwords are being checked at the moment. Try again in a few seconds.';
    return Promise.reject(new HttpError(503, { detail }, { 'Retry-After': '5' }));
  }
  return new Promise((resolve, reject) => {
    waiting.push({ password, salt, cost, bytes, resolve, reject });
    next();
  });
}

function next(): void {
  if (current || waiting.length === 0) return;
  current = waiting.shift()!;
  const { password, salt, cost, bytes } = current;
  worker ??= start();
  // While a derivation is in progress the process stays alive for it.
  worker.ref();
  worker.postMessage({ password, salt, cost, bytes });
}

function start(): Worker {
  const started = new Worker(WORKER, { eval: true });
  const finish = (settle: (job: Job) => void): void => {
    const job = current;
    current = undefined;
    started.unref();
    if (job) settle(job);
    next();
  };
  started.on('message', ({ key, problem }: { key?: Uint8Array; problem?: string }) =>
    finish((job) => (key ? job.resolve(Buffer.from(key)) : job.reject(new Error(`scrypt: ${problem}`)))),
  );
  const failed = (error: unknown): void => {
    if (worker !== started) return;
    worker = undefined;
    finish((job) => job.reject(error));
  };
  started.on('error', failed);
  started.on('exit', (code) => failed(new Error(`The thread that checks passwords ended with exit code ${code}.`)));
  return started;
}
