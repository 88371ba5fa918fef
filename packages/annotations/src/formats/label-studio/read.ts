import { maskToCvatPoints } from '@roto/geometry';
import type { ShapeDraft } from '../../labeled/normalise.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { readJson } from '../json/read.ts';
import { asNumber, bad, type Item, isItem, items, numbers, show } from '../json/values.ts';
import { PLACE, type Place } from '../place.ts';
import { Reading } from '../reading.ts';
import { decodeBrush } from './brush.ts';
import { turn } from './write.ts';

/** Keys of a task's data under which projects have their picture. */
const PICTURE = ['image', 'img', 'image_url', 'url', 'picture', 'frame'];

/**
 * Label Studio 1.0: tasks of pictures with regions of rectangles, ellipses, polygons, brushes and key points. Of several
 * annotations of a picture the first that was not cancelled is taken; predictions are passed over with a note. The prefix that
 * Label Studio puts before the names of uploaded files is taken off.
 */
export async function importLabelStudio(
  files: readonly ImportedFile[],
  context: ImportContext,
): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  for (const file of files) {
    if (!/\.json$/i.test(file.path)) continue;
    const value = await readJson(file);
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (!list.every((task) => isItem(task) && isItem(task.data))) {
      reading.report.passOver('is no list of tasks with "data" and "annotations", as Label Studio has', file.path);
      continue;
    }
    for (const [task, place] of items(list, file.path)) readTask(task, place, reading);
  }
  return reading.finish();
}

function readTask(task: Item, place: Place, reading: Reading): void {
  const { report } = reading;
  const given = [...items(task.annotations ?? task.completions ?? [], `${place()}.annotations`)];
  const [first, ...others] = given.filter(([annotation]) => annotation.was_cancelled !== true);
  if (Array.isArray(task.predictions) && task.predictions.length > 0)
    report.passOver('predictions were passed over', place());
  if (others.length > 0) report.passOver('further annotations of the picture were passed over', place());
  if (!first) return;
  const regions = [...items(first[0].result ?? [], `${first[1]()}.result`)];
  if (regions.length === 0) return;
  const frame = frameOf(task.data as Item, place, reading);
  for (const [region, where] of regions) readRegion(region, frame, where, reading);
}

function frameOf(data: Item, place: Place, { frames }: Reading): number {
  const key =
    PICTURE.find((name) => typeof data[name] === 'string') ??
    Object.keys(data).find((name) => typeof data[name] === 'string');
  const address = key === undefined ? undefined : (data[key] as string);
  if (address === undefined) throw bad(place(), 'data names no picture');
  const local = /[?&]d=([^&]+)/.exec(address)?.[1];
  const path = decoded(local ?? address.replace(/^[a-z]+:\/\/[^/]*\//i, '').replace(/[?#].*$/, ''));
  const name = /(^|\/)upload\//.test(path) ? path.replace(/^.*\/[0-9a-f]{8}-(?=[^/]+$)/i, '') : path;
  return frames.find(name, place(), typeof data.frame === 'number' ? data.frame : undefined);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readRegion(region: Item, frame: number, place: Place, reading: Reading): void {
  const { task, book, report, sightings } = reading;
  if (!isItem(region.value)) throw bad(place(), `value is ${show(region.value)}, but it must be an object`);
  const { value } = region;
  const control = String(region.type);
  if (control === 'choices') {
    report.passOver('choices were passed over', place());
    return;
  }
  const { original_width: width = task.width, original_height: height = task.height } = region;
  if (width !== task.width || height !== task.height)
    throw bad(
      place(),
      `is of a picture of ${show(width)} × ${show(height)}, but the frames of the task are ${task.width} × ${task.height}`,
    );
  if ((region.image_rotation ?? 0) !== 0)
    throw bad(place(), `the picture is turned by ${show(region.image_rotation)}°, which is not read`);
  const [name, ...more]: unknown[] = Array.isArray(value[control])
    ? (value[control] as unknown[])
    : Array.isArray(value.labels)
      ? (value.labels as unknown[])
      : [];
  const found = placeOf(control, value, reading, place);
  if (!found) {
    report.passOver(`regions of type ${show(region.type)} are not read`, place());
    return;
  }
  if (typeof name !== 'string') throw bad(place(), 'has no label');
  if (more.length > 0) report.passOver('has several labels, of which the first was taken', place());
  const label = book.label(name, place());
  const roto = isItem(region.roto) ? region.roto : {};
  const score =
    typeof region.score === 'number' && region.score >= 0 && region.score <= 1 ? { score: region.score } : {};
  sightings.push({
    object: typeof roto.track === 'number' ? String(roto.track) : null,
    label,
    isKeyframe: roto.keyframe !== false,
    shape: {
      ...found,
      ...score,
      frame,
      label_id: label.id,
      source: typeof roto.source === 'string' ? roto.source : 'file',
      attributes: [],
      [PLACE]: place,
    },
  });
}

function placeOf(
  control: string,
  value: Item,
  { task }: Reading,
  place: Place,
): (Pick<ShapeDraft, 'type' | 'rotation'> & { points: number[] }) | undefined {
  const number = (key: string): number => asNumber(value[key], Number.NaN, `${place()}: ${key}`);
  const x = (share: number): number => tidy((share / 100) * task.width);
  const y = (share: number): number => tidy((share / 100) * task.height);
  const rotation = ((asNumber(value.rotation, 0, place()) % 360) + 360) % 360;
  switch (control) {
    case 'rectanglelabels':
    case 'rectangle': {
      const [w, h] = [x(number('width')), y(number('height'))];
      const [left, top] = [x(number('x')), y(number('y'))];
      const [cos, sin] = turn(rotation);
      const [cx, cy] = [left + (w / 2) * cos - (h / 2) * sin, top + (w / 2) * sin + (h / 2) * cos];
      return { type: 'rectangle', rotation, points: [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2].map(tidy) };
    }
    case 'ellipselabels':
    case 'ellipse': {
      const [cx, cy] = [x(number('x')), y(number('y'))];
      return {
        type: 'ellipse',
        rotation,
        points: [cx, cy, tidy(cx + x(number('radiusX'))), tidy(cy - y(number('radiusY')))],
      };
    }
    case 'polygonlabels':
    case 'polygon': {
      const list: unknown[] = Array.isArray(value.points) ? value.points : [];
      return {
        type: 'polygon',
        points: list.flatMap((point) => {
          const [px, py] = numbers(point, `${place()}: points`, 2) as [number, number];
          return [x(px), y(py)];
        }),
      };
    }
    case 'keypointlabels':
    case 'keypoint':
      return { type: 'points', points: [x(number('x')), y(number('y'))] };
    case 'brushlabels':
    case 'brush': {
      if (value.format !== 'rle') return undefined;
      const { width, height } = task;
      const data = decodeBrush(numbers(value.rle, `${place()}: rle`), width * height);
      if (!data) throw bad(`${place()}: rle`, `is no mask of ${width} × ${height} pixels`);
      return { type: 'mask', points: maskToCvatPoints({ width, height, data }) };
    }
    default:
      return undefined;
  }
}

function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
