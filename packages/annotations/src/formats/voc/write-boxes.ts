import type { LabeledData, LabeledShape } from '../../labeled/labeled-data.ts';
import { type Names, namesOf } from '../cvat/write-shape.ts';
import { AREA_TYPES, shapeBox } from '../draw.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { safePath } from '../path.ts';
import { frameFile, frameStem } from '../task.ts';
import { textElement } from '../xml/write.ts';
import { labelMapText } from './label-map.ts';

/**
 * PASCAL VOC 1.1: `Annotations/<frame>.xml` with the box of each shape, and `labelmap.txt`. As CVAT writes it, a box is
 * that before the rotation, which is an attribute, and numbers count from 0.
 */
export function* exportVoc(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  const { task } = context;
  const names = namesOf(context.labels);
  yield { path: 'labelmap.txt', content: [labelMapText(context.labels)] };
  const stems: string[] = [];
  for (const { frame, shapes } of framesIn(data, context)) {
    const boxed = shapes.filter(({ shape }) => AREA_TYPES.includes(shape.type));
    if (boxed.length === 0) continue;
    const stem = safePath(frameStem(task, frame));
    stems.push(stem);
    const head = [
      '<annotation>',
      textElement('folder', ''),
      textElement('filename', frameFile(task, frame)),
      '<source><database>Unknown</database><annotation>Unknown</annotation><image>Unknown</image></source>',
      `<size>${textElement('width', task.width)}${textElement('height', task.height)}<depth>3</depth></size>`,
      '<segmented>0</segmented>',
    ];
    const objects = boxed.map(({ shape }) => objectOf(shape, names));
    yield { path: `Annotations/${stem}.xml`, content: [`${[...head, ...objects, '</annotation>'].join('\n')}\n`] };
  }
  yield { path: 'ImageSets/Main/default.txt', content: [stems.map((stem) => `${stem}\n`).join('')] };
}

function objectOf(shape: LabeledShape, names: Names): string {
  const isTurned = shape.type === 'rectangle' && shape.rotation !== 0;
  const box = shapeBox(isTurned ? { ...shape, rotation: 0 } : shape);
  const values = shape.attributes.map(({ spec_id, value }) => ({ name: names.attribute(spec_id), value }));
  const all = isTurned ? [...values, { name: 'rotation', value: String(shape.rotation) }] : values;
  return [
    '<object>',
    textElement('name', names.label(shape.label_id)),
    `<truncated>0</truncated><difficult>0</difficult><occluded>${shape.occluded ? 1 : 0}</occluded>`,
    `<bndbox>${textElement('xmin', box.x0)}${textElement('ymin', box.y0)}${textElement('xmax', box.x1)}${textElement('ymax', box.y1)}</bndbox>`,
    ...(all.length === 0
      ? []
      : [
          `<attributes>${all
            .map(
              ({ name, value }) => `<attribute>${textElement('name', name)}${textElement('value', value)}</attribute>`,
            )
            .join('')}</attributes>`,
        ]),
    '</object>',
  ].join('\n');
}
