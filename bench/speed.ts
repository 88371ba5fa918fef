/**
 * Frames per second of ours against the official code driven as CVAT's tracker drives it (reference.py), alternating
 * in one run: same machine, same threads, same weights, 1024-pixel model, 1280 × 720 frames, memory bank full.
 *
 *     node bench/speed.ts --sam2 PATH [--size tiny] [--version 2.1] [--threads 4] [--pairs 5] [--objects 1,4]
 *          [--precision float32,int8] [--python python3] [--cache DIR] [--json FILE]
 *
 * A frame of ours: resize and normalise, encode once, then for each object memory attention (7 frames, 16 pointers),
 * decoder, memory encoder, hole filling, mask at video size. A frame of theirs: the same steps with 7 frames and 8
 * pointers, which is what CVAT keeps. A pair is one frame of each, theirs first; printed is theirs / ours of each pair.
 * Parts are timed apart, one after the other, as medians; the share of peak takes the products that each side really
 * computes (operations.ts) and the best large matrix product of its own runtime in this run.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  fillValues,
  fillWeights,
  inventory,
  openSam2,
  type PublishedSize,
  publishedArchitecture,
  type Sam2,
} from '@roto/model';
import {
  commitPrompt,
  createPreprocessor,
  emptyBank,
  logitsToMask,
  type MemoryBank,
  type Picture,
  predictPrompt,
  recall,
  step,
  trackingRules,
} from '@roto/tracker';
import { type Operations, officialOperations, ourOperations } from './operations.ts';
import { matrixPeak } from './peak.ts';
import { type Part, startReference, type Timing } from './reference-process.ts';

const { values: options } = parseArgs({
  options: {
    sam2: { type: 'string' },
    size: { type: 'string', default: 'tiny' },
    version: { type: 'string', default: '2.1' },
    threads: { type: 'string', default: '4' },
    pairs: { type: 'string', default: '5' },
    objects: { type: 'string', default: '1,4' },
    precision: { type: 'string', default: 'float32,int8' },
    python: { type: 'string', default: 'python3' },
    cache: { type: 'string' },
    json: { type: 'string' },
  },
});
if (!options.sam2) {
  console.error('Usage: node bench/speed.ts --sam2 PATH_TO_OFFICIAL_CODE [options]; the head of the file tells them.');
  process.exit(2);
}
const threads = Number(options.threads);
const pairs = Number(options.pairs);
const [width, height] = [1280, 720];
const architecture = publishedArchitecture(options.size as PublishedSize, options.version as '2.0' | '2.1');
const parts: readonly Part[] = ['encoder', 'attention', 'decoder', 'memoryEncoder'];
const frame = 100;
const preprocessor = createPreprocessor(width, height, architecture.imageSize, 'bilinear');
const rules = trackingRules(1000);

const picture: Picture = {
  width,
  height,
  rgb: Uint8Array.from(fillValues('golden.picture', width * height * 3, 1), (value) => (value + 1) * 127.5),
};

await using theirs = await startReference({
  python: options.python,
  sam2: options.sam2,
  size: options.size,
  version: options.version,
  threads,
});
console.log(`${architecture.name}, ${threads} threads, ${width} × ${height} frames, PyTorch ${theirs.torch}`);

const report: object[] = [];
for (const precision of options.precision.split(',') as ('float32' | 'int8')[]) {
  const cache = options.cache ? { cacheDir: options.cache } : {};
  const weights = fillWeights(inventory(architecture));
  await using model = await openSam2({ weights, config: architecture, threads, precision, ...cache });
  const bank = await fullBank(model);
  for (const objects of options.objects.split(',').map(Number)) {
    console.log(`\nmeasuring ${precision}, ${objects} object${objects === 1 ? '' : 's'}`);
    await theirs.prepare(objects, height, width);
    await theirs.step();
    await ourFrame(model, bank, objects);
    const rounds: { ours: number; official: Timing }[] = [];
    for (let pair = 0; pair < pairs; pair++)
      rounds.push({ official: await theirs.step(), ours: await ourFrame(model, bank, objects) });
    report.push(told(precision, objects, rounds));
  }
  report.push(await apart(precision, model, bank));
}
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`);

/** A bank as after a hundred tracked frames: the prompted frame, and fifteen recent ones. */
async function fullBank(model: Sam2): Promise<MemoryBank> {
  const size = model.config.imageSize;
  const image = await model.encodeImage(preprocessor.run(picture));
  const mask = Uint8Array.from({ length: size * size }, (_, i) =>
    (i % size) ** 2 + Math.floor(i / size) ** 2 < (size / 2) ** 2 ? 1 : 0,
  );
  const answer = await predictPrompt(model, image, emptyBank, 0, { kind: 'mask', mask }, rules);
  const prompted = await commitPrompt(model, image, emptyBank, answer, rules);
  const { bank } = await step(model, prompted, image, 1, 'forward', rules);
  const record = bank.tracked.get(1)!;
  const recent = Array.from({ length: 15 }, (_, i) => frame - 15 + i);
  return { ...bank, tracked: new Map(recent.map((t) => [t, { ...record, frame: t }])) };
}

