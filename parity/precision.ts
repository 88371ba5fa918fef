/**
 * The reduced precision against our own float32: the same roll-outs through both, frame by frame. No reference code.
 *
 *     node parity/precision.ts [--size tiny] [--version 2.1] [--only two-objects,point] [--threads 4]
 *          [--model ID --clips 3 --frames 40]   sample clips with the weights of a model (hub id, folder or file)
 *                                               instead of the seeded roll-outs; models of few image tokens, the
 *                                               built-in one among them, stay float32 and show no difference
 *
 * Both models remember what they themselves predicted, so differences may grow along a clip. Printed per object: the
 * mask IoU (at the size of the clip; of roll-outs at that of the logits), mean over the frames, worst frame and frames
 * below the bar, and the relative L2 of the logits. Exit code 1 when the mean of an object is below IoU 0.98.
 */
import { parseArgs } from 'node:util';
import type { Mask } from '@roto/geometry';
import {
  type Architecture,
  fillWeights,
  hubOptionsFromEnv,
  inventory,
  openSam2,
  type PublishedSize,
  publishedArchitecture,
  resolveModel,
  type Sam2,
  type WeightSource,
} from '@roto/model';
import { makeScene, renderFrame } from '@roto/sample';
import { createSession, logitsToMask, type TrackableSource } from '@roto/tracker';
import { type Named, noiseClip, rolloutCase } from './cases.ts';
import { scenarios } from './scenarios.ts';

const bar = 0.98;

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: 'tiny' },
    version: { type: 'string', default: '2.1' },
    only: { type: 'string' },
    threads: { type: 'string' },
    model: { type: 'string' },
    clips: { type: 'string', default: '3' },
    frames: { type: 'string', default: '40' },
  },
});

let worst = 1;
if (options.model) {
  const { weights, architecture } = await resolveModel(options.model, { hub: hubOptionsFromEnv(process.env) });
  for (let seed = 1; seed <= Number(options.clips); seed++) {
    const clip = renderedClip(seed, Number(options.frames));
    await compare(`clip ${seed}`, weights, architecture, (model) => trackedLogits(model, clip), clip.source.info);
  }
} else {
  const config = publishedArchitecture(options.size as PublishedSize, options.version as '2.0' | '2.1');
  const weights = fillWeights(inventory(config));
  for (const rollout of scenarios.rollouts.filter(({ name }) => options.only?.split(',').includes(name) ?? true))
    await compare(rollout.name, weights, config, (model) => rolloutLogits(model, rollout));
}
console.log(`Lowest mean mask IoU of an object ${worst.toFixed(4)}, bar ${bar}.`);
process.exitCode = worst >= bar ? 0 : 1;

type Logits = (model: Sam2) => AsyncGenerator<Named>;

/** Both precisions in step, so that only one frame of logits is held. */
async function compare(
  title: string,
  weights: WeightSource,
  config: Architecture,
  logits: Logits,
  video?: { readonly width: number; readonly height: number },
): Promise<void> {
  const threads = options.threads ? { threads: Number(options.threads) } : {};
  await using full = await openSam2({ weights, config, ...threads });
  await using reduced = await openSam2({ weights, config, precision: 'int8', ...threads });
  const side = full.config.lowSize;
  const { width, height } = video ?? { width: side, height: side };
  const maskOf = (low: Float32Array) => logitsToMask(low, side, width, height).mask.data;
  const rows = new Map<string, { relative: number[]; iou: number[] }>();
  const reference = logits(full);
  for await (const { name, data } of logits(reduced)) {
    const { value } = await reference.next();
    if (!value || value.name !== name) throw new Error(`"${name}" of int8 meets "${value?.name}" of float32.`);
    const object = name.split('/')[0]!;
    const row = rows.get(object) ?? { relative: [], iou: [] };
    rows.set(object, row);
    row.relative.push(relative(data, value.data));
    row.iou.push(overlap(maskOf(data), maskOf(value.data)));
  }
  for (const [object, { relative: errors, iou }] of rows) {
    worst = Math.min(worst, mean(iou));
    console.log(
      `${title}, object ${object}, ${iou.length} frames: mask IoU mean ${mean(iou).toFixed(4)} worst ${Math.min(...iou).toFixed(4)}, ` +
        `${iou.filter((value) => value < bar).length} below ${bar}; ` +
        `logits relative L2 mean ${mean(errors).toExponential(1)} worst ${Math.max(...errors).toExponential(1)}`,
    );
  }
}

async function* rolloutLogits(model: Sam2, rollout: (typeof scenarios.rollouts)[number]): AsyncGenerator<Named> {
  for await (const { name, data } of rolloutCase(noiseClip(model), rollout)) {
    const [, , object, frame, what] = name.split('/');
    if (what === 'low') yield { name: `${object}/${frame}`, data: data.slice() };
  }
}

type RenderedClip = { readonly source: TrackableSource; readonly masks: readonly Mask[] };

/** The first frames of a rendered clip, and the outlines of its objects on frame 0. */
function renderedClip(seed: number, frameCount: number): RenderedClip {
  const scene = makeScene({ seed });
  const { width, height, frameRate } = scene;
  const frames = Array.from({ length: frameCount }, (_, index) => renderFrame(scene, index));
  return {
    masks: frames[0]!.masks,
    source: {
      info: {
        name: `rendered clip, seed ${seed}`,
        kind: 'images',
        codec: 'none',
        width,
        height,
        frameCount,
        frameRate,
        durationSec: frameCount / frameRate,
        pixelAspect: 1,
      },
      frames: frames.map((_, index) => ({ timeSec: index / frameRate, key: true })),
      read: async (index) => ({ index, timeSec: index / frameRate, width, height, rgb: frames[index]!.rgb }),
    },
  };
}

async function* trackedLogits(model: Sam2, { source, masks }: RenderedClip): AsyncGenerator<Named> {
  const session = createSession(model, source, { prefetch: false });
  for (const [i, mask] of masks.entries())
    if (mask.data.some((pixel) => pixel !== 0)) await session.addPrompt(`${i + 1}`, 0, { kind: 'mask', mask });
  for await (const { frame, objects } of session.propagate({ direction: 'forward' }))
    for (const { id, low } of objects) yield { name: `${id}/${frame}`, data: low.slice() };
  await session.close();
}

function relative(found: Float32Array, expected: Float32Array): number {
  let [error, norm] = [0, 0];
  for (const [i, value] of expected.entries()) {
    error += (found[i]! - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(error / norm);
}

/** 1 when both are empty. */
function overlap(found: Uint8Array, expected: Uint8Array): number {
  let [both, either] = [0, 0];
  for (const [i, value] of expected.entries()) {
    both += found[i]! & value;
    either += found[i]! | value;
  }
  return either === 0 ? 1 : both / either;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
