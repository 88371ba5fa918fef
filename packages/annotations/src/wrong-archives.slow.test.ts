import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FORMATS, findFormat, type ImportedFile, type TaskInfo } from './formats/index.ts';
import { AnnotationError, framesOf, type LabeledData, normaliseLabeledData } from './index.ts';
import { bytesOf, fileOf } from './testing/files.ts';

/*
 * Archives that our writers made, each with one thing wrong, from a seed. Whatever a reader makes of one, no object may
 * stand on a frame on which there is none of its label, and nothing found must be an error. Run by hand and in the heavier
 * suite: npx vitest run --config vitest.slow.config.ts packages/annotations/src/wrong-archives.slow.test.ts
 */

const [width, height] = [64, 48];
const label = (id: number, name: string) => ({
  id,
  name,
  type: 'any' as const,
  color: '#3366ff',
  attributes: [],
  sublabels: [],
});
const labels = [label(1, 'dog'), label(2, 'cat')];
const task: TaskInfo = {
  name: 'pictures',
  kind: 'images',
  names: Array.from({ length: 12 }, (_, i) => `cam/img_${String(i + 1).padStart(4, '0')}.jpg`),
  frameRate: 0,
  startFrame: 0,
  step: 1,
  frameCount: 12,
  width,
  height,
};
const video: TaskInfo = { ...task, kind: 'video', names: ['clip.mp4'], frameRate: 25, startFrame: 3, step: 2 };
const box = (frame: number, label_id: number) => ({
  type: 'rectangle' as const,
  frame,
  label_id,
  points: [4 * frame + 1, 5, 4 * frame + 11, 15],
});
const data = normaliseLabeledData(
  {
    shapes: [box(1, 1), box(4, 2), box(9, 1)],
    tracks: [{ label_id: 2, frame: 6, shapes: [{ ...box(6, 2) }, { ...box(7, 2) }, { ...box(8, 2), outside: true }] }],
  },
  labels,
);

type File = { path: string; bytes: Uint8Array };
type Random = () => number;
const text = ({ bytes }: File) => new TextDecoder().decode(bytes);
const withText = (file: File, value: string): File => ({ ...file, bytes: new TextEncoder().encode(value) });
const isText = ({ path }: File) => !/\.png$/i.test(path);
const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)]!;