/** Seconds of one frame with `objects` objects. The bank stays as it is, so every call does the same work. */
async function ourFrame(model: Sam2, bank: MemoryBank, objects: number): Promise<number> {
  const began = performance.now();
  const pixels = preprocessor.run(picture);
  const image = await model.encodeImage(pixels);
  for (let k = 0; k < objects; k++) {
    const { prediction } = await step(model, bank, image, frame, 'forward', rules);
    logitsToMask(prediction.low, model.config.lowSize, width, height);
  }
  return (performance.now() - began) / 1000;
}

function told(precision: string, objects: number, rounds: readonly { ours: number; official: Timing }[]): object {
  const ours = rounds.map((round) => round.ours);
  const official = rounds.map((round) => round.official.seconds);
  const ratios = rounds.map((_, i) => official[i]! / ours[i]!);
  const [low, middle, high] = [Math.min(...ratios), median(ratios), Math.max(...ratios)];
  console.log(
    `${precision}, ${objects} object${objects === 1 ? '' : 's'}: ours ${(1 / median(ours)).toFixed(3)} frames/s, ` +
      `official ${(1 / median(official)).toFixed(3)} frames/s; ours is ${middle.toFixed(2)} times as fast ` +
      `(${rounds.length} pairs: ${low.toFixed(2)} … ${high.toFixed(2)})`,
  );
  console.log(
    `  pairs, seconds a frame, ours | official: ${ours.map((s, i) => `${s.toFixed(2)} | ${official[i]!.toFixed(2)}`).join('   ')}`,
  );
  return { precision, objects, ours, official, ratio: { low, middle, high } };
}

/** Each part by itself: median seconds, and the share of the peak of the runtime that it runs in. */
async function apart(precision: string, model: Sam2, bank: MemoryBank) {
  const pixels = preprocessor.run(picture);
  const image = await model.encodeImage(pixels);
  const read = recall(bank, frame, 'forward', rules, model.config);
  const low = fillValues('golden.low', model.config.lowSize ** 2, 9);
  const run: Record<Part, () => Promise<unknown>> = {
    encoder: () => model.encodeImage(pixels),
    attention: () => model.attend(image, read),
    decoder: () => model.decode(image, { features: { kind: 'raw' }, points: [], multimask: true }),
    memoryEncoder: () => model.encodeMemory(image, { low, binarize: false, presence: 3 }),
  };
  console.log(`\nmeasuring ${precision}, parts apart`);
  const peaks = { ours: await matrixPeak(threads), official: await theirs.peak() };
  await theirs.prepare(1, height, width);
  await theirs.step();
  const timings: { ours: Record<Part, number[]>; official: Record<Part, number[]> } = {
    ours: empty(),
    official: empty(),
  };
  for (let round = 0; round < pairs; round++) {
    const official = await theirs.step();
    for (const part of parts) {
      timings.official[part].push(official.parts[part]);
      const began = performance.now();
      await run[part]();
      timings.ours[part].push((performance.now() - began) / 1000);
    }
  }
  const work = {
    ours: ourOperations(architecture, read.frames.length, read.pointers.length),
    official: officialOperations(architecture, 7, 8),
  };
  const rows = (['ours', 'official'] as const).flatMap((side) => rowsOf(side, timings[side], work[side], peaks[side]));
  console.log(
    `${precision}, parts apart. Peak of a 4096³ float32 product: ours ${peaks.ours.toFixed(0)} GFLOP/s (ONNX Runtime), ` +
      `official ${peaks.official.toFixed(0)} GFLOP/s (PyTorch)`,
  );
  for (const { side, part, seconds, gigaMacs, share } of rows)
    console.log(
      `  ${side.padEnd(9)} ${part.padEnd(14)} ${seconds.toFixed(3)} s   ${gigaMacs.toFixed(1).padStart(6)} GMAC   ${(100 * share).toFixed(0).padStart(3)} % of peak`,
    );
  return { precision, peaks, rows };
}

function rowsOf(side: string, timings: Record<Part, number[]>, work: Operations, peak: number) {
  return parts.map((part) => {
    const seconds = median(timings[part]);
    return { side, part, seconds, gigaMacs: work[part] / 1e9, share: (2 * work[part]) / seconds / 1e9 / peak };
  });
}

function empty(): Record<Part, number[]> {
  return { encoder: [], attention: [], decoder: [], memoryEncoder: [] };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
