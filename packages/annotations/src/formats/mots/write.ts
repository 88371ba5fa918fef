import { compressRle } from '@roto/geometry';
import { encode } from 'fast-png';
import type { LabeledData } from '../../labeled/labeled-data.ts';
import type { Label } from '../../labeled/labels.ts';
import { inChunks } from '../bytes.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { rleOfCvatPoints } from '../mask-runs.ts';
import { safeName, safePath } from '../path.ts';
import { layersOf } from '../png/layers.ts';
import { maskPointsOf, paint } from '../png/paint.ts';
import { frameStem } from '../task.ts';
import { CLASS, valuesOf } from './classes.ts';
import { numberingOf } from './first-frame.ts';

/**
 * MOTS PNG 1.0, as CVAT lays it out: `default/instances/<frame>.png` for every frame, grey of 16 bits, and
 * `default/instances/labels.txt`, the labels in order. Throws 'object-id' for more objects than the values can tell apart.
 */
export function* exportMotsPng(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  const { labels, task } = context;
  const { objects, values } = valuesOf(data, labels);
  const { width, height } = task;
  yield { path: 'default/instances/labels.txt', content: [labelList(labels)] };
  for (const frame of framesIn(data, context)) {
    const layers = layersOf(frame, objects, (object) => values[object]!, task);
    const painted = paint(new Uint16Array(width * height), layers);
    yield {
      path: `default/instances/${safePath(frameStem(task, frame.frame))}.png`,
      content: [encode({ width, height, data: painted, depth: 16, channels: 1 })],
    };
  }
}

/**
 * MOTS 1.0, the text form: `instances_txt/<task>.txt` with a line for each object on each frame: frame of the source,
 * value, class, height, width, compressed run lengths; and `labels.txt`. No pixel is in two objects.
 */
export function* exportMotsText(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  const { task } = context;
  yield { path: 'labels.txt', content: [labelList(context.labels)] };
  // MOTSChallenge has this file, and counts from 1 without saying so; KITTI has none, and counts from 0.
  const sequence = `name=${safeName(task.name)}\nseqLength=${task.frameCount}\nimWidth=${task.width}\nimHeight=${task.height}\nfirstFrame=${numberingOf(task).first}\n`;
  yield { path: 'seqinfo.ini', content: [`[Sequence]\n${sequence}`] };
  yield { path: `instances_txt/${safeName(context.task.name)}.txt`, content: inChunks(lines(data, context)) };
}

function* lines(data: LabeledData, context: ExportContext): Generator<string> {
  const { labels, task } = context;
  const { objects, values } = valuesOf(data, labels);
  const { width, height } = task;
  const numbering = numberingOf(task);
  for (const frame of framesIn(data, context)) {
    const layers = layersOf(frame, objects, (object) => values[object]!, task);
    const painted = paint(new Uint16Array(width * height), layers);
    const seen = [...maskPointsOf(painted, width)].sort(([a], [b]) => a - b);
    for (const [value, points] of seen) {
      const { counts } = compressRle(rleOfCvatPoints(points, width, height));
      yield `${numbering.of(frame.frame)} ${value} ${Math.floor(value / CLASS)} ${height} ${width} ${counts}\n`;
    }
  }
}

/** A label for a line; a line end inside a name becomes a space. */
function labelList(labels: readonly Label[]): string {
  return labels.map(({ name }) => `${name.replace(/[\r\n]+/g, ' ')}\n`).join('');
}
