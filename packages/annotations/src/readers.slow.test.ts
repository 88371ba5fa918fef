// What we write, read by the libraries that others use. Needs a Python with them; the variable PYTHON names another one:
//   python3 -m venv DIR && DIR/bin/pip install cvat-sdk pycocotools shapely PyYAML
//   PYTHON=DIR/bin/python npx vitest run --config vitest.slow.config.ts packages/annotations
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMask, type Mask, maskArea } from '@roto/geometry';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { maskOf } from './formats/draw.ts';
import { findFormat } from './formats/index.ts';
import { framesOf, type LabeledData, maskRing, maskRings, normaliseLabeledData } from './index.ts';
import { frameSet, labeledData, labels } from './testing/arbitrary.ts';
import { textOf, videoTask } from './testing/files.ts';

const python = process.env.PYTHON ?? 'python3';
const folder = mkdtempSync(path.join(tmpdir(), 'roto-readers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(command: string, text?: string): unknown {
  const file = path.join(folder, 'input.json');
  if (text !== undefined) writeFileSync(file, text);
  const args = [path.join(import.meta.dirname, 'testing/readers.py'), command, ...(text === undefined ? [] : [file])];
  return JSON.parse(
    execFileSync(python, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 }),
  );
}

let missing = '';
try {
  console.log(`Independent readers: ${JSON.stringify(read('versions'))}`);
} catch (error) {
  missing = `${python} cannot load cvat_sdk, pycocotools, shapely and yaml: ${String(
    (error as { stderr?: string }).stderr ?? error,
  )
    .trim()
    .split('\n')
    .at(-1)}`;
  console.warn(`Skipped: ${missing}. The head of this file says how to install them.`);
}

/** Many annotations of every kind, the same every time. */
const many: LabeledData = normaliseLabeledData(
  fc.sample(labeledData, { numRuns: 60, seed: 20261122 }).reduce((all, one) => ({
    tags: [...all.tags!, ...one.tags!],
    shapes: [...all.shapes!, ...one.shapes!],
    tracks: [...all.tracks!, ...one.tracks!],
  })),
  labels,
);

