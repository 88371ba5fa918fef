import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { davisPng } from '@roto/annotations/results';
import { encodeRle, maskBounds } from '@roto/geometry';
import { writeVideo } from '@roto/media';
import { fillTensor, inventory, readConfigJson } from '@roto/model';
import { makeScene, renderFrame } from '@roto/sample';
import { runCli } from '../cli.ts';
import type { Io } from '../io.ts';

/**
 * A folder of its own with all that a command needs: a tiny clip, images, a mask, and a SAM 2.1 of 64 pixels whose
 * weights are the name-keyed fill. Its masks mean nothing, but they are computed by the real graphs.
 */
export type World = {
  readonly folder: string;
  readonly video: string;
  readonly images: string;
  readonly mask: string;
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  /** A path in the folder. */
  at(...names: string[]): string;
  /** Runs a command line in this process. */
  run(...argv: string[]): Promise<Answer>;
  /** The same with something changed: a signal, a terminal, a variable. */
  runWith(io: Partial<Omit<Io, 'stdout' | 'stderr'>> & { readonly tty?: boolean }, ...argv: string[]): Promise<Answer>;
  /** Variables for a process of its own: caches inside the folder, no network. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
};

export type Answer = { readonly code: number; readonly stdout: string; readonly stderr: string };

export async function makeWorld(options: { frameCount?: number } = {}): Promise<World> {
  const { frameCount = 14 } = options;
  const [width, height] = [96, 64];
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-cli-'));
  const at = (...names: string[]) => path.join(folder, ...names);
  const scene = makeScene({ seed: 5, width, height, frameCount });
  const frames = Array.from({ length: frameCount }, (_, index) => renderFrame(scene, index));
  await writeVideo(at('clip.mp4'), scene, frames);

  const mask = frames[0]!.masks[0]!;
  const object = { id: 1, label: 'object', mask: encodeRle(mask), presence: 1, predictedIou: 1, box: maskBounds(mask) };
  const header = {
    source: { name: 'mask', width, height, frameCount: 1, frameRate: 0 },
    model: { name: 'none' },
    objects: [{ id: 1, label: 'object' }],
    prompts: null,
  };
  const png = davisPng(header, { frame: 0, timeSec: 0, objects: [object] });
  await writeFile(at('mask.png'), png);
  await mkdir(at('images'), { recursive: true });
  for (let i = 0; i < 4; i++) await writeFile(at('images', `${i}.png`), png);
  await writeModel(at('model'));

  const env = {
    HOME: folder,
    ROTO_CACHE: at('cache'),
    HF_HOME: at('hf'),
    HF_HUB_OFFLINE: '1',
    NO_COLOR: '1',
  };
  const runWith: World['runWith'] = async ({ tty = false, ...changed }, ...argv) => {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCli(argv, {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text), isTTY: tty, columns: 80 },
      env,
      signal: new AbortController().signal,
      ...changed,
    });
    return { code, stdout: out.join(''), stderr: err.join('') };
  };
  return {
    folder,
    video: at('clip.mp4'),
    images: at('images'),
    mask: at('mask.png'),
    model: at('model'),
    width,
    height,
    frameCount,
    at,
    env,
    run: (...argv) => runWith({}, ...argv),
    runWith,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const CONFIG = {
  model_type: 'sam2_video',
  image_size: 64,
  vision_config: {
    fpn_hidden_size: 32,
    backbone_config: {
      embed_dim_per_stage: [16, 32, 64, 128],
      num_attention_heads_per_stage: [1, 2, 4, 8],
      blocks_per_stage: [1, 1, 1, 1],
      window_size_per_stage: [8, 4, 4, 2],
      global_attention_blocks: [2],
    },
  },
  mask_decoder_config: {
    hidden_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    mlp_dim: 32,
    iou_head_hidden_dim: 32,
  },
  prompt_encoder_config: { hidden_size: 32, image_size: 64 },
  memory_attention_num_layers: 1,
  memory_attention_feed_forward_hidden_size: 32,
  memory_encoder_output_channels: 16,
  memory_fuser_num_layers: 1,
  memory_fuser_intermediate_dim: 32,
};

/** A model folder: config.json, and model.safetensors with the fill under the original names. */
async function writeModel(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const config = path.join(folder, 'config.json');
  await writeFile(config, JSON.stringify(CONFIG));
  const entries: Record<string, unknown> = {};
  const data: Buffer[] = [];
  let end = 0;
  for (const [name, dims] of inventory(readConfigJson(config, 'miniature', '2.1'))) {
    const values = fillTensor(name, dims);
    entries[name] = { dtype: 'F32', shape: dims, data_offsets: [end, end + values.byteLength] };
    data.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    end += values.byteLength;
  }
  const json = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path.join(folder, 'model.safetensors'), Buffer.concat([length, json, ...data]));
}
