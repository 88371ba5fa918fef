import { availableParallelism, cpus } from 'node:os';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { type Device, deviceFailure } from './device.ts';

export type SessionOptions = { readonly device: Device; readonly threads: number | undefined };

export type Feeds = Readonly<Record<string, Tensor>>;

// ONNX Runtime throws what went wrong, too; libraries of ours do not print.
env.logLevel = 'fatal';

/**
 * Threads when the caller does not say: ONNX Runtime's own choice is one per physical core of the machine; where the
 * process may use only a part of it (affinity, container quota) that would be too many.
 */
function defaultThreads(): number | undefined {
  const usable = availableParallelism();
  return usable < cpus().length ? usable : undefined;
}

/** An opened graph. `run` blocks the thread that calls it: ONNX Runtime's Node binding computes synchronously. */
export class Session {
  readonly #inner: InferenceSession;

  private constructor(inner: InferenceSession) {
    this.#inner = inner;
  }

  static async open(modelPath: string, { device, threads }: SessionOptions): Promise<Session> {
    const intraOpNumThreads = threads ?? defaultThreads();
    const options: InferenceSession.SessionOptions = {
      executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
      graphOptimizationLevel: 'all',
      ...(intraOpNumThreads === undefined ? {} : { intraOpNumThreads }),
      // Warnings about nodes that stay on the CPU are of no use to anybody here; errors are thrown.
      logSeverityLevel: 3,
      // Every session has a thread pool of its own. Without this the idle ones would go on spinning and take the
      // cores from the one at work.
      extra: { session: { force_spinning_stop: '1' } },
    };
    try {
      return new Session(await InferenceSession.create(modelPath, options));
    } catch (cause) {
      if (device === 'cpu') throw cause;
      throw deviceFailure(device, cause);
    }
  }

  run(feeds: Feeds): Promise<Readonly<Record<string, Tensor>>> {
    return this.#inner.run(feeds) as Promise<Record<string, Tensor>>;
  }

  async close(): Promise<void> {
    await this.#inner.release();
  }
}

export function floatTensor(data: Float32Array, dims: readonly number[]): Tensor {
  return new Tensor('float32', data, dims);
}

export function intTensor(values: readonly number[] | BigInt64Array, dims: readonly number[]): Tensor {
  return new Tensor('int64', values instanceof BigInt64Array ? values : BigInt64Array.from(values, BigInt), dims);
}

export function boolTensor(value: boolean): Tensor {
  return new Tensor('bool', Uint8Array.of(value ? 1 : 0), [1]);
}

/** The float32 numbers of an output on the CPU. */
export function floats(tensor: Tensor): Float32Array {
  return tensor.data as Float32Array;
}
