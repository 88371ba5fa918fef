import { boxToXywh, compressRle, encodeRle, type Rle, ringArea, rleArea, rleBounds } from '@roto/geometry';
import { framesAt, type LabeledData, type LabeledShape } from '../../labeled/labeled-data.ts';
import { inChunks } from '../bytes.ts';
import { maskOf, outlineOf, ringBox } from '../draw.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { rleOfCvatPoints } from '../mask-runs.ts';
import { deletedOf, frameFile, rangeOf, sourceFrame, type TaskInfo } from '../task.ts';

/**
 * COCO 1.0: `annotations/instances_default.json`, as CVAT and pycocotools know it.
 *   rectangle   `bbox` before the rotation, `segmentation` empty, as CVAT has it; attributes.rotation in degrees
 *   polygon     one ring
 *   mask        compressed run lengths
 *   ellipse     a mask
 *   others      are left out
 * A shape of a track has `track_id` (from 1), beside its other keys as in data sets of videos and among the
 * attributes as CVAT has it, and attributes.keyframe. `roto` holds what COCO has no key for; other readers pass over it.
 */
export function* exportCoco(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  yield { path: 'annotations/instances_default.json', content: inChunks(writeJson(data, context)) };
}

function* writeJson(data: LabeledData, context: ExportContext): Generator<string> {
  const { labels, task } = context;
  const range = rangeOf(task);
  const deleted = deletedOf(task);
  const categoryIds = new Map(labels.map((label, place) => [label.id, place + 1]));
  const attributes = labels.flatMap((label) => label.attributes);
  const names = new Map(attributes.map(({ id, name }) => [id, name]));
  yield `{\n"licenses": [{"name": "", "id": 0, "url": ""}],\n"info": ${JSON.stringify({
    contributor: '',
    date_created: task.createdDate ?? '',
    description: task.name,
    url: '',
    version: '',
    year: '',
  })},\n"categories": `;
  yield JSON.stringify(labels.map(({ name }, place) => ({ id: place + 1, name, supercategory: '' })));
  yield ',\n"images": [';
  let comma = '';
  for (let frame = range.start; frame <= range.stop; frame++) {
    if (deleted.has(frame)) continue;
    yield `${comma}\n${JSON.stringify(imageOf(task, frame))}`;
    comma = ',';
  }
  yield '\n],\n"annotations": [';
  let id = 0;
  for (const { frame, shapes } of framesIn(data, context))
    for (const { shape, track, keyframe: isDrawn } of shapes) {
      // Masks are held, so what an ellipse becomes on its way is a keyframe everywhere.
      const keyframe = isDrawn || shape.type === 'ellipse';
      const place = placeOf(shape, framesAt(task, frame));
      if (!place) continue;
      const trackId = track === undefined ? {} : { track_id: track + 1 };
      const annotation = {
        id: ++id,
        image_id: frame + 1,
        category_id: categoryIds.get(shape.label_id),
        ...place,
        iscrowd: 0,
        ...trackId,
        attributes: {
          occluded: shape.occluded,
          rotation: shape.rotation,
          ...trackId,
          ...(track === undefined ? {} : { keyframe }),
          ...Object.fromEntries(shape.attributes.map(({ spec_id, value }) => [names.get(spec_id) ?? spec_id, value])),
        },
        roto: extrasOf(shape, track === undefined ? undefined : keyframe),
      };
      yield `${id === 1 ? '' : ','}\n${JSON.stringify(annotation)}`;
    }
  yield '\n]\n}\n';
}

export function imageOf(task: TaskInfo, frame: number) {
  const { width, height } = framesAt(task, frame);
  return {
    id: frame + 1,
    width,
    height,
    file_name: frameFile(task, frame),
    license: 0,
    flickr_url: '',
    coco_url: '',
    date_captured: 0,
    frame_index: sourceFrame(task, frame),
  };
}

/** `segmentation`, `area` in square pixels, `bbox` as left, top, width, height. Undefined for what COCO does not hold. */
function placeOf(shape: LabeledShape, { width, height }: TaskInfo) {
  if (shape.type === 'rectangle') {
    const [x0, y0, x1, y1] = shape.points as [number, number, number, number];
    return { segmentation: [], area: Math.abs((x1 - x0) * (y1 - y0)), bbox: boxToXywh({ x0, y0, x1, y1 }) };
  }
  if (shape.type === 'polygon') {
    const ring = outlineOf(shape)!;
    return { segmentation: [shape.points], area: Math.abs(ringArea(ring)), bbox: boxToXywh(ringBox(ring)) };
  }
  const rle = runsOf(shape, width, height);
  if (!rle) return undefined;
  const bounds = rleBounds(rle) ?? { x0: 0, y0: 0, x1: 0, y1: 0 };
  return { segmentation: compressRle(rle), area: rleArea(rle), bbox: boxToXywh(bounds) };
}

function runsOf(shape: LabeledShape, width: number, height: number): Rle | undefined {
  if (shape.type === 'mask') return rleOfCvatPoints(shape.points, width, height);
  const mask = maskOf(shape, width, height);
  return mask && encodeRle(mask);
}

/** A label's attribute may have the name of one of CVAT's: here the two are apart. */
function extrasOf(shape: LabeledShape, keyframe: boolean | undefined) {
  const { occluded, rotation, z_order, group, source, score, presence, predicted_iou } = shape;
  return { occluded, rotation, keyframe, z_order, group, source, score, presence, predicted_iou };
}
