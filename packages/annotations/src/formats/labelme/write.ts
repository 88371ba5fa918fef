import { joinRingsNarrowly, type Ring, splitBridges } from '@roto/geometry';
import type { LabeledData, LabeledShape } from '../../labeled/labeled-data.ts';
import { maskRings } from '../../labeled/mask-outline.ts';
import { type Names, namesOf } from '../cvat/write-shape.ts';
import { maskOf, outlineOf } from '../draw.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { framesIn } from '../frames-in.ts';
import { safePath } from '../path.ts';
import { frameFile, frameStem, type TaskInfo } from '../task.ts';
import { textElement } from '../xml/write.ts';

/** Least IoU of the polygons that stand for a mask. */
const MASK_IOU = 0.98;

/**
 * LabelMe 3.0: `default/<frame>.xml` with a polygon for each shape, for a mask one for each of its parts, which belong
 * together by `<parts>`. A rectangle that is not turned is marked `bounding_box`, as CVAT writes it.
 */
export function* exportLabelMe(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  const { task } = context;
  const names = namesOf(context.labels);
  for (const { frame, shapes } of framesIn(data, context)) {
    let next = 0;
    const objects = shapes.flatMap(({ shape }) => {
      const rings = ringsOf(shape, task);
      const first = next;
      next += rings.length;
      return rings.map((ring, i) => objectOf(shape, ring, first, i, rings.length, names));
    });
    if (objects.length === 0) continue;
    const head = [
      '<annotation>',
      textElement('filename', frameFile(task, frame)),
      '<folder>default</folder>',
      '<source><sourceImage></sourceImage><sourceAnnotation></sourceAnnotation></source>',
      `<imagesize>${textElement('nrows', task.height)}${textElement('ncols', task.width)}</imagesize>`,
    ];
    yield {
      path: `default/${safePath(frameStem(task, frame))}.xml`,
      content: [`${[...head, ...objects, '</annotation>'].join('\n')}\n`],
    };
  }
}

function ringsOf(shape: LabeledShape, { width, height }: TaskInfo): Ring[] {
  if (shape.type === 'mask') return maskRings(maskOf(shape, width, height)!, MASK_IOU);
  const outline = outlineOf(shape);
  if (!outline) return [];
  return shape.type === 'polygon' ? splitBridges(outline).map((part) => joinRingsNarrowly([part])) : [outline];
}

function objectOf(shape: LabeledShape, ring: Ring, first: number, i: number, count: number, names: Names): string {
  const others = Array.from({ length: count - 1 }, (_, k) => first + k + 1);
  const points = ring.map(([x, y]) => `<pt>${textElement('x', x)}${textElement('y', y)}</pt>`);
  const isBox = shape.type === 'rectangle' && shape.rotation === 0;
  return [
    '<object>',
    textElement('name', names.label(shape.label_id)),
    `<deleted>0</deleted><verified>0</verified><occluded>${shape.occluded ? 'yes' : 'no'}</occluded><date></date>`,
    textElement('id', first + i),
    `<parts>${textElement('hasparts', i === 0 ? others.join(',') : '')}${textElement('ispartof', i === 0 ? '' : first)}</parts>`,
    ...(isBox ? ['<type>bounding_box</type>'] : []),
    `<polygon>${points.join('')}<username></username></polygon>`,
    '<attributes></attributes>',
    '</object>',
  ].join('\n');
}
