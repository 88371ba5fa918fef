import { boxToXywh, compressRle } from '@roto/geometry';
import type { LabeledData, LabeledShape } from '../../labeled/labeled-data.ts';
import type { Label } from '../../labeled/labels.ts';
import { inChunks } from '../bytes.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { rleOfCvatPoints } from '../mask-runs.ts';
import { skeletonEdges } from '../skeleton-edges.ts';
import { frameFile, frameStem, sourceFrame, type TaskInfo } from '../task.ts';

/**
 * Datumaro 1.0: `annotations/default.json` with an item for each frame. Labels go by their place from 0, the points of
 * skeletons after all others. Cuboids are left out. What Datumaro has no key for stands among the attributes, as CVAT
 * writes it: occluded, rotation, track_id, keyframe.
 */
export function* exportDatumaro(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  yield { path: 'annotations/default.json', content: inChunks(writeJson(data, context)) };
}

function* writeJson(data: LabeledData, context: ExportContext): Generator<string> {
  const { labels, task } = context;
  const all = [
    ...labels.map((label) => ({ label, parent: '' })),
    ...labels.flatMap((whole) => whole.sublabels.map((label) => ({ label, parent: whole.name }))),
  ];
  const places = new Map(all.map(({ label }, place) => [label.id, place]));
  const names = new Map(all.flatMap(({ label }) => label.attributes).map(({ id, name }) => [id, name]));
  const categories = {
    label: {
      labels: all.map(({ label, parent }) => ({
        name: label.name,
        parent,
        attributes: label.attributes.map(({ name }) => name),
      })),
      attributes: ['occluded'],
    },
    points: {
      items: labels.flatMap((label, place) =>
        label.type === 'skeleton'
          ? [{ label_id: place, labels: label.sublabels.map(({ name }) => name), joints: skeletonEdges(label) }]
          : [],
      ),
    },
  };
  yield `{\n"info": {},\n"categories": ${JSON.stringify(categories)},\n"items": [`;
  const attributesOf = (values: LabeledShape['attributes']) =>
    Object.fromEntries(values.map(({ spec_id, value }) => [names.get(spec_id) ?? spec_id, value]));
  let comma = '';
  for (const { frame, tags, shapes } of framesIn(data, context)) {
    const annotations: object[] = tags.map((tag) => ({
      id: 0,
      type: 'label',
      attributes: attributesOf(tag.attributes),
      group: tag.group,
      label_id: places.get(tag.label_id),
    }));
    for (const { shape, track, keyframe } of shapes) {
      const place = placeOf(shape, task, places);
      if (!place) continue;
      annotations.push({
        id: 0,
        ...place,
        attributes: {
          ...attributesOf(shape.attributes),
          occluded: shape.occluded,
          ...(shape.rotation === 0 ? {} : { rotation: shape.rotation }),
          ...(track === undefined ? {} : { track_id: track + 1, keyframe }),
        },
        group: shape.group,
        label_id: places.get(shape.label_id),
        z_order: shape.z_order,
      });
    }
    const item = {
      id: frameStem(task, frame),
      annotations,
      attr: { frame: sourceFrame(task, frame) },
      image: { path: frameFile(task, frame), size: [task.height, task.width] },
    };
    yield `${comma}\n${JSON.stringify(item)}`;
    comma = ',';
  }
  yield '\n]\n}\n';
}

function placeOf(shape: LabeledShape, { width, height }: TaskInfo, places: ReadonlyMap<Label['id'], number>) {
  const { points } = shape;
  switch (shape.type) {
    case 'rectangle': {
      const [x0, y0, x1, y1] = points as [number, number, number, number];
      return { type: 'bbox', bbox: boxToXywh({ x0, y0, x1, y1 }) };
    }
    case 'ellipse': {
      const [cx, cy, right, top] = points as [number, number, number, number];
      const [rx, ry] = [Math.abs(right - cx), Math.abs(cy - top)];
      return { type: 'ellipse', points: [cx - rx, cy - ry, cx + rx, cy + ry] };
    }
    case 'polygon':
    case 'polyline':
      return { type: shape.type, points };
    case 'points':
      return { type: 'points', points, visibility: Array.from({ length: points.length / 2 }, () => 2) };
    case 'mask':
      return { type: 'mask', rle: compressRle(rleOfCvatPoints(points, width, height)) };
    case 'skeleton':
      return {
        type: 'skeleton',
        elements: shape.elements.map((element) => ({
          id: 0,
          type: 'points',
          points: element.points,
          visibility: [element.outside ? 0 : element.occluded ? 1 : 2],
          attributes: {},
          group: 0,
          label_id: places.get(element.label_id),
          z_order: 0,
        })),
      };
    default:
      return undefined;
  }
}
