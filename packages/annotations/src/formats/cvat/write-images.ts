import { framesOf } from '../../labeled/flatten.ts';
import { framesAt, type LabeledData } from '../../labeled/labeled-data.ts';
import { inChunks } from '../bytes.ts';
import type { ExportContext, ExportedFile } from '../format.ts';
import { deletedOf, frameName, rangeOf, sourceFrame, type TaskInfo } from '../task.ts';
import { openTag, type XmlAttributes } from '../xml/write.ts';
import { writeHead } from './write-meta.ts';
import { type Names, namesOf, writeAttributes, writeImageShape } from './write-shape.ts';

/** CVAT for images 1.1: an `<image>` for every frame, with the shapes and tags on it. Tracks become plain shapes. */
export function* exportCvatImages(data: LabeledData, context: ExportContext): Generator<ExportedFile> {
  yield { path: 'annotations.xml', content: inChunks(writeImages(data, context)) };
}

function* writeImages(data: LabeledData, context: ExportContext): Generator<string> {
  const { task } = context;
  const names = namesOf(context.labels);
  yield* writeHead(context);
  for (const { frame, tags, shapes } of framesOf(data, rangeOf(task), deletedOf(task))) {
    const attributes = imageAttributes(task, frame);
    if (tags.length + shapes.length === 0) {
      yield `${openTag('image', attributes, true)}\n`;
      continue;
    }
    yield `${openTag('image', attributes)}\n`;
    for (const { shape, keyframe } of shapes) yield writeImageShape(shape, keyframe, names);
    yield* writeTags(tags, names);
    yield '</image>\n';
  }
  yield '</annotations>\n';
}

export function imageAttributes(task: TaskInfo, frame: number): XmlAttributes {
  const { width, height } = framesAt(task, frame);
  return { id: sourceFrame(task, frame), name: frameName(task, frame), width, height };
}

export function* writeTags(tags: LabeledData['tags'], names: Names): Generator<string> {
  for (const { label_id, source, group, attributes } of tags) {
    const tag = { label: names.label(label_id), source, group_id: group || undefined };
    yield `${openTag('tag', tag)}\n${writeAttributes(attributes, names)}</tag>\n`;
  }
}
