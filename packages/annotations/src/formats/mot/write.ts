import type { LabeledData } from '../../labeled/labeled-data.ts';
import { inChunks } from '../bytes.ts';
import { AREA_TYPES, shapeBox } from '../draw.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { rangeOf } from '../task.ts';

/**
 * MOT 1.1: `gt/gt.txt` with a line for each box: frame from 1, track from 1 or -1, left, top, width, height, 1, class from
 * 1, visibility (0 where it is occluded); and `gt/labels.txt`, the classes in order. As in CVAT's, frames are those of the task
 * or job, not of its source.
 */
export function* exportMot(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  const { labels } = context;
  yield { path: 'gt/labels.txt', content: [labels.map(({ name }) => `${name.replace(/[\r\n]+/g, ' ')}\n`).join('')] };
  yield { path: 'gt/gt.txt', content: inChunks(lines(data, context)) };
}

function* lines(data: LabeledData, context: ExportContext): Generator<string> {
  const { start } = rangeOf(context.task);
  const classes = new Map(context.labels.map(({ id }, place) => [id, place + 1]));
  for (const { frame, shapes } of framesIn(data, context))
    for (const { shape, track } of shapes) {
      if (!AREA_TYPES.includes(shape.type)) continue;
      const { x0, y0, x1, y1 } = shapeBox(shape);
      const box = [x0, y0, x1 - x0, y1 - y0].map((value) => String(Math.round(value * 1e6) / 1e6));
      const id = track === undefined ? -1 : track + 1;
      const about = [1, classes.get(shape.label_id) ?? -1, shape.occluded ? 0 : 1];
      yield `${[frame - start + 1, id, ...box, ...about].join(',')}\n`;
    }
}
