/**
 * From the start of the process to the first mask, and to the first tracked frame, with built graphs in the cache. Exit
 * code 1 when the median second start takes 5 s or more to its first mask.
 *
 *     node bench/start.ts [--model FOLDER|FILE|ID] [--size tiny] [--runs 5] [--threads 4] [--json FILE]
 *
 * Each start is a process of its own; the first one finds an empty cache and builds. Without --model the weights of
 * `--size` are the name-keyed ones, computed in memory; with it they are opened, and their checksum taken, as in use.
 * The system's file cache is warm from the first start on.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import {
  fillWeights,
  hubOptionsFromEnv,
  inventory,
  openSam2,
  type PublishedSize,
  publishedArchitecture,
  resolveModel,
} from '@roto/model';
import { createSession } from '@roto/tracker';
import { sampleSource } from './sample-source.ts';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    size: { type: 'string', default: 'tiny' },
    runs: { type: 'string', default: '5' },
    threads: { type: 'string', default: '4' },
    json: { type: 'string' },
    /** Set for the processes that are timed: where their cache is. */
    child: { type: 'string' },
  },
});
const barSeconds = 5;

if (options.child) await start(options.child);
else await measure();

/** One start: open, prompt, answer; then one tracked frame. Rendering the clip is no part of it. */
async function start(cacheDir: string): Promise<void> {
  const began = performance.now();
  const { source, mask } = sampleSource(2, 2);
  const rendering = (performance.now() - began) / 1000;
  const { weights, architecture } = options.model
    ? await resolveModel(options.model, { hub: hubOptionsFromEnv(process.env) })
    : filled(publishedArchitecture(options.size as PublishedSize));
  await using model = await openSam2({ weights, config: architecture, threads: Number(options.threads), cacheDir });
  await using session = createSession(model, source);
  await session.addPrompt('object', 0, { kind: 'mask', mask });
  console.log(JSON.stringify({ what: 'mask', rendering }));
  for await (const { frame } of session.propagate()) if (frame === 1) console.log(JSON.stringify({ what: 'tracked' }));
}

function filled(architecture: ReturnType<typeof publishedArchitecture>) {
  return { architecture, weights: fillWeights(inventory(architecture)) };
}

async function measure(): Promise<void> {
  const cache = mkdtempSync(path.join(tmpdir(), 'roto-start-'));
  const timings: { mask: number; tracked: number }[] = [];
  try {
    for (let run = 0; run <= Number(options.runs); run++) {
      timings.push(await timed(cache));
      const { mask, tracked } = timings.at(-1)!;
      const which = run === 0 ? 'first start (builds)' : `start ${run + 1}`;
      console.log(`${which}: first mask after ${mask.toFixed(2)} s, first tracked frame after ${tracked.toFixed(2)} s`);
    }
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
  const later = timings.slice(1).sort((a, b) => a.mask - b.mask);
  const middle = later[later.length >> 1]!;
  console.log(
    `${options.model ?? options.size}: first mask ${middle.mask.toFixed(2)} s after a second start, median of ${later.length} ` +
      `(${later[0]!.mask.toFixed(2)} … ${later.at(-1)!.mask.toFixed(2)}; bar: under ${barSeconds} s)`,
  );
  if (options.json) writeFileSync(options.json, JSON.stringify({ timings }));
  process.exitCode = middle.mask < barSeconds ? 0 : 1;
}

/** Seconds from spawning the process to its first mask and its first tracked frame, less the rendering of the clip. */
async function timed(cache: string): Promise<{ mask: number; tracked: number }> {
  const began = performance.now();
  const args = [import.meta.filename, '--child', cache, '--size', options.size, '--threads', options.threads];
  if (options.model) args.push('--model', options.model);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const seen: Record<string, number> = {};
  let rendering = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const told = JSON.parse(line) as { what: string; rendering?: number };
    rendering = told.rendering ?? rendering;
    seen[told.what] = (performance.now() - began) / 1000 - rendering;
  }
  if (seen.mask === undefined || seen.tracked === undefined)
    throw new Error('The started process ended without a mask; its message stands above.');
  return { mask: seen.mask, tracked: seen.tracked };
}
