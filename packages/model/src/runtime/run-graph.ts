import { InferenceSession, type Tensor } from 'onnxruntime-node';
import type { Graph } from '../graph/graph.ts';
import { modelBytes } from '../graph/write.ts';
import type { Feeds } from './session.ts';

/** Runs a small graph once, straight from memory, as written (no optimisation): for tests and examples. */
export async function runGraph(graph: Graph, feeds: Feeds): Promise<Readonly<Record<string, Tensor>>> {
  const session = await InferenceSession.create(modelBytes(graph), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    return (await session.run(feeds)) as Record<string, Tensor>;
  } finally {
    await session.release();
  }
}