/** mulberry32: 0…1, the same sequence for the same seed. */
function randomOf(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Changes one file; `choose` says which may be. */
const oneFile =
  (choose: (file: File) => boolean, change: (file: File, random: Random) => File | undefined) =>
  (files: File[], random: Random): File[] => {
    const candidates = files.filter(choose);
    if (candidates.length === 0) return files;
    const chosen = pick(candidates, random);
    return files.flatMap((file) => (file === chosen ? (change(file, random) ?? []) : [file]));
  };
const inLine = (change: (line: string, random: Random) => string) =>
  oneFile(isText, (file, random) => {
    const lines = text(file).split('\n');
    const at = Math.floor(random() * lines.length);
    return withText(file, lines.map((line, i) => (i === at ? change(line, random) : line)).join('\n'));
  });

const WRONGS: Record<string, (files: File[], random: Random) => File[]> = {
  'a file is missing': oneFile(
    () => true,
    () => undefined,
  ),
  'a file is empty': oneFile(
    () => true,
    (file) => ({ ...file, bytes: new Uint8Array(0) }),
  ),
  'a file is cut off': oneFile(
    () => true,
    (file, random) => ({ ...file, bytes: file.bytes.slice(0, Math.floor(random() * file.bytes.length)) }),
  ),
  'a byte is another': oneFile(
    () => true,
    (file, random) => {
      const bytes = file.bytes.slice();
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      return { ...file, bytes };
    },
  ),
  'all is in a folder': (files) => files.map((file) => ({ ...file, path: `export/set 1/${file.path}` })),
  'all is in no folder': (files) => files.map((file) => ({ ...file, path: file.path.replace(/^.*\//, '') })),
  'folders are in capitals': (files) => files.map((file) => ({ ...file, path: file.path.toUpperCase() })),
  'the picture names have a prefix': (files) => renamed(files, (name) => name.replace(/img_/g, '3f2a1b9c-img_')),
  'the picture names have other digits': (files) =>
    renamed(files, (name) => name.replace(/img_0*(\d+)/g, (_, n) => `img_${n}`)),
  'the picture names are numbers': (files) => renamed(files, (name) => name.replace(/img_0*(\d+)/g, (_, n) => `${n}`)),
  'the picture names are of other pictures': (files) => renamed(files, (name) => name.replace(/img_/g, 'photo_')),
  'the picture names have the next number': (files) =>
    renamed(files, (name) => name.replace(/img_(\d+)/g, (_, n) => `image_${String(Number(n) + 1).padStart(4, '0')}`)),
  'the file of a frame has an unknown name': oneFile(
    ({ path }) => /img_/.test(path),
    (file) => ({ ...file, path: file.path.replace(/img_/, 'x_') }),
  ),
  'a line is missing': inLine(() => ''),
  'a line comes twice': inLine((line) => `${line}\n${line}`),
  'a number is another': inLine((line, random) =>
    line.replace(/\d+(\.\d+)?/, () => pick(['-1', '1e9', '99999', 'NaN', '1.5', ''], random)),
  ),
  'a number is a word': inLine((line) => line.replace(/\d+(\.\d+)?/, 'seven')),
  'columns are added': inLine((line) => `${line} 0.87 3`),
  'columns are taken away': inLine((line) => line.split(/[ ,]/).slice(0, -2).join(' ')),
  'labels are others': (files) =>
    files.map((file) => (isText(file) ? withText(file, text(file).replaceAll('dog', 'wolf')) : file)),
  'sizes are others': (files) =>
    files.map((file) => (isText(file) ? withText(file, text(file).replaceAll('64', '65')) : file)),
  'line ends of Windows, and a byte order mark': (files) =>
    files.map((file) => (isText(file) ? withText(file, `\ufeff${text(file).replaceAll('\n', '\r\n')}`) : file)),
  'texts of another encoding': (files) =>
    files.map((file) =>
      isText(file)
        ? { ...file, bytes: Uint8Array.from(text(file).replaceAll('o', 'ö'), (sign) => sign.charCodeAt(0) & 255) }
        : file,
    ),
  'all of it twice': (files) => [...files, ...files.map((file) => ({ ...file, path: `copy/${file.path}` }))],
};

function renamed(files: File[], rename: (name: string) => string): File[] {
  return files.map((file) => {
    const moved = { ...file, path: rename(file.path) };
    return isText(file) ? withText(moved, rename(text(file))) : moved;
  });
}

/** What stands on each frame, by label. */
function placesOf(found: LabeledData): Set<string> {
  const places = new Set<string>();
  for (const { frame, shapes } of framesOf(found, { start: 0, stop: task.frameCount - 1 }))
    for (const { shape } of shapes) places.add(`${frame} ${shape.label_id}`);
  return places;
}

/** Where each mask or box is: the fixture's objects lie further right on each frame, which shows where they came from. */
function isMisplaced(found: LabeledData): string | undefined {
  for (const { frame, shapes } of framesOf(found, { start: 0, stop: task.frameCount - 1 }))
    for (const { shape, keyframe } of shapes) {
      // Between keyframes stands what is held, also where the line that ends it is missing.
      if (!keyframe || shape.type === 'skeleton' || shape.points.length < 4) continue;
      const left =
        shape.type === 'mask' ? shape.points.at(-4)! : Math.min(...shape.points.filter((_, i) => i % 2 === 0));
      const came = (left - 1) / 4;
      // Numbers that were changed put an object anywhere; what is exactly another frame's was not changed, but misplaced.
      if (Number.isInteger(came) && came !== frame && frame > 0 && came > 0 && came < 12)
        return `frame ${frame} has what belongs to ${came}`;
    }
  return undefined;
}

const formats = FORMATS.filter((format) => format.export && format.name !== 'COCO Keypoints 1.0').map(
  ({ name }) => name,
);
const readerOf = (name: string) => (name.startsWith('CVAT for') ? findFormat('CVAT 1.1')! : findFormat(name)!);
const EDITS = /a number|a byte|a line|columns/;

test('300 archives with one thing wrong: no wrong frame in silence, nothing found is an error', async () => {
  const outcomes = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...formats),
      fc.constantFrom(...Object.keys(WRONGS)),
      fc.constantFrom(task, video),
      fc.integer(),
      async (format, wrong, of, seed) => {
        const random = randomOf(seed);
        const written = [...findFormat(format)!.export!(data, { labels, task: of })].map(({ path, content }) => ({
          path,
          bytes: bytesOf(content),
        }));
        const files = WRONGS[wrong]!(written, random).map(({ path, bytes }): ImportedFile => fileOf(path, bytes));
        let found: LabeledData;
        try {
          found = (await readerOf(format).import!(files, { labels, task: of })).data;
        } catch (error) {
          if (!(error instanceof AnnotationError)) throw error;
          outcomes.set(error.code, (outcomes.get(error.code) ?? 0) + 1);
          expect(error.message.length).toBeGreaterThan(10);
          return;
        }
        outcomes.set('read', (outcomes.get('read') ?? 0) + 1);
        expect(found.tags.length + found.shapes.length + found.tracks.length).toBeGreaterThan(0);
        // Another byte can make another number of a frame, which nobody can see.
        if (wrong !== 'a byte is another') expect(isMisplaced(found)).toBeUndefined();
        // Where only names, places and folders are wrong, what is read is what was written.
        if (!EDITS.test(wrong)) {
          const wanted = placesOf(data);
          for (const place of placesOf(found)) expect([...wanted]).toContain(place);
        }
      },
    ),
    { numRuns: 300, seed: 20_261_130, endOnFailure: true },
  );
  console.log(Object.fromEntries(outcomes));
});
