import type { Label } from '../../labeled/labels.ts';
import type { ExportContext } from '../format.ts';
import { rangeOf, sourceFrame } from '../task.ts';
import { openTag, textElement } from '../xml/write.ts';

/** The head of both CVAT formats, up to and with `</meta>`: what the task is, its labels, the size of its frames. */
export function* writeHead({ labels, task }: ExportContext): Generator<string> {
  yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n<meta>\n';
  const owner = task.job ? 'job' : 'task';
  const { start, stop } = rangeOf(task);
  yield `${openTag(owner)}\n`;
  yield lines(
    textElement('id', (task.job ?? task).id ?? ''),
    ...(task.job ? [] : [textElement('name', task.name)]),
    textElement('size', stop - start + 1),
    textElement('mode', task.kind === 'video' ? 'interpolation' : 'annotation'),
    textElement('overlap', 0),
    textElement('bugtracker', ''),
    textElement('created', task.createdDate ?? ''),
    textElement('updated', task.updatedDate ?? ''),
    textElement('subset', ''),
    textElement('start_frame', sourceFrame(task, start)),
    textElement('stop_frame', sourceFrame(task, stop)),
    textElement('frame_filter', task.step === 1 ? '' : `step=${task.step}`),
    '<labels>',
  );
  for (const label of labels) {
    yield writeLabel(label);
    for (const part of label.sublabels) yield writeLabel(part, label.name);
  }
  yield lines(
    '</labels>',
    '<original_size>',
    textElement('width', task.width),
    textElement('height', task.height),
    '</original_size>',
  );
  if (task.kind === 'video') yield `${textElement('source', task.names[0] ?? task.name)}\n`;
  yield `</${owner}>\n</meta>\n`;
}

/** Points of a skeleton stand among the labels, each with the name of its skeleton as `parent`. */
function writeLabel(label: Label, parent?: string): string {
  return lines(
    '<label>',
    textElement('name', label.name),
    textElement('color', label.color),
    textElement('type', label.type),
    '<attributes>',
    ...label.attributes.map((attribute) =>
      lines(
        '<attribute>',
        textElement('name', attribute.name),
        textElement('mutable', attribute.mutable ? 'True' : 'False'),
        textElement('input_type', attribute.input_type),
        textElement('default_value', attribute.default_value),
        textElement('values', attribute.values.join('\n')),
        '</attribute>',
      ).trimEnd(),
    ),
    '</attributes>',
    ...(label.svg === undefined ? [] : [textElement('svg', label.svg)]),
    ...(parent === undefined ? [] : [textElement('parent', parent)]),
    '</label>',
  );
}

function lines(...texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}
