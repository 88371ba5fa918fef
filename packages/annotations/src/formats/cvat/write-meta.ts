import type { Label } from '../../labeled/labels.ts';
import type { ExportContext } from '../format.ts';
import { type Person, rangeOf, sourceFrame } from '../task.ts';
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
    textElement('overlap', task.overlap ?? 0),
    textElement('bugtracker', ''),
    textElement('created', dateText(task.createdDate)),
    textElement('updated', dateText(task.updatedDate)),
    textElement('subset', task.subset || 'default'),
    textElement('start_frame', sourceFrame(task, start)),
    textElement('stop_frame', sourceFrame(task, stop)),
    textElement('frame_filter', task.step === 1 ? '' : `step=${task.step}`),
    '<labels>',
  );
  for (const label of labels) {
    yield writeLabel(label);
    for (const part of label.sublabels) yield writeLabel(part, label.name);
  }
  yield '</labels>\n<segments>\n';
  for (const { id, start: first, stop: last, url } of task.segments ?? [])
    yield lines(
      '<segment>',
      textElement('id', id),
      textElement('start', first),
      textElement('stop', last),
      textElement('url', url),
      '</segment>',
    );
  yield '</segments>\n';
  yield person('owner', task.owner);
  yield person('assignee', task.assignee);
  if (task.kind === 'video')
    yield lines(
      '<original_size>',
      textElement('width', task.width),
      textElement('height', task.height),
      '</original_size>',
      textElement('source', task.names[0] ?? task.name),
    );
  yield `</${owner}>\n${textElement('dumped', dateText(task.dumpedDate))}\n</meta>\n`;
}

function person(role: string, who: Person | undefined): string {
  if (!who) return `${openTag(role, {}, true)}\n`;
  return lines(openTag(role), textElement('username', who.username), textElement('email', who.email), `</${role}>`);
}

/** ISO 8601 as Python prints a time, which is how CVAT's files have it. */
function dateText(iso: string | undefined): string {
  return iso === undefined ? '' : iso.replace('T', ' ').replace(/Z$/, '+00:00');
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
