import { encode } from 'fast-png';
import { AnnotationError } from '../../errors.ts';
import type { LabeledData } from '../../labeled/labeled-data.ts';
import { maskOf } from '../draw.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { safePath } from '../path.ts';
import { type Layer, paint } from '../png/paint.ts';
import { davisPalette } from '../png/palette.ts';
import { frameStem } from '../task.ts';
import { coloursOf, labelMapText } from './label-map.ts';

/**
 * Segmentation mask 1.1: `labelmap.txt` with the labels' colours, and for each frame with shapes two pictures with
 * palettes: `SegmentationClass/<frame>.png`, of which the colour is the label's, and `SegmentationObject/<frame>.png`, of
 * which each colour is an object. What is higher, or smaller, lies on top. Throws 'object-id' past 254 labels or objects.
 */
export function* exportSegmentationMask(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  const { labels, task } = context;
  const { width, height } = task;
  const most = (count: number, what: string): void => {
    if (count > 254)
      throw new AnnotationError(
        'object-id',
        `There are ${count} ${what}, but these masks hold 254 at most; export fewer.`,
      );
  };
  most(labels.length, 'labels');
  yield { path: 'labelmap.txt', content: [labelMapText(labels)] };
  const places = new Map(labels.map(({ id }, place) => [id, place + 1]));
  const classPalette = [[0, 0, 0], ...coloursOf(labels)];
  const objectPalette = davisPalette();
  const stems: string[] = [];
  for (const { frame, shapes } of framesIn(data, context)) {
    const seen = shapes.flatMap(({ shape }) => {
      const mask = maskOf(shape, width, height);
      return mask ? [{ shape, mask }] : [];
    });
    if (seen.length === 0) continue;
    most(seen.length, `objects on frame ${frame}`);
    const stem = safePath(frameStem(task, frame));
    stems.push(stem);
    const layers = seen.map(({ shape, mask }, i): Layer => ({ value: i + 1, zOrder: shape.z_order, mask }));
    const objects = paint(new Uint8Array(width * height), layers);
    const classes = objects.map((object) => (object === 0 ? 0 : (places.get(seen[object - 1]!.shape.label_id) ?? 0)));
    const png = (values: Uint8Array, palette: number[][]) =>
      encode({ width, height, data: values, depth: 8, channels: 1, palette });
    yield { path: `SegmentationClass/${stem}.png`, content: [png(classes, classPalette)] };
    yield { path: `SegmentationObject/${stem}.png`, content: [png(objects, objectPalette)] };
  }
  yield { path: 'ImageSets/Segmentation/default.txt', content: [stems.map((stem) => `${stem}\n`).join('')] };
}
