import { randomUUID } from 'node:crypto';
import { type Log, openSam2Function } from '@roto/functions';
import type { ImageFeatures } from '@roto/model';
import { createPreprocessor, type Preprocessor, TrackerError } from '@roto/tracker';
import { LRUCache } from 'lru-cache';
import { DEADLINE_MS, deadlineIn } from './call/deadline.ts';
import { readDropped } from './call/drop.ts';
import { COMPACT_TYPE, segment } from './call/interact.ts';
import { readCall } from './call/payload.ts';
import { type CallPicture, readPicture } from './call/picture.ts';
import { type TrackTools, trackObjects } from './call/track.ts';
import type { FunctionConfig } from './config.ts';
import { CallError } from './errors.ts';
import { createMetrics } from './metrics.ts';
import { functionEntry } from './spec.ts';
import { countedHashes } from './states/counted.ts';
import { memoryHashes } from './states/memory.ts';
import { redisHashes } from './states/redis.ts';
import { trackedStates } from './states/tracked-states.ts';

/** One HTTP request, whichever shell took it. Header names are in lower case. */
export type FunctionRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type FunctionResponse = { readonly status: number; readonly contentType: string; readonly body: string };

export interface ServerlessFunction extends AsyncDisposable {
  /** Never rejects. One call at a time: the model computes on all its threads. */
  handle(request: FunctionRequest): Promise<FunctionResponse>;
}

/** Two pictures: the call that starts objects on a frame, and the one that tracks others there. */
const KEPT_PICTURES = 2;

/**
 * Loads the model and opens the store. The store may be away: calls that need it are then answered with 503.
 * Throws what loading the model throws.
 */
export async function openFunction(config: FunctionConfig, log: Log): Promise<ServerlessFunction> {
  const { hub, graphs, model: model_id, device, precision, threads, revision } = config;
  const parameters = {
    model_id,
    device,
    precision,
    ...(threads !== undefined && { threads }),
    ...(revision !== undefined && { revision }),
  };
  const { model, fingerprint } = await openSam2Function(parameters, { hub, graphs });
  const metrics = createMetrics();
  const { redis, stateBytes, cacheBytes, name } = config;
  const hashes = countedHashes(redis ? await redisHashes(redis, name, stateBytes) : memoryHashes(stateBytes), metrics);
  const timed = async <T>(part: string, work: () => Promise<T>): Promise<T> => {
    const end = metrics.seconds.startTimer({ part });
    try {
      return await work();
    } finally {
      end();
    }
  };

  const encoded = new LRUCache<string, ImageFeatures>({ max: KEPT_PICTURES });
  let preprocessor: { width: number; height: number; run: Preprocessor } | undefined;
  const tools: TrackTools = {
    model,
    states: trackedStates(hashes, model.config, `sam2/${fingerprint}`, cacheBytes, (hit) =>
      metrics.stateCache.inc({ result: hit ? 'hit' : 'miss' }),
    ),
    async features(picture: CallPicture) {
      const known = encoded.get(picture.sha256);
      if (known) return known;
      const { width, height } = picture;
      if (preprocessor?.width !== width || preprocessor.height !== height)
        preprocessor = { width, height, run: createPreprocessor(width, height, model.config.imageSize, 'bilinear') };
      const { run } = preprocessor.run;
      const features = await timed('encode', () => model.encodeImage(run({ ...picture })));
      encoded.set(picture.sha256, features);
      return features;
    },
  };

  const call = async ({ body, headers }: FunctionRequest): Promise<FunctionResponse> => {
    const deadline = deadlineIn(DEADLINE_MS);
    const request = readCall(body);
    const picture = await timed('decode', () => readPicture(request.image));
    deadline.check();
    if (request.kind === 'track')
      return json(200, await timed('model', () => trackObjects(tools, request, picture, deadline)));
    const compact = headers.accept?.includes(COMPACT_TYPE) ?? false;
    return json(200, await timed('model', () => segment(tools, request, picture, compact)));
  };

  const route = async (request: FunctionRequest): Promise<FunctionResponse> => {
    const path = request.path.split('?')[0] || '/';
    switch (`${request.method} ${path}`) {
      case 'POST /':
        return call(request);
      case 'GET /ready':
        await hashes.check();
        return json(200, { ready: true });
      case 'GET /spec':
        return json(200, functionEntry(config));
      case 'DELETE /states':
        await tools.states.drop(readDropped(request.body));
        return json(200, {});
      case 'GET /metrics': {
        const usage = await hashes.usage();
        metrics.states.set(usage.states);
        metrics.stateBytes.set(usage.bytes);
        const { registry } = metrics;
        if (request.path.endsWith('?json')) return json(200, await registry.getMetricsAsJSON());
        return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
      }
      default:
        throw new CallError('not-found', `There is no ${request.method} ${path}. A call is POST /.`);
    }
  };

  return {
    async handle(request) {
      const end = metrics.seconds.startTimer({ part: 'total' });
      let answer: FunctionResponse;
      try {
        answer = await route(request);
      } catch (error) {
        answer = problem(error, log);
      }
      end();
      metrics.calls.inc({ kind: request.method, status: answer.status });
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await hashes[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

function problem(error: unknown, log: Log): FunctionResponse {
  const refusal = error instanceof TrackerError ? new CallError('bad-request', error.message) : error;
  if (refusal instanceof CallError && refusal.code !== 'internal')
    return json(refusal.status, { message: refusal.message, code: refusal.code });
  const id = randomUUID();
  log.error(`Call ${id} failed: ${(error as Error).message}`, error as Error);
  return json(500, { message: `Internal error ${id}. Details are in the log of the function.`, code: 'internal' });
}

export function json(status: number, value: object): FunctionResponse {
  return { status, contentType: 'application/json', body: JSON.stringify(value) };
}
