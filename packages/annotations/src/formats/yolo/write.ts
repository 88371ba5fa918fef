import { polygonFromFlat, type Ring } from '@roto/geometry';
import { stringify } from 'yaml';
import { framesOf } from '../../labeled/flatten.ts';
import type { LabeledData, LabeledShape } from '../../labeled/labeled-data.ts';
import { maskOutline } from '../../labeled/mask-outline.ts';
import { maskOf, outlineOf } from '../draw.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { safePath } from '../path.ts';
import { deletedOf, frameFile, frameStem, rangeOf, type TaskInfo } from '../task.ts';

/** Least IoU of the polygon that stands for a mask. */
export const MASK_IOU = 0.98;

/**
 * Ultralytics YOLO Segmentation 1.0: `data.yaml`, `train.txt`, and for each frame with shapes `labels/train/<frame>.txt`
 * with a line each: place of the label, then x, y of the outline as shares of width and height, eight decimals.
 * Rectangles and ellipses become polygons. A mask becomes one ring of IoU 0.98 or more, its parts and holes joined by
 * bridges of no width. Lines, points, cuboids and skeletons are left out.
 */
export function* exportYolo(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  const { labels, task } = context;
  const range = rangeOf(task);
  const deleted = deletedOf(task);
  const names = Object.fromEntries(labels.map(({ name }, place) => [place, name]));
  yield { path: 'data.yaml', content: [stringify({ path: '.', train: 'train.txt', names })] };
  yield { path: 'train.txt', content: trainingList(context) };
  const places = new Map(labels.map((label, place) => [label.id, place]));
  for (const { frame, shapes } of framesOf(data, range, deleted)) {
    const lines = shapes.flatMap(({ shape }) => lineOf(shape, places.get(shape.label_id) ?? -1, task) ?? []);
    if (lines.length > 0)
      yield { path: `labels/train/${safePath(frameStem(task, frame))}.txt`, content: [lines.join('')] };
  }
}

function* trainingList({ task }: ExportContext): Generator<string> {
  const { start, stop } = rangeOf(task);
  const deleted = deletedOf(task);
  for (let frame = start; frame <= stop; frame++)
    if (!deleted.has(frame)) yield `images/train/${safePath(frameFile(task, frame))}\n`;
}

function lineOf(shape: LabeledShape, label: number, task: TaskInfo): string | undefined {
  const ring = ringOf(shape, task);
  if (!ring || ring.length < 3) return undefined;
  const shares = ring.map(([x, y]) => `${share(x, task.width)} ${share(y, task.height)}`);
  return `${label} ${shares.join(' ')}\n`;
}

function ringOf(shape: LabeledShape, { width, height }: TaskInfo): Ring | undefined {
  if (shape.type !== 'mask') return outlineOf(shape);
  return polygonFromFlat(maskOutline(maskOf(shape, width, height)!, { minIou: MASK_IOU }) ?? []).outer;
}

/** Trainers refuse what lies outside the picture. */
function share(value: number, whole: number): string {
  return String(Number(Math.min(1, Math.max(0, value / whole)).toFixed(8)));
}
