// What the machine can do: a large matrix product in the runtime that also runs the model.
import { InferenceSession, Tensor } from 'onnxruntime-node';
// Below the package's index, since a product by itself is of no use to anyone but a benchmark.
import { Graph } from '../packages/model/src/graph/graph.ts';
import { modelBytes } from '../packages/model/src/graph/write.ts';
import { matMul } from '../packages/model/src/ops/matmul.ts';

/** GFLOP/s of a side³ float32 product in ONNX Runtime, the best of five. */
export async function matrixPeak(threads: number, side = 4096): Promise<number> {
  const g = new Graph('peak');
  g.output('c', matMul(g, g.input('a', 'float32', [side, side]), g.input('b', 'float32', [side, side])));
  const session = await InferenceSession.create(modelBytes(g), { intraOpNumThreads: threads });
  const matrix = () => new Tensor('float32', Float32Array.from({ length: side * side }, Math.random), [side, side]);
  const feeds = { a: matrix(), b: matrix() };
  let best = Infinity;
  for (let run = 0; run < 6; run++) {
    const began = performance.now();
    await session.run(feeds);
    // The first run also allocates.
    if (run > 0) best = Math.min(best, (performance.now() - began) / 1000);
  }
  await session.release();
  return (2 * side ** 3) / best / 1e9;
}