/** Smooth bumps with holes and several parts. */
function waves(seed: number): Mask {
  const { width, height } = frameSet;
  const mask = createMask(width, height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      mask.data[y * width + x] =
        Math.sin(x * 0.11 * (1 + (seed % 5)) + seed) + Math.cos(y * 0.17 * (1 + (seed % 3)) - seed) > 0.2 ? 1 : 0;
  return mask;
}

describe.skipIf(missing !== '')('independent readers', () => {
  test('shapely finds every polygon valid that we make of a mask, and of the same area as its runs nearly', () => {
    const masks = many.shapes.concat().filter(({ type }) => type === 'mask');
    const blobs = Array.from({ length: 40 }, (_, i) => waves(i));
    const { width, height } = frameSet;
    const all = [...masks.map((shape) => maskOf(shape, width, height)!), ...blobs].filter((mask) => maskArea(mask) > 0);
    const rings = all.flatMap((mask) => {
      const one = maskRing(mask, 0.95)!;
      return [
        { rings: [one], area: maskArea(mask) },
        { rings: maskRings(mask, 0.95), area: maskArea(mask) },
      ];
    });
    const found = read('polygons', JSON.stringify(rings.map(({ rings: list }) => list))) as {
      valid: boolean;
      area: number;
    }[];
    expect(found.filter(({ valid }) => !valid)).toEqual([]);
    for (const [i, { area }] of rings.entries())
      if (area > 200) expect(Math.abs(found[i]!.area - area) / area).toBeLessThan(0.1);
  });

  test('PyYAML reads the names of labels in data.yaml as they are', () => {
    const names = ['no', 'yes', 'on', '12:30', '1_000', '=', 'a\tb', '~', '🐈', '\u0085', '1e3', 'é', "it's: #1"];
    const odd = names.map((name, i) => ({ ...labels[1]!, id: 100 + i, name }));
    const empty = { version: 0, tags: [], shapes: [], tracks: [] };
    const [yaml] = [...findFormat('Ultralytics YOLO Detection 1.0')!.export!(empty, { labels: odd, task: videoTask })];
    const { names: found } = read('yaml', textOf([yaml!])) as { names: Record<string, string> };
    expect(Object.values(found)).toEqual(names);
  });

  test('pycocotools reads our keypoints', () => {
    const text = textOf(findFormat('COCO Keypoints 1.0')!.export!(many, { labels, task: videoTask }));
    const { annotations } = JSON.parse(text) as { annotations: { id: number; num_keypoints: number }[] };
    expect(annotations.length).toBeGreaterThan(0);
    expect(read('keypoints', text)).toEqual(
      annotations.map(({ id, num_keypoints: count }) => [id, count, ['head', 'hand', 'foot']]),
    );
  });

  test('pycocotools reads our COCO: run lengths, areas and boxes are equal', () => {
    const text = textOf(findFormat('COCO 1.0')!.export!(many, { labels, task: videoTask }));
    const { annotations } = JSON.parse(text) as {
      annotations: { id: number; area: number; bbox: number[]; segmentation: unknown }[];
    };
    const found = read('coco', text) as {
      id: number;
      label: string;
      counts?: string;
      area?: number;
      bbox?: number[];
      pixels?: number;
    }[];
    expect(found.length).toBe(annotations.length);
    const byId = new Map(annotations.map((annotation) => [annotation.id, annotation]));
    let masks = 0;
    for (const { id, counts, area, bbox, pixels } of found) {
      const ours = byId.get(id)!;
      const { segmentation } = ours as { segmentation: { counts?: string } };
      if (segmentation.counts === undefined) continue;
      masks++;
      expect([counts, area, pixels]).toEqual([segmentation.counts, ours.area, ours.area]);
      if (ours.area > 0) expect(bbox).toEqual(ours.bbox);
    }
    expect(masks).toBeGreaterThan(100);
  });

  test('polygons cover what pycocotools draws of them, but for the rim', () => {
    const polygons = {
      ...many,
      shapes: many.shapes.filter(({ type }) => type === 'polygon'),
      tracks: many.tracks.filter(({ shapes }) => shapes[0]!.type === 'polygon'),
    };
    const text = textOf(findFormat('COCO 1.0')!.export!(polygons, { labels, task: videoTask }));
    const found = read('coco', text) as { area: number }[];
    const shapes = [...framesOf(polygons, { start: 0, stop: frameSet.frameCount - 1 })].flatMap(
      (frame) => frame.shapes,
    );
    for (const [i, { shape }] of shapes.entries()) {
      const mask = maskOf(shape, frameSet.width, frameSet.height)!;
      // Its rule shifts the outline by up to half a pixel: the areas differ by a part of the outline's length.
      const ring = shape.points;
      const length = ring.reduce((sum, value, k) => sum + Math.abs(value - ring[(k + 2) % ring.length]!), 0);
      expect(Math.abs(found[i]!.area - maskArea(mask))).toBeLessThanOrEqual(length + 4);
    }
    expect(shapes.length).toBeGreaterThan(20);
  });

  test('cvat_sdk reads our LabeledData, tracks of masks and all, and sends back the same', () => {
    const tracked = many.tracks.map((track) =>
      track.shapes[0]!.type === 'mask'
        ? { ...track, shapes: track.shapes.map((shape) => ({ ...shape, presence: 1.5, predicted_iou: 0.75 })) }
        : track,
    );
    const data = { ...many, tracks: tracked };
    expect(tracked.filter((track) => track.shapes[0]!.type === 'mask').length).toBeGreaterThan(5);
    const result = read('labeled-data', JSON.stringify(data)) as { read: LabeledData; request: LabeledData };
    // Parts of skeletons have no parts of their own in the SDK's models.
    const comparable = (value: unknown) =>
      JSON.parse(JSON.stringify(value, (key, inner) => (key === 'elements' ? inner.map(withoutElements) : inner)));
    expect(comparable(result.read)).toEqual(comparable(data));
    expect(comparable(result.request)).toEqual(comparable(data));
  });
});

function withoutElements({ elements, ...part }: { elements?: unknown }): object {
  return part;
}
