import type { ShapeDraft } from '../../labeled/normalise.ts';
import type { ImportedFile } from '../format.ts';
import { readJson } from '../json/read.ts';
import { bad, type Item, isItem, items, numbers, show } from '../json/values.ts';
import { PLACE, type Place } from '../place.ts';
import type { Reading } from '../reading.ts';

/** A file of the desktop tool: one picture and its "shapes". `lastGroup`: the last group that was given; returns the same. */
export async function readLabelMeJson(file: ImportedFile, reading: Reading, lastGroup: number): Promise<number> {
  const value = await readJson(file);
  if (!isItem(value) || !Array.isArray(value.shapes)) {
    reading.report.passOver('has no list "shapes", as LabelMe has', file.path);
    return lastGroup;
  }
  if (value.shapes.length === 0) return lastGroup;
  const { frames, task } = reading;
  const { imageWidth: width, imageHeight: height, imagePath } = value;
  if ((width ?? task.width) !== task.width || (height ?? task.height) !== task.height)
    throw bad(
      file.path,
      `the picture is ${show(width)} × ${show(height)}, but the frames of the task are ${task.width} × ${task.height}`,
    );
  const own = file.path.replace(/\.json$/i, '');
  const name = typeof imagePath === 'string' && (frames.has(imagePath) || !frames.has(own)) ? imagePath : own;
  const frame = frames.find(name, file.path);
  const groups = new Map<unknown, number>();
  let group = lastGroup;
  for (const [shape, place] of items(value.shapes, `${file.path}: shapes`)) {
    const found = placeOf(shape, place);
    if (!found) {
      reading.report.passOver(`shapes of type ${show(shape.shape_type)} are not read`, place());
      continue;
    }
    if (typeof shape.label !== 'string') throw bad(place(), 'has no label');
    const label = reading.book.label(shape.label, place());
    const { group_id: groupId } = shape;
    if (groupId !== undefined && groupId !== null && !groups.has(groupId)) groups.set(groupId, ++group);
    const common = { frame, label_id: label.id, group: groups.get(groupId) ?? 0, source: 'file', attributes: [] };
    reading.sightings.push({ object: null, label, isKeyframe: true, shape: { ...common, ...found, [PLACE]: place } });
  }
  return group;
}

function placeOf(shape: Item, place: Place): (Pick<ShapeDraft, 'type'> & { points: number[] }) | undefined {
  const list: unknown[] = Array.isArray(shape.points) ? shape.points : [];
  const points = list.flatMap((point) => numbers(point, `${place()}: points`, 2));
  switch (shape.shape_type ?? 'polygon') {
    case 'polygon':
      return { type: 'polygon', points };
    case 'rectangle': {
      const [x0, y0, x1, y1] = numbers(points, `${place()}: points`, 4) as [number, number, number, number];
      return { type: 'rectangle', points: [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)] };
    }
    case 'circle': {
      const [cx, cy, x, y] = numbers(points, `${place()}: points`, 4) as [number, number, number, number];
      const radius = Math.hypot(x - cx, y - cy);
      return { type: 'ellipse', points: [cx, cy, cx + radius, cy - radius] };
    }
    case 'line':
    case 'linestrip':
      return { type: 'polyline', points };
    case 'point':
    case 'points':
      return { type: 'points', points };
    default:
      return undefined;
  }
}
