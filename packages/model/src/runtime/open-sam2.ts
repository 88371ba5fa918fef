import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Graph, type GraphOptions, type Precision } from '../graph/graph.ts';
import { buildPart, type PartName } from '../sam2/graphs.ts';
import { Parameters } from '../sam2/parameters.ts';
import { type Architecture, checkedArchitecture, gridSides } from '../sam2/variants.ts';
import type { WeightSource } from '../weights/source.ts';
import { byteRange } from './byte-range.ts';
import { checkedDevice } from './device.ts';
import { GraphCache } from './graph-cache.ts';
import { type HostWeights, Sam2 } from './sam2-model.ts';
import { Session } from './session.ts';

export type OpenOptions = {
  readonly weights: WeightSource;
  readonly config: Architecture;
  /** Default 'cpu'. */
  readonly device?: string;
  /** Threads of one graph; ONNX Runtime's choice (one per physical core) when left out. */
  readonly threads?: number;
  /** Default 'float32'. 'int8' leaves models of few image tokens, the built-in one among them, as they are. */
  readonly precision?: Precision;
  /** Built graphs are kept here for the next start. Without it they are built into a temporary folder. */
  readonly cacheDir?: string;
};

/**
 * Fewest image tokens for which 8-bit products are worth their rounding. The built-in model has 576: it would gain a
 * sixth of its time, and masks of a dozen low-resolution pixels would move by up to 8 % (docs/decisions/0007).
 */
const tokensForBytes = 2048;

/**
 * Builds (or finds) the graphs of a model and opens them. Each graph is opened when it is first used, so a start costs
 * what its first call needs.
 */
export async function openSam2(options: OpenOptions): Promise<Sam2> {
  const { weights, threads, cacheDir } = options;
  // The weights know their version better than a config file does (sam2-model 1.3).
  const version = weights.has('obj_ptr_tpos_proj.weight') ? '2.1' : '2.0';
  const config = checkedArchitecture({ ...options.config, version });
  const device = checkedDevice(options.device ?? 'cpu');
  const numbers = numbersOf(config, options.precision ?? 'float32');
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
  const model = new Sam2(config, parts, hostWeights(weights, config));
  // The smallest graph shows whether the device works before anything is asked of it.
  if (device !== 'cpu')
    await parts.session('logits-prompt').catch(async (error) => {
      await model.close();
      throw error;
    });
  return model;
}

function numbersOf(config: Architecture, asked: Precision): GraphOptions {
  const tokens = gridSides(config)[2] ** 2;
  return asked === 'int8' && tokens >= tokensForBytes
    ? { precision: 'int8', byteRange: byteRange() }
    : { precision: 'float32' };
}

function hostWeights(weights: WeightSource, { hiddenDim: D }: Architecture): HostWeights {
  const w = new Parameters(new Graph('host'), weights);
  return {
    noObjectPointer: w.tensor('no_obj_ptr', [1, D]).slice(),
    noMemory: w.tensor('no_mem_embed', [1, 1, D]).slice(),
    noMask: w.tensor('sam_prompt_encoder.no_mask_embed.weight', [1, D]).slice(),
  };
}
