import type { LabeledData, LabeledShape } from '../../labeled/labeled-data.ts';
import type { Label } from '../../labeled/labels.ts';
import { inChunks } from '../bytes.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { skeletonEdges } from '../skeleton-edges.ts';
import { deletedOf, rangeOf } from '../task.ts';
import { imageOf } from './write.ts';

/**
 * COCO Keypoints 1.0: `annotations/person_keypoints_default.json`: skeletons as [x, y, v, …] in the order of the category's
 * `keypoints`; v is 0 where a point is not there, 1 where it is hidden, 2 where it is seen. Other shapes are left out.
 */
export function* exportCocoKeypoints(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  yield { path: 'annotations/person_keypoints_default.json', content: inChunks(writeJson(data, context)) };
}

function* writeJson(data: LabeledData, context: ExportContext): Generator<string> {
  const { labels, task } = context;
  const { start, stop } = rangeOf(task);
  const deleted = deletedOf(task);
  const skeletons = labels.filter(({ type }) => type === 'skeleton');
  const names = new Map(labels.flatMap(({ attributes }) => attributes).map(({ id, name }) => [id, name]));
  yield `{\n"licenses": [{"name": "", "id": 0, "url": ""}],\n"info": ${JSON.stringify({ description: task.name, date_created: task.createdDate ?? '' })},\n"categories": `;
  yield JSON.stringify(
    skeletons.map((label, place) => ({
      id: place + 1,
      name: label.name,
      supercategory: '',
      keypoints: label.sublabels.map(({ name }) => name),
      skeleton: skeletonEdges(label).map(([a, b]) => [a + 1, b + 1]),
    })),
  );
  yield ',\n"images": [';
  let comma = '';
  for (let frame = start; frame <= stop; frame++) {
    if (deleted.has(frame)) continue;
    yield `${comma}\n${JSON.stringify(imageOf(task, frame))}`;
    comma = ',';
  }
  yield '\n],\n"annotations": [';
  let id = 0;
  for (const { frame, shapes } of framesIn(data, context))
    for (const { shape } of shapes) {
      const place = skeletons.findIndex((label) => label.id === shape.label_id);
      if (shape.type !== 'skeleton' || place < 0) continue;
      const annotation = {
        id: ++id,
        image_id: frame + 1,
        category_id: place + 1,
        ...keypointsOf(shape, skeletons[place]!),
        iscrowd: 0,
        attributes: {
          occluded: shape.occluded,
          ...Object.fromEntries(shape.attributes.map(({ spec_id, value }) => [names.get(spec_id) ?? spec_id, value])),
        },
        roto: { group: shape.group, source: shape.source, z_order: shape.z_order, score: shape.score },
      };
      yield `${id === 1 ? '' : ','}\n${JSON.stringify(annotation)}`;
    }
  yield '\n]\n}\n';
}

function keypointsOf(shape: LabeledShape, label: Label) {
  const points = label.sublabels.map(({ id }) => shape.elements.find((element) => element.label_id === id));
  const keypoints = points.flatMap((element): number[] => {
    if (!element) return [0, 0, 0];
    const [x = 0, y = 0] = element.points;
    return [x, y, element.outside ? 0 : element.occluded ? 1 : 2];
  });
  const seen = points.filter((element) => element && !element.outside).map((element) => element!.points);
  const xs = seen.map(([x]) => x!);
  const ys = seen.map(([, y]) => y!);
  const [left, top] = seen.length > 0 ? [Math.min(...xs), Math.min(...ys)] : [0, 0];
  const [width, height] = seen.length > 0 ? [Math.max(...xs) - left, Math.max(...ys) - top] : [0, 0];
  return { keypoints, num_keypoints: seen.length, bbox: [left, top, width, height], area: width * height };
}
