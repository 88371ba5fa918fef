import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frames, header } from '../testing/frames.ts';
import { readResults, resultFrames, resultsFrameLine, resultsHeaderLine } from './index.ts';

const lines = [resultsHeaderLine(header), ...frames.map((frame) => resultsFrameLine(header, frame))];
const bytes = new TextEncoder().encode(lines.join(''));
/** Byte at which each line ends. */
const ends = lines.map((_, i) => new TextEncoder().encode(lines.slice(0, i + 1).join('')).length);

async function read(file: Uint8Array, chunk = 64) {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < file.length; at += chunk) chunks.push(file.subarray(at, at + chunk));
  const events = [];
  for await (const event of readResults(chunks)) events.push(event);
  return events;
}

test('what is written is read, from chunks of any size', async () => {
  for (const chunk of [1, 7, 64, 1e6]) {
    const events = await read(bytes, chunk);
    expect(events).toEqual([
      { kind: 'header', header, end: ends[0] },
      ...frames.map((frame, i) => ({ kind: 'frame', frame, end: ends[i + 1] })),
    ]);
  }
  expect(await Array.fromAsync(resultFrames([bytes]))).toEqual(frames);
});

test('a frame that was tracked on the picture of another says so', async () => {
  const borrowed = { ...frames[1]!, pictureOf: 0 };
  const line = resultsFrameLine(header, borrowed);
  expect(JSON.parse(line)).toMatchObject({ frame: 1, pictureOf: 0 });
  expect(lines.join('')).not.toContain('pictureOf');
  const file = new TextEncoder().encode(lines[0]! + lines[1]! + line);
  expect(await Array.fromAsync(resultFrames([file]))).toEqual([frames[0], borrowed]);
});

test('cut at any byte, the whole lines are kept and the place to go on from is said', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: ends[0]!, max: bytes.length }), async (cut) => {
      const events = await read(bytes.subarray(0, cut));
      const whole = ends.filter((end) => end <= cut);
      expect(events.filter((event) => event.kind === 'frame').length).toBe(whole.length - 1);
      const last = events[events.length - 1]!;
      expect(last.kind === 'torn').toBe(!whole.includes(cut));
      expect(last.end).toBe(whole[whole.length - 1]);
    }),
  );
});

test('a last line of garbage with a newline is torn too: a disk may have been left with zeros', async () => {
  const torn = new Uint8Array([...bytes, ...new Uint8Array(20), 10]);
  expect((await read(torn)).at(-1)).toEqual({ kind: 'torn', end: bytes.length });
});

test('damage before the last line is an error with its line and the sound length', async () => {
  const damaged = new TextEncoder().encode([lines[0], lines[1], `${lines[2]!.slice(0, 30)}\n`, lines[3]].join(''));
  await expect(read(damaged)).rejects.toThrow(
    expect.objectContaining({
      code: 'results-line',
      message: expect.stringMatching(new RegExp(`^Line 3 .* first ${ends[1]} bytes are sound`)),
    }),
  );
});

const frameLine = (change: (line: Record<string, never>) => unknown): string =>
  `${JSON.stringify(change(JSON.parse(lines[1]!)))}\n`;

test.each<[string, string, RegExp]>([
  ['a frame twice', lines[1]!, /frame 0 comes a second time/],
  ['an unknown object', frameLine((l) => ({ ...l, frame: 9, objects: [{ id: 77 }] })), /objects\[0\] has an id/],
  ['a picture of no frame', frameLine((l) => ({ ...l, frame: 9, pictureOf: -1 })), /"pictureOf" is not the number/],
  ['no time', frameLine((l) => ({ ...l, frame: 9, timeSec: null })), /needs "frame", "timeSec"/],
  [
    'a mask of another size',
    frameLine((l) => ({ ...l, frame: 9, objects: [{ id: 1, presence: 1, iou: 1, box: null, rle: '1' }] })),
    /objects\[0\]\.rle: .*hold 1 pixels/,
  ],
  [
    'a box of three',
    frameLine((l) => ({ ...l, frame: 9, objects: [{ id: 1, presence: 1, iou: 1, box: [1, 2, 3], rle: 'l1' }] })),
    /needs "presence"/,
  ],
])('%s is refused', async (_, line, message) => {
  await expect(read(new TextEncoder().encode(lines[0]! + lines[1]! + line + lines[2]!))).rejects.toThrow(message);
});

test.each<[string, string, RegExp]>([
  ['nothing', '', /no whole first line/],
  ['half a first line', lines[0]!.slice(0, 40), /no whole first line/],
  ['another file', '{"images": []}\n', /not a results file/],
  ['no JSON', 'PK\u0003\u0004\n', /not JSON/],
  ['a later version', lines[0]!.replace('"version":1', '"version":2'), /version 2.*reads 1/],
  ['no model', lines[0]!.replace('"model"', '"mode1"'), /lacks source, model/],
])('a file that begins with %s is refused', async (_, text, message) => {
  await expect(read(new TextEncoder().encode(text))).rejects.toThrow(
    expect.objectContaining({ code: 'results-header', message: expect.stringMatching(message) }),
  );
});

test('a line that could not be read back is never written', () => {
  const [first] = frames;
  const [cat] = first!.objects;
  const line = (object: object) => () => resultsFrameLine(header, { ...first!, objects: [{ ...cat!, ...object }] });
  expect(line({ id: 3 })).toThrow(expect.objectContaining({ code: 'object-id' }));
  expect(line({ presence: Number.NaN })).toThrow(/presence or predicted IoU that is not a finite number/);
  expect(line({ label: 'dog' })).toThrow(/1 "dog"/);
  expect(line({ mask: { size: [2, 2], counts: [4] } })).toThrow(/is 2 × 2, but the source is 10 × 6/);
});
