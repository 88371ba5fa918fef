import { AnnotationError } from '../../errors.ts';
import type { ShapeDraft } from '../../labeled/normalise.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { PLACE, type Place } from '../place.ts';
import { Reading } from '../reading.ts';
import { childOf, numberOf, textOf } from '../xml/children.ts';
import { readXml, type XmlElement } from '../xml/read.ts';
import { readLabelMeJson } from './read-json.ts';

/**
 * LabelMe 3.0: every .xml with `<object>`s, as the web tool and CVAT write them, and every .json as the desktop tool of the
 * same name writes it. Masks in files of their own (`<segm>`) are passed over with a note.
 */
export async function importLabelMe(
  files: readonly ImportedFile[],
  context: ImportContext,
): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  let group = 0;
  for (const file of files) {
    if (/\.json$/i.test(file.path)) group = await readLabelMeJson(file, reading, group);
    if (!/\.xml$/i.test(file.path)) continue;
    const elements: XmlElement[] = [];
    for await (const element of readXml(file)) elements.push(element);
    const objects = elements.filter(({ name, children }) => name === 'object' && children.length > 0);
    if (objects.length === 0) continue;
    const frame = frameOf(elements, file.path, reading);
    const groups = new Map<string, number>();
    for (const object of objects) {
      const parts = childOf(object, 'parts');
      const leader =
        parts && (textOf(parts, 'ispartof') || (textOf(parts, 'hasparts') === '' ? '' : textOf(object, 'id')));
      if (leader && !groups.has(leader)) groups.set(leader, ++group);
      const place = (): string => `${file.path}, line ${object.line}`;
      readObject(object, frame, leader ? groups.get(leader)! : 0, reading, place);
    }
  }
  return reading.finish();
}

function frameOf(elements: readonly XmlElement[], path: string, { frames, task }: Reading): number {
  const size = elements.find(({ name }) => name === 'imagesize');
  const [width, height] = size ? [numberOf(size, 'ncols'), numberOf(size, 'nrows')] : [];
  if ((width || task.width) !== task.width || (height || task.height) !== task.height)
    throw new AnnotationError(
      'file',
      `${path}: the picture is ${width} × ${height}, but the frames of the task are ${task.width} × ${task.height}.`,
    );
  const name = elements.find((element) => element.name === 'filename')?.text.trim() ?? '';
  const own = path.replace(/\.xml$/i, '');
  return name !== '' && (frames.has(name) || !frames.has(own)) ? frames.find(name, path) : frames.find(own, path);
}

function readObject(object: XmlElement, frame: number, group: number, reading: Reading, place: Place): void {
  if (textOf(object, 'deleted') === '1') {
    reading.report.passOver('an object that is marked as deleted was passed over', place());
    return;
  }
  const polygon = childOf(object, 'polygon');
  if (!polygon) {
    reading.report.passOver('an object without a <polygon> was passed over', place());
    return;
  }
  const points = polygon.children
    .filter(({ name }) => name === 'pt')
    .flatMap((point) => [numberOf(point, 'x'), numberOf(point, 'y')]);
  if (points.some((value) => value === undefined))
    throw new AnnotationError('file', `${place()}: a point has no number as <x> or <y>.`);
  const name = textOf(object, 'name');
  if (name === '') throw new AnnotationError('file', `${place()}: the object has no <name>.`);
  const label = reading.book.label(name, place());
  const text = childOf(object, 'attributes')?.text.trim() ?? '';
  if (text !== '') reading.report.passOver('the attributes of the object were passed over', place());
  const where = placeOf(points as number[], textOf(object, 'type'));
  reading.sightings.push({
    object: null,
    label,
    isKeyframe: true,
    shape: {
      ...where,
      frame,
      label_id: label.id,
      group,
      source: 'file',
      occluded: /^(yes|1|true)$/i.test(textOf(object, 'occluded')),
      attributes: [],
      [PLACE]: place,
    },
  });
}

function placeOf(points: number[], type: string): Pick<ShapeDraft, 'type'> & { points: number[] } {
  if (type !== 'bounding_box') return { type: 'polygon', points };
  const xs = points.filter((_, i) => i % 2 === 0);
  const ys = points.filter((_, i) => i % 2 === 1);
  return { type: 'rectangle', points: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] };
}
