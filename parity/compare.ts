/**
 * Ours against the official code, tensor by tensor, for full-size configurations.
 *
 *     python3 parity/dump.py --sam2 PATH --size tiny --version 2.1 --out DIR      the reference, once
 *     node parity/compare.ts --reference DIR [--only tiny-2.1,large-2.0]
 *          [--checkpoints DIR --sam2 PATH]   read the weights from both published file forms, written there for the run;
 *                                            without it the same values are computed in memory
 *          [--keep]                          leave the checkpoints where they were written
 *          [--precision int8]                compare the reduced precision; nothing is recorded
 *          [--skip-rollouts] [--threads 4] [--verbose]
 *          [--results FOLDER]                where results.json and RESULTS.md go; parity/ by default
 *
 * Prints a summary per configuration, and of each tensor that misses its bar the first values side by side, the largest
 * difference and where it is (--verbose: of every tensor). Exit code 1 when a bar is missed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Architecture,
  fillWeights,
  inventory,
  openSam2,
  openTensorFile,
  openWeights,
  type PublishedSize,
  publishedArchitecture,
  readConfigJson,
  type WeightSource,
} from '@roto/model';
import { decoderCases, encoderCases } from './cases.ts';
import { type Difference, difference, explain } from './difference.ts';
import { insideOf } from './inside.ts';
import { openDump, type Reference } from './reference.ts';
import { saveResult } from './report.ts';
import { runModel } from './run-model.ts';
import { imagePixels, scenarios } from './scenarios.ts';
import { summarise, summaryLines } from './summary.ts';

const { values: options } = parseArgs({
  options: {
    reference: { type: 'string' },
    only: { type: 'string' },
    checkpoints: { type: 'string' },
    sam2: { type: 'string' },
    keep: { type: 'boolean', default: false },
    precision: { type: 'string', default: 'float32' },
    'skip-rollouts': { type: 'boolean', default: false },
    threads: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    results: { type: 'string', default: import.meta.dirname },
  },
});
if (!options.reference || (options.checkpoints && !options.sam2)) {
  console.error('Usage: node parity/compare.ts --reference DIR [--only tiny-2.1] [--checkpoints DIR --sam2 PATH] …');
  console.error('The head of the file tells all options, and how DIR is made.');
  process.exit(2);
}
const precision = options.precision === 'int8' ? 'int8' : 'float32';
const threads = options.threads ? Number(options.threads) : undefined;

let missed = 0;
const wanted = options.only?.split(',');
for (const name of readdirSync(options.reference).sort())
  if (
    existsSync(path.join(options.reference, name, 'manifest.json')) &&
    (wanted?.includes(name) ?? name !== 'mini-2.1')
  )
    missed += await configuration(name, openDump(path.join(options.reference, name)));
process.exit(missed === 0 ? 0 : 1);

/** Number of tensors that miss their bar. */
async function configuration(name: string, reference: Reference): Promise<number> {
  const began = performance.now();
  const architecture = publishedArchitecture(reference.about.size as PublishedSize, reference.about.version as '2.1');
  const files = options.checkpoints ? writeCheckpoints(options.checkpoints, architecture, reference) : null;
  try {
    const weights = files ? openHuggingFace(files.huggingFace) : fillWeights(inventory(architecture));
    const found: Difference[] = [];
    const run = {
      weights,
      architecture,
      precision,
      skipRollouts: options['skip-rollouts'],
      ...(threads && { threads }),
    } as const;
    for await (const result of runModel(reference, run)) {
      found.push(result);
      if (!result.ok || options.verbose) console.log(explain(result));
      else if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${found.length} tensors, ${result.name}\x1b[K`);
    }
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    if (files) for await (const result of officialForm(files.official, reference)) found.push(result);
    const summary = summarise(found);
    console.log(`${name}: ${found.length} tensors in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    console.log(summaryLines(summary).join('\n'));
    if (precision === 'float32' && !options['skip-rollouts'])
      saveResult(path.join(options.results, 'results.json'), path.join(options.results, 'RESULTS.md'), {
        name,
        date: new Date().toISOString().slice(0, 10),
        weights: files ? 'read from model.safetensors, and checked from the official .pt' : 'computed in memory',
        torch: String(reference.about.torch),
        onnxRuntime: onnxRuntimeVersion(),
        machine: `${os.cpus().length}-core ${os.arch()} (${instructionSet()}), ${os.platform()}`,
        ...summary,
      });
    return summary.missed;
  } finally {
    if (files && !options.keep) rmSync(files.folder, { recursive: true, force: true });
  }
}

type Files = { readonly folder: string; readonly huggingFace: string; readonly official: string };

/** Both file forms of the name-keyed checkpoint, written by transformers and by the official code. */
function writeCheckpoints(root: string, { version }: Architecture, { about }: Reference): Files {
  const folder = path.join(root, `${about.size}-${version}`);
  const stem = version === '2.1' ? 'sam2.1' : 'sam2';
  const official = path.join(folder, `${stem}_hiera_${String(about.size).replace('-', '_')}.pt`);
  const huggingFace = path.join(folder, 'hf');
  if (!existsSync(official)) {
    mkdirSync(folder, { recursive: true });
    const script = path.join(import.meta.dirname, 'make-checkpoints.py');
    const args = ['--sam2', options.sam2!, '--config', String(about.size), '--version', version, '--out', folder];
    execFileSync('python3', [script, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return { folder, huggingFace, official };
}

function openHuggingFace(folder: string): WeightSource {
  const config = path.join(folder, 'config.json');
  return openFile(path.join(folder, 'model.safetensors'), (version) => readConfigJson(config, folder, version));
}

function openFile(file: string, configure?: (version: '2.0' | '2.1') => Architecture): WeightSource {
  const opened = openTensorFile(file);
  const identity = opened.file.sha256();
  return openWeights(opened, { origin: path.basename(file), identity, ...(configure && { configure }) }).weights;
}

/** The `.pt` form holds the same bits (`check-weights.ts` compares them all); here its encoder and decoder speak too. */
async function* officialForm(file: string, reference: Reference): AsyncGenerator<Difference> {
  const architecture = publishedArchitecture(reference.about.size as PublishedSize, reference.about.version as '2.1');
  await using model = await openSam2({ weights: openFile(file), config: architecture, ...(threads && { threads }) });
  for await (const { name, data } of encoderCases(model, insideOf(model)))
    yield difference(name, data, reference.tensor(name));
  const image = await model.encodeImage(imagePixels(scenarios.images[0]!, model.config.imageSize));
  for await (const { name, data } of decoderCases(model, image, 'base', ['box']))
    yield difference(name, data, reference.tensor(name));
}

function onnxRuntimeVersion(): string {
  return createRequire(import.meta.url)('onnxruntime-node/package.json').version as string;
}

/** The widest vector instructions of the CPU, where the system tells. */
function instructionSet(): string {
  if (os.platform() !== 'linux') return os.cpus()[0]!.model;
  const flags = readFileSync('/proc/cpuinfo', 'utf8');
  return flags.includes('avx512f') ? 'AVX-512' : flags.includes('avx2') ? 'AVX2' : 'no AVX2';
}
