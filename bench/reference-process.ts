// bench/reference.py as a value: one JSON command out, one JSON answer in.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Seconds of one frame for all objects, and of its parts. */
export type Timing = { readonly seconds: number; readonly parts: Readonly<Record<Part, number>> };
export type Part = 'encoder' | 'attention' | 'decoder' | 'memoryEncoder';

export type ReferenceProcess = AsyncDisposable & {
  /** The version of PyTorch. */
  readonly torch: string;
  /** GFLOP/s of a large float32 matrix product in PyTorch. */
  peak(): Promise<number>;
  /** Fills the bank of `objects` objects over frames of the given size. */
  prepare(objects: number, height: number, width: number): Promise<void>;
  step(): Promise<Timing>;
};

export type ReferenceOptions = {
  readonly python: string;
  /** Checkout of facebookresearch/sam2. */
  readonly sam2: string;
  readonly size: string;
  readonly version: string;
  readonly threads: number;
};

/** Starts the official code and waits until it has built its model. Throws when Python cannot run it. */
export async function startReference(options: ReferenceOptions): Promise<ReferenceProcess> {
  const script = fileURLToPath(new URL('reference.py', import.meta.url));
  const { python, sam2, size, version, threads } = options;
  const child = spawn(
    python,
    [script, '--sam2', sam2, '--size', size, '--version', version, '--threads', String(threads)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function answer(): Promise<Record<string, unknown>> {
    const { value, done } = await lines.next();
    if (done)
      throw new Error(`${python} ${script} ended without an answer; its message stands above. Is ${sam2} a checkout?`);
    const told = JSON.parse(value) as Record<string, unknown>;
    if (typeof told.error === 'string') throw new Error(`${script}: ${told.error}`);
    return told;
  }

  function ask(command: Record<string, unknown>): Promise<Record<string, unknown>> {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    return answer();
  }

  const { torch } = await answer();
  return {
    torch: String(torch),
    peak: async () => (await ask({ do: 'peak' })).gflops as number,
    prepare: async (objects, height, width) => {
      await ask({ do: 'prepare', objects, frame: [height, width] });
    },
    step: async () => {
      const { seconds, parts } = (await ask({ do: 'step' })) as Timing;
      const { encoder = 0, attention = 0, decoder = 0, memoryEncoder = 0 } = parts;
      return { seconds, parts: { encoder, attention, decoder, memoryEncoder } };
    },
    async [Symbol.asyncDispose]() {
      child.stdin.write('{"do": "quit"}\n');
      child.stdin.end();
      await new Promise((done) => child.once('close', done));
    },
  };
}
