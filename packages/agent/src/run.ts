import path from 'node:path';
import type { NodeClient } from '@roto/client/node';
import {
  checkCompatible,
  type FunctionChoice,
  type FunctionSpec,
  Inference,
  type Log,
  type ModelEnvironment,
  remoteFields,
  type StateStore,
} from '@roto/functions';
import type { Capabilities } from '@roto/wire';
import manifest from '../package.json' with { type: 'json' };
import { Loop } from './loop/agent.ts';
import { TIMING, type Timing } from './loop/backoff.ts';
import { originalsCache } from './media/originals.ts';
import { taskPictures } from './media/pictures.ts';

export type AgentOptions = {
  readonly client: NodeClient;
  readonly functionId: number;
  readonly choice: FunctionChoice;
  readonly environment: ModelEnvironment;
  /** Stays open when the agent ends. */
  readonly store: StateStore;
  /** Original files of tasks are kept here, for all agents of the machine. */
  readonly cacheFolder: string;
  /** Bytes of them; default 20 GiB. */
  readonly cacheBytes?: number;
  /** End when there is nothing left to do. */
  readonly burst?: boolean;
  readonly log: Log;
  /** Ends the agent: what it works on is given back, and another can take it at once. */
  readonly signal: AbortSignal;
  readonly timing?: Partial<Timing>;
  /** Told the inference process whenever the function is loaded. */
  readonly onInference?: (inference: Inference) => void;
};

const CACHE_BYTES = 20 * 2 ** 30;

/**
 * Serves a function of a server until the signal, or with `burst` until its queue is empty. Throws AgentError when the
 * function cannot be served, ApiError when the server refuses the agent, and what loading the function throws.
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { client, functionId, choice, environment, store, log, signal } = options;
  await using inference = new Inference(choice, environment, log);
  options.onInference?.(inference);
  const { spec, fingerprint, keepsBytes, ranges } = await inference.start();
  checkCompatible(await client.functions.get(functionId, signal), spec);
  if (store.shared && spec.kind === 'tracker' && !keepsBytes)
    log.warn('The function does not write its states as bytes: they stay in this process, whatever the state store.');
  const capabilities: Capabilities = {
    ...(ranges && { ranges: 1 as const }),
    ...(store.shared && keepsBytes && { shared_states: true }),
    about: aboutAgent(choice),
  };
  await using pictures = await taskPictures(client);
  const originals = originalsCache(
    client,
    path.join(options.cacheFolder, 'originals'),
    options.cacheBytes ?? CACHE_BYTES,
    log,
  );
  const work = { client, inference, spec, fingerprint, store, pictures, originals, log };
  const loop = new Loop(work, functionId, capabilities, { ...TIMING, ...options.timing });
  await loop.run(options.burst ?? false, signal);
}

/** What people see of an agent: its program, and what it tracks with. */
function aboutAgent(choice: FunctionChoice): NonNullable<Capabilities['about']> {
  const software = `roto/${manifest.version}`;
  if (choice.kind !== 'sam2') return { software };
  const { model_id: model = 'builtin', device = 'cpu' } = choice.parameters;
  // A folder of this machine is nobody's business.
  const name = String(model).split(/[/\\]/).slice(-2).join('/');
  return { software, model: name.slice(0, 300), device: String(device).slice(0, 100) };
}

/** Loads a function in a process of its own, says what it is, and lets go of it. */
export async function inspectFunction(
  choice: FunctionChoice,
  environment: ModelEnvironment,
  log: Log,
): Promise<{ spec: FunctionSpec; fields: ReturnType<typeof remoteFields> }> {
  await using inference = new Inference(choice, environment, log);
  const { spec } = await inference.start();
  return { spec, fields: remoteFields(spec) };
}
