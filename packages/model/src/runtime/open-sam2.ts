import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Graph, type GraphOptions, type Precision } from '../graph/graph.ts';
import { buildPart, type PartName } from '../sam2/graphs.ts';
import { Parameters } from '../sam2/parameters.ts';
import { type Architecture, checkedArchitecture } from '../sam2/variants.ts';
import type { WeightSource } from '../weights/source.ts';
import { byteRange } from './byte-range.ts';
import { checkedDevice } from './device.ts';
import { GraphCache } from './graph-cache.ts';
import { effectivePrecision } from './precision.ts';
import { type HostWeights, Sam2 } from './sam2-model.ts';
import { Session } from './session.ts';

export type OpenOptions = {
  readonly weights: WeightSource;
  readonly config: Architecture;
  /** Default 'cpu'. */
  readonly device?: string;
  /** Threads of one graph; ONNX Runtime's choice (one per physical core) when left out. */
  readonly threads?: number;
  /**
   * Default 'float32'. 'int8' is for the CPU, and leaves models of few image tokens, the built-in one among them, as they
   * are: `precision` of the opened model says which it is.
   */
  readonly precision?: Precision;
  /** Built graphs are kept here for the next start. Without it they are built into a temporary folder. */
  readonly cacheDir?: string;
};

/**
 * Builds (or finds) the graphs of a model and opens them. Each graph is opened when it is first used, so a start costs
 * what its first call needs.
 */
export async function openSam2(options: OpenOptions): Promise<Sam2> {
  const { weights, threads, cacheDir } = options;
  // The weights know their version better than a config file does (sam2-model 1.3).
  const version = weights.has('obj_ptr_tpos_proj.weight') ? '2.1' : '2.0';
  const config = checkedArchitecture({ ...options.config, version });
  const asked = options.precision ?? 'float32';
  const device = checkedDevice(options.device ?? 'cpu', asked);
  const precision = effectivePrecision(config, asked);
  const numbers: GraphOptions = precision === 'int8' ? { precision, byteRange: byteRange() } : { precision };
  const folder = cacheDir ?? (await mkdtemp(path.join(tmpdir(), 'roto-graphs-')));
  const { name: _, ...shape } = config;
  const cache = new GraphCache(folder, { weights: weights.id, build: JSON.stringify({ shape, ...numbers }) });

  const sessions = new Map<PartName, Promise<Session>>();
  const open = async (part: PartName): Promise<Session> => {
    const build = () => buildPart(part, weights, config, numbers);
    const { modelPath, built } = await cache.part(part, build);
    try {
      return await Session.open(modelPath, { device, threads });
    } catch (error) {
      // An entry that looks sound and does not open is damaged inside: build it once more before giving up.
      if (built || device !== 'cpu') throw error;
      await cache.drop(part);
      return Session.open((await cache.part(part, build)).modelPath, { device, threads });
    }
  };
  const parts = {
    session(part: PartName): Promise<Session> {
      const session = sessions.get(part) ?? open(part);
      sessions.set(part, session);
      return session;
    },
    async close(): Promise<void> {
      for (const session of sessions.values())
        await session.then(
          (opened) => opened.close(),
          () => undefined, // never opened; whoever asked for it has been told
        );
      if (cacheDir === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
  const model = new Sam2(config, precision, parts, hostWeights(weights, config));
  // The smallest graph shows whether the device works before anything is asked of it.
  if (device !== 'cpu')
    await parts.session('logits-prompt').catch(async (error) => {
      await model.close();
      throw error;
    });
  return model;
}

function hostWeights(weights: WeightSource, { hiddenDim: D }: Architecture): HostWeights {
  const w = new Parameters(new Graph('host'), weights);
  return {
    noObjectPointer: w.tensor('no_obj_ptr', [1, D]).slice(),
    noMemory: w.tensor('no_mem_embed', [1, 1, D]).slice(),
    noMask: w.tensor('sam_prompt_encoder.no_mask_embed.weight', [1, D]).slice(),
  };
}
