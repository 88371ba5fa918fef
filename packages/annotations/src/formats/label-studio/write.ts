import type { LabeledData, LabeledShape } from '../../labeled/labeled-data.ts';
import type { Label } from '../../labeled/labels.ts';
import { inChunks } from '../bytes.ts';
import { maskOf } from '../draw.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { frameFile, sourceFrame, type TaskInfo } from '../task.ts';
import { openTag } from '../xml/write.ts';
import { encodeBrush } from './brush.ts';

/** Of each type: the control of Label Studio that holds it. */
export const CONTROLS = {
  rectangle: 'rectanglelabels',
  ellipse: 'ellipselabels',
  polygon: 'polygonlabels',
  mask: 'brushlabels',
} as const;

/**
 * Label Studio 1.0: `tasks.json`, a task for each frame with shapes, places in percent of the picture, masks as run
 * lengths of the brush; and `config.xml`, the labeling configuration. `data.image` is the file's name: give Label Studio the
 * folder of the pictures as a storage. `roto` of a region has the track.
 */
export function* exportLabelStudio(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  yield { path: 'config.xml', content: [config(context.labels)] };
  yield { path: 'tasks.json', content: inChunks(tasks(data, context)) };
}

function config(labels: readonly Label[]): string {
  const controls = Object.entries({
    Rectangle: 'RectangleLabels',
    Ellipse: 'EllipseLabels',
    Polygon: 'PolygonLabels',
    Brush: 'BrushLabels',
  });
  const lists = controls.map(([, tag]) => {
    const list = labels.map(({ name, color }) => `    ${openTag('Label', { value: name, background: color }, true)}\n`);
    return `  ${openTag(tag, { name: tag.toLowerCase(), toName: 'image' })}\n${list.join('')}  </${tag}>\n`;
  });
  return `<View>\n  <Image name="image" value="$image"/>\n${lists.join('')}</View>\n`;
}

function* tasks(data: LabeledData, context: ExportContext): Generator<string> {
  const { labels, task } = context;
  const names = new Map(labels.map(({ id, name }) => [id, name]));
  yield '[';
  let id = 0;
  for (const { frame, shapes } of framesIn(data, context)) {
    const result = shapes.flatMap(({ shape, track, keyframe }, i) => {
      const region = regionOf(shape, names.get(shape.label_id) ?? String(shape.label_id), task);
      if (!region) return [];
      const roto = { ...(track === undefined ? {} : { track: track + 1, keyframe }), source: shape.source };
      return [{ id: `r${frame}_${i}`, ...region, ...(shape.score === undefined ? {} : { score: shape.score }), roto }];
    });
    if (result.length === 0) continue;
    yield `${id === 0 ? '' : ','}\n${JSON.stringify({
      id: ++id,
      data: { image: frameFile(task, frame), frame: sourceFrame(task, frame) },
      annotations: [{ result }],
    })}`;
  }
  yield '\n]\n';
}

function regionOf(shape: LabeledShape, label: string, { width, height }: TaskInfo) {
  const x = (value: number): number => (value / width) * 100;
  const y = (value: number): number => (value / height) * 100;
  const [a = 0, b = 0, c = 0, d = 0] = shape.points;
  const place = (): object | undefined => {
    switch (shape.type) {
      case 'rectangle':
        return { ...cornerOf(shape, { width, height }), width: x(c - a), height: y(d - b), rotation: shape.rotation };
      case 'ellipse':
        return { x: x(a), y: y(b), radiusX: x(Math.abs(c - a)), radiusY: y(Math.abs(b - d)), rotation: shape.rotation };
      case 'polygon':
        return {
          points: Array.from({ length: shape.points.length / 2 }, (_, i) => [
            x(shape.points[2 * i]!),
            y(shape.points[2 * i + 1]!),
          ]),
          closed: true,
        };
      case 'mask':
        return { format: 'rle', rle: encodeBrush(maskOf(shape, width, height)!.data) };
      default:
        return undefined;
    }
  };
  const found = place();
  if (!found) return undefined;
  const control = CONTROLS[shape.type as keyof typeof CONTROLS];
  return {
    type: control,
    from_name: control,
    to_name: 'image',
    original_width: width,
    original_height: height,
    image_rotation: 0,
    value: { ...found, [control]: [label] },
  };
}

/** Label Studio turns a rectangle about its left upper corner, CVAT about its middle. */
function cornerOf({ points, rotation }: LabeledShape, { width, height }: { width: number; height: number }) {
  const [x0, y0, x1, y1] = points as [number, number, number, number];
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const [cos, sin] = turn(rotation);
  const [dx, dy] = [x0 - cx, y0 - cy];
  return { x: ((cx + dx * cos - dy * sin) / width) * 100, y: ((cy + dx * sin + dy * cos) / height) * 100 };
}

/** Cosine and sine of degrees. */
export function turn(degrees: number): [number, number] {
  const angle = (degrees * Math.PI) / 180;
  return degrees === 0 ? [1, 0] : [Math.cos(angle), Math.sin(angle)];
}
