import { encode } from 'fast-png';
import { AnnotationError } from '../../errors.ts';
import type { LabeledData } from '../../labeled/labeled-data.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { safeName, safePath } from '../path.ts';
import { layersOf } from '../png/layers.ts';
import { Objects } from '../png/objects.ts';
import { paint } from '../png/paint.ts';
import { davisPalette } from '../png/palette.ts';
import { frameStem, sourceFrame, type TaskInfo } from '../task.ts';

/** 255 means "not judged" in DAVIS. */
export const MOST_OBJECTS = 254;
export const SEMANTICS = 'davis_semantics.json';

/**
 * DAVIS 1.0: `Annotations/<task>/<frame>.png` for every frame, indexed, a pixel's value its object's number from 1; and
 * `davis_semantics.json`, DAVIS' own file of labels: for each sequence the label of each number. Frames of a video are
 * called by five digits, images by their names. Throws 'object-id' for more than 254 objects.
 */
export function* exportDavis(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  const { labels, task } = context;
  const objects = new Objects(data);
  if (objects.list.length > MOST_OBJECTS)
    throw new AnnotationError(
      'object-id',
      `There are ${objects.list.length} objects, but a PNG of DAVIS holds ${MOST_OBJECTS} at most; export fewer, or take MOTS PNG 1.0.`,
    );
  const names = new Map(labels.map(({ id, name }) => [id, name]));
  const sequence = safeName(task.name);
  const semantics = objects.list.map(({ labelId }, place) => [place + 1, names.get(labelId) ?? String(labelId)]);
  yield { path: SEMANTICS, content: [`${JSON.stringify({ [sequence]: Object.fromEntries(semantics) }, null, 2)}\n`] };
  const palette = davisPalette();
  const { width, height } = task;
  for (const frame of framesIn(data, context)) {
    const values = paint(
      new Uint8Array(width * height),
      layersOf(frame, objects, (object) => object + 1, task),
    );
    yield {
      path: `Annotations/${sequence}/${fileStem(task, frame.frame)}.png`,
      content: [encode({ width, height, data: values, depth: 8, channels: 1, palette })],
    };
  }
}

function fileStem(task: TaskInfo, frame: number): string {
  return task.kind === 'images' ? safePath(frameStem(task, frame)) : String(sourceFrame(task, frame)).padStart(5, '0');
}
