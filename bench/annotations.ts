/**
 * What annotations cost: checking and normal form, slices and merging, and the text formats, written in pieces and (CVAT)
 * read again. Exit code 1 when check and normal form together take 300 ms of processor time or more.
 *
 *     node bench/annotations.ts [--tracks 100] [--frames 3000] [--points 20] [--type polygon|mask]
 *
 * Prints wall and processor time: on a machine that does other things as well only the second says something.
 */
import { parseArgs } from 'node:util';
import { type Label, type LabeledData, mergeLabeledData, parseLabeledData, sliceLabeledData } from '@roto/annotations';
import {
  type ExportedFile,
  FORMATS,
  findFormat,
  type ImportedFile,
  lossesOf,
  type TaskInfo,
} from '@roto/annotations/formats';

const { values: options } = parseArgs({
  options: {
    tracks: { type: 'string', default: '100' },
    frames: { type: 'string', default: '3000' },
    points: { type: 'string', default: '20' },
    type: { type: 'string', default: 'polygon' },
  },
});
const [trackCount, frameCount, pointCount] = [options.tracks, options.frames, options.points].map(Number) as [
  number,
  number,
  number,
];
const type = options.type === 'mask' ? 'mask' : 'polygon';
const BAR_MS = 300;

const labels: Label[] = [{ id: 1, name: 'object', type: 'any', color: '#808080', attributes: [], sublabels: [] }];
const task: TaskInfo = {
  name: 'bench',
  kind: 'video',
  names: ['bench.mp4'],
  frameRate: 25,
  startFrame: 0,
  step: 1,
  frameCount,
  width: 1920,
  height: 1080,
};

let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

function polygon(frame: number): number[] {
  const [x, y] = [400 + (frame % 1000), 500];
  return Array.from({ length: pointCount }, (_, i) => {
    const radius = 100 + 20 * random();
    const angle = (2 * Math.PI * i) / pointCount;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)].map((v) => Math.round(100 * v) / 100);
  }).flat();
}

/** 100 × 80 pixels with a ragged rim. */
function mask(frame: number): number[] {
  const runs = [0];
  for (let row = 0; row < 80; row++) {
    const rim = 10 + Math.floor(10 * random());
    runs[runs.length - 1]! += rim;
    runs.push(100 - 2 * rim, rim);
  }
  const left = 400 + (frame % 1000);
  return [...runs, left, 300, left + 99, 379];
}

const body = {
  tracks: Array.from({ length: trackCount }, () => ({
    frame: 0,
    label_id: 1,
    source: 'auto',
    shapes: Array.from({ length: frameCount }, (_, frame) => ({
      type,
      frame,
      points: type === 'mask' ? mask(frame) : polygon(frame),
    })),
  })),
};

/** Returns milliseconds of processor time. */
async function measure(name: string, run: () => string | Promise<string>): Promise<number> {
  const [from, used] = [performance.now(), process.cpuUsage()];
  const said = await run();
  const { user, system } = process.cpuUsage(used);
  const cpu = (user + system) / 1000;
  console.log(
    `${name.padEnd(48)} ${(performance.now() - from).toFixed(0)} ms, processor ${cpu.toFixed(0)} ms  ${said}`,
  );
  return cpu;
}

let data: LabeledData = { version: 0, tags: [], shapes: [], tracks: [] };
const costs: number[] = [];
for (let i = 0; i < 5; i++)
  costs.push(
    await measure('check and normal form', () => {
      const parsed = parseLabeledData(body, labels, task);
      if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
      data = parsed.value;
      return `${trackCount * frameCount} shapes`;
    }),
  );

const length = Math.ceil(frameCount / 10);
const ranges = Array.from({ length: 10 }, (_, i) => ({
  start: i * length,
  stop: Math.min(frameCount - 1, (i + 1) * length + 4),
})).filter(({ start }) => start < frameCount);
let parts: { start: number; stop: number; data: LabeledData }[] = [];
await measure('cut into 10 jobs with overlap 5', () => {
  parts = ranges.map((range) => ({ ...range, data: sliceLabeledData(data, range) }));
  return '';
});
await measure('merged again', () => `${mergeLabeledData(parts).tracks.length} tracks`);

for (const format of FORMATS) {
  // Pictures for every frame are a matter of the PNG library, outlines of masks one of `bench/simplify.ts`.
  if (!format.export || /DAVIS|MOTS/.test(format.name) || (type === 'mask' && /YOLO/.test(format.name))) continue;
  await measure(`losses, ${format.name}`, () => `${lossesOf(format, data).length}`);
  const isCvat = format.name.startsWith('CVAT');
  const written: ImportedFile[] = [];
  await measure(`written, ${format.name}`, () => {
    let [bytes, longest] = [0, 0];
    for (const file of format.export!(data, { labels, task })) {
      const pieces: Uint8Array[] = [];
      for (const piece of bytesOf(file)) {
        bytes += piece.length;
        longest = Math.max(longest, piece.length);
        if (isCvat) pieces.push(piece);
      }
      if (isCvat) written.push({ path: file.path, open: () => pieces });
    }
    return `${(bytes / 1e6).toFixed(0)} MB, longest piece ${longest}`;
  });
  if (isCvat)
    await measure(`read, ${format.name}`, async () => {
      const read = await findFormat('CVAT 1.1')!.import!(written, { labels, task });
      return `${read.data.tracks.length} tracks, ${read.data.shapes.length} shapes`;
    });
}

function* bytesOf({ content }: ExportedFile): Generator<Uint8Array> {
  for (const piece of content) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}

const best = Math.min(...costs);
console.log(`check and normal form: ${best.toFixed(0)} ms of processor time at best; bar ${BAR_MS} ms`);
if (best >= BAR_MS) process.exitCode = 1;
