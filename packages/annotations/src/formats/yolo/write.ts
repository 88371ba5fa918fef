import { joinRingsNarrowly, type Ring, splitBridges } from '@roto/geometry';
import type { LabeledData, LabeledShape } from '../../labeled/labeled-data.ts';
import { maskRing } from '../../labeled/mask-outline.ts';
import { maskOf, outlineOf, shapeBox } from '../draw.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { safePath } from '../path.ts';
import { deletedOf, frameFile, frameStem, rangeOf, type TaskInfo } from '../task.ts';
import { quoted } from './yaml.ts';

/** Least IoU of the polygon that stands for a mask. */
export const MASK_IOU = 0.98;

/**
 * Ultralytics YOLO Segmentation 1.0: `data.yaml`, `train.txt`, and for each frame with shapes `labels/train/<frame>.txt`
 * with a line each: place of the label, then x, y of the outline as shares of width and height, eight decimals.
 * Rectangles and ellipses become polygons. A mask becomes one ring of IoU 0.98 or more, its parts and holes joined by
 * narrow bridges. Lines, points, cuboids and skeletons are left out.
 */
export function exportYolo(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  return ultralytics(data, context, outlineShares);
}

/** Ultralytics YOLO Detection 1.0: the same with the box of each shape, its centre and size. */
export function exportYoloDetection(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  return ultralytics(data, context, boxShares);
}

/** YOLO 1.1, of Darknet: `obj.names`, `obj.data`, `train.txt`, and `obj_train_data/<frame>.txt` for every frame, of boxes. */
export function* exportYoloDarknet(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  const { labels } = context;
  yield { path: 'obj.names', content: [labels.map(({ name }) => `${name.replace(/[\r\n]+/g, ' ')}\n`).join('')] };
  yield {
    path: 'obj.data',
    content: [`classes = ${labels.length}\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n`],
  };
  yield { path: 'train.txt', content: pictures(context, 'data/obj_train_data/') };
  yield* frameTexts(data, context, 'obj_train_data/', boxShares, true);
}

type Shares = (shape: LabeledShape, task: TaskInfo) => readonly string[] | undefined;

function* ultralytics(data: LabeledData, context: ExportContext, sharesOf: Shares): Generator<ExportedFile> {
  const names = context.labels.map(({ name }, place) => `  ${place}: ${quoted(name)}\n`);
  // Whether a number at the end of a line is a share or something else can depend on it.
  const columns = 'roto:\n  columns: shape\n';
  yield { path: 'data.yaml', content: [`path: .\ntrain: train.txt\nnames:\n${names.join('')}${columns}`] };
  yield { path: 'train.txt', content: pictures(context, 'images/train/') };
  yield* frameTexts(data, context, 'labels/train/', sharesOf, false);
}

function* frameTexts(
  data: LabeledData,
  context: ExportContext,
  folder: string,
  sharesOf: Shares,
  withEmpty: boolean,
): Generator<ExportedFile> {
  const { labels, task } = context;
  const places = new Map(labels.map((label, place) => [label.id, place]));
  for (const { frame, shapes } of framesIn(data, context)) {
    const lines = shapes.flatMap(({ shape }) => {
      const shares = sharesOf(shape, task);
      return shares ? [`${places.get(shape.label_id) ?? -1} ${shares.join(' ')}\n`] : [];
    });
    if (lines.length > 0 || withEmpty)
      yield { path: `${folder}${safePath(frameStem(task, frame))}.txt`, content: [lines.join('')] };
  }
}

function* pictures({ task }: ExportContext, folder: string): Generator<string> {
  const { start, stop } = rangeOf(task);
  const deleted = deletedOf(task);
  for (let frame = start; frame <= stop; frame++)
    if (!deleted.has(frame)) yield `${folder}${safePath(frameFile(task, frame))}\n`;
}

function outlineShares(shape: LabeledShape, task: TaskInfo): string[] | undefined {
  const ring = ringOf(shape, task);
  if (!ring || ring.length < 3) return undefined;
  return ring.flatMap(([x, y]) => [share(x, task.width), share(y, task.height)]);
}

function ringOf(shape: LabeledShape, { width, height }: TaskInfo): Ring | undefined {
  if (shape.type === 'mask') return maskRing(maskOf(shape, width, height)!, MASK_IOU);
  const outline = outlineOf(shape);
  if (shape.type !== 'polygon' || !outline) return outline;
  // A polygon that is a mask's outline may have bridges of no width.
  const region = splitBridges(outline);
  return region.length === 1 && region[0]!.holes.length === 0 ? outline : joinRingsNarrowly(region);
}

/** Centre and size of the part that lies in the picture; undefined where none does. */
function boxShares(shape: LabeledShape, task: TaskInfo): string[] | undefined {
  if (shape.type !== 'mask' && !outlineOf(shape)) return undefined;
  const box = shapeBox(shape);
  const [x0, x1] = [box.x0, box.x1].map((x) => Math.min(task.width, Math.max(0, x))) as [number, number];
  const [y0, y1] = [box.y0, box.y1].map((y) => Math.min(task.height, Math.max(0, y))) as [number, number];
  if (x0 === x1 || y0 === y1) return undefined;
  return [
    share((x0 + x1) / 2, task.width),
    share((y0 + y1) / 2, task.height),
    share(Math.abs(x1 - x0), task.width),
    share(Math.abs(y1 - y0), task.height),
  ];
}

/** Trainers refuse what lies outside the picture. */
function share(value: number, whole: number): string {
  return String(Number(Math.min(1, Math.max(0, value / whole)).toFixed(8)));
}
