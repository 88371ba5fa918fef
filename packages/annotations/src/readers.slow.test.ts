// What we write, read by the libraries that others use. Needs a Python with them; the variable PYTHON names another one:
//   python3 -m venv DIR && DIR/bin/pip install cvat-sdk pycocotools
//   PYTHON=DIR/bin/python npx vitest run --config vitest.slow.config.ts packages/annotations
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { maskArea } from '@roto/geometry';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { maskOf } from './formats/draw.ts';
import { findFormat } from './formats/index.ts';
import { framesOf, type LabeledData, normaliseLabeledData } from './index.ts';
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
  missing = `${python} cannot load cvat_sdk and pycocotools: ${String((error as { stderr?: string }).stderr ?? error)
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

describe.skipIf(missing !== '')('independent readers', () => {
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
