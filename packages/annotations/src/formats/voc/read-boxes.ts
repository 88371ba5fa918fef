import { AnnotationError } from '../../errors.ts';
import type { Label } from '../../labeled/labels.ts';
import type { ImportContext, ImportedAnnotations, ImportedFile } from '../format.ts';
import { PLACE, type Place } from '../place.ts';
import { Reading } from '../reading.ts';
import { childOf, numberOf, textOf } from '../xml/children.ts';
import { readXml, type XmlElement } from '../xml/read.ts';

const SIDES = ['xmin', 'ymin', 'xmax', 'ymax'];

/** PASCAL VOC 1.1: the `<bndbox>` of each `<object>` in every .xml, on the frame that `<filename>` names. */
export async function importVoc(files: readonly ImportedFile[], context: ImportContext): Promise<ImportedAnnotations> {
  const reading = new Reading(context);
  for (const file of files) {
    if (!/\.xml$/i.test(file.path)) continue;
    const elements: XmlElement[] = [];
    for await (const element of readXml(file)) elements.push(element);
    const objects = elements.filter(({ name }) => name === 'object');
    if (objects.length === 0) continue;
    const frame = frameOf(elements, file.path, reading);
    for (const object of objects) readObject(object, frame, reading, () => `${file.path}, line ${object.line}`);
  }
  return reading.finish();
}

/** By `<filename>`, or, where that is another's, by the name of the .xml itself. */
function frameOf(elements: readonly XmlElement[], path: string, { frames, task }: Reading): number {
  const size = elements.find(({ name }) => name === 'size');
  const [width, height] = size ? [numberOf(size, 'width'), numberOf(size, 'height')] : [];
  // Tools that do not know the size write 0.
  if ((width || task.width) !== task.width || (height || task.height) !== task.height)
    throw new AnnotationError(
      'file',
      `${path}: the picture is ${width} × ${height}, but the frames of the task are ${task.width} × ${task.height}.`,
    );
  const name = elements.find((element) => element.name === 'filename')?.text.trim() ?? '';
  const own = path.replace(/^.*\bAnnotations\//, '').replace(/\.xml$/i, '');
  return name !== '' && (frames.has(name) || !frames.has(own)) ? frames.find(name, path) : frames.find(own, path);
}

function readObject(object: XmlElement, frame: number, reading: Reading, place: Place): void {
  const box = childOf(object, 'bndbox');
  if (!box) {
    reading.report.passOver('an object without <bndbox> was passed over', place());
    return;
  }
  const points = SIDES.map((side) => {
    const value = numberOf(box, side);
    if (value === undefined) throw new AnnotationError('file', `${place()}: <${side}> is no number.`);
    return value;
  }) as [number, number, number, number];
  if (points[2] < points[0] || points[3] < points[1])
    throw new AnnotationError('file', `${place()}: the box ends before it begins (${points.join(', ')}).`);
  const name = textOf(object, 'name');
  if (name === '') throw new AnnotationError('file', `${place()}: the object has no <name>.`);
  const label = reading.book.label(name, place());
  const { values, rotation } = attributesOf(object, label, reading, place);
  const shape = {
    type: 'rectangle' as const,
    frame,
    label_id: label.id,
    source: 'file',
    points,
    occluded: textOf(object, 'occluded') === '1',
    rotation,
    attributes: reading.book.attributes(label, values, place()),
    [PLACE]: place,
  };
  reading.sightings.push({ object: null, label, isKeyframe: true, shape });
}

function attributesOf(object: XmlElement, label: Label, { book, report }: Reading, place: Place) {
  const given = (childOf(object, 'attributes')?.children ?? []).map((attribute) => ({
    name: textOf(attribute, 'name'),
    value: childOf(attribute, 'value')?.text ?? '',
  }));
  const isOwn = (name: string): boolean => label.attributes.some((attribute) => attribute.name === name);
  const values = given.filter(({ name }) => isOwn(name) || (book.takesAttributes(label) && !BUILT_IN.has(name)));
  for (const { name } of given)
    if (!BUILT_IN.has(name) && !values.some((value) => value.name === name))
      report.passOver(`the attribute "${name}" was passed over, which "${label.name}" does not have`, place());
  const turn = Number(given.find(({ name }) => name === 'rotation' && !isOwn(name))?.value ?? 0);
  return { values, rotation: Number.isFinite(turn) ? ((turn % 360) + 360) % 360 : 0 };
}

const BUILT_IN = new Set(['rotation', 'keyframe', 'track_id', 'occluded', 'pose', 'truncated', 'difficult']);
