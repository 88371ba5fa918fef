import { openSource } from '@roto/media';
import { createPreprocessor, createSession } from '@roto/tracker';
import type { Command } from 'commander';
import { readConfig } from '../config.ts';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { computedChoice, describeModel, findModel, openModel } from '../model.ts';
import { duration, jsonLine, plural, result, say } from '../print.ts';
import { parseFrame, parseWhole } from '../prompts/arguments.ts';
import { addModelOptions, type ModelFlags, modelChoice } from './options.ts';

type Flags = ModelFlags & {
  readonly frame: string;
  readonly to?: string;
  readonly objects: string;
  readonly json?: boolean;
};

/** The bank is full, and a frame costs what it will cost from then on, after one prompted and six tracked frames. */
const UNTIL_FULL = 7;
/** Frames timed after that. */
const TIMED = 3;
/** A slow machine is not kept busy longer than about this; the frames timed so far must do. */
const BUDGET_MS = 30_000;

export function addEstimate(program: Command, io: Io): void {
  addModelOptions(
    program
      .command('estimate')
      .summary('how long tracking would take here')
      .description('Track a few frames on this machine and say how long the whole would take. Writes nothing.')
      .argument('<input...>', 'a video, a folder of same-size images, or images in order')
      .option('--frame <n>', 'first frame', '0')
      .option('--to <n>', 'last frame, inclusive (default: the end)')
      .option('--objects <n>', 'how many objects', '1')
      .option('--json', 'one JSON object on stdout'),
  ).action((input: string[], flags: Flags) => estimate(input, flags, io));
}

async function estimate(input: string[], flags: Flags, io: Io): Promise<void> {
  const asked = modelChoice(flags);
  const objects = parseWhole(flags.objects, '--objects', 1, 1000);
  await using source = await openSource(input.length === 1 ? input[0]! : input, { signal: io.signal });
  const { name, width, height, frameCount } = source.info;
  const from = parseFrame(flags.frame, '--frame');
  const to = flags.to === undefined ? frameCount - 1 : parseFrame(flags.to, '--to');
  if (to >= frameCount || from > to)
    throw usageError(`${name} has frames 0 to ${frameCount - 1}; --frame ${from} --to ${to} is no span of them.`);
  const frames = to - from + 1;

  const config = readConfig(io.env);
  const resolved = await findModel(asked, config, io);
  const choice = computedChoice(asked, resolved.architecture, (message) => say(io, `Note: ${message}`));
  const startedAt = performance.now();
  await using model = await openModel(resolved, choice, config);
  await using session = createSession(model, source, { prefetch: false });
  // Where the object is does not change what a frame costs.
  const box = { x0: width * 0.25, y0: height * 0.25, x1: width * 0.75, y1: height * 0.75 };
  await session.addPrompt('1', from, { kind: 'box', box }, io.signal);
  const seconds: number[] = [];
  let firstMask = 0;
  let last = performance.now();
  for await (const { frame } of session.propagate({ from, to, signal: io.signal })) {
    const now = performance.now();
    if (frame === from) firstMask = (now - startedAt) / 1000;
    else seconds.push((now - last) / 1000);
    last = now;
    if (seconds.length >= UNTIL_FULL + TIMED || now - startedAt > BUDGET_MS) break;
    await new Promise(setImmediate);
  }

  // What all objects share: reading, resizing and encoding a frame.
  const preprocessor = createPreprocessor(width, height, model.config.imageSize, 'bilinear');
  const shared = await median(
    [0, 1, 2].map((i) => Math.min(from + i, to)),
    async (frame) => {
      const began = performance.now();
      await model.encodeImage(preprocessor.run(await source.read(frame)));
      return (performance.now() - began) / 1000;
    },
  );
  const full = seconds.length > UNTIL_FULL;
  const settled = full ? seconds.slice(UNTIL_FULL) : seconds.slice(-TIMED);
  const perFrame = settled.length > 0 ? middle(settled) : firstMask;
  const perObject = Math.max(0, perFrame - shared);
  const steady = shared + objects * perObject;
  const total = firstMask + steady * (frames - 1);

  const how =
    `Measured on this machine: ${plural(seconds.length, 'frame')} with one object` +
    (full ? '' : frames > UNTIL_FULL ? ', the memory not yet full, so the true time is higher' : '') +
    `; ${shared.toFixed(3)} s a frame for reading and encoding, ${perObject.toFixed(3)} s for each object` +
    (objects > 1 ? `, multiplied by ${objects}` : '');
  if (flags.json) {
    jsonLine(io, {
      seconds: total,
      frames,
      objects,
      framesPerSecond: 1 / steady,
      startSeconds: firstMask,
      sharedSeconds: shared,
      objectSeconds: perObject,
      measuredFrames: seconds.length,
      memoryFull: full,
      model: resolved.architecture.name,
    });
    return;
  }
  result(
    io,
    `${duration(total)} for ${plural(frames, 'frame')} and ${plural(objects, 'object')}, ${(1 / steady).toFixed(2)} frames a second`,
  );
  say(io, `${how}. First mask after ${duration(firstMask)}, with ${describeModel(resolved.architecture, choice)}.`);
  say(
    io,
    'Writing the files afterwards is not in it: mostly the overlay video, about as long as encoding a video of that size.',
  );
}

async function median(frames: readonly number[], time: (frame: number) => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (const frame of frames) times.push(await time(frame));
  return middle(times);
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
