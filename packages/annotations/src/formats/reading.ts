import type { TagDraft } from '../labeled/normalise.ts';
import { assemble, type Sighting } from './assemble.ts';
import { finishImport } from './finish.ts';
import type { ImportContext, ImportedAnnotations } from './format.ts';
import { FrameNames } from './frame-names.ts';
import { LabelBook } from './label-book.ts';
import type { Placed } from './place.ts';
import { Report } from './report.ts';
import type { TaskInfo } from './task.ts';

/** What a reader of sightings works with: the labels, the frames, and what it has found and passed over. */
export class Reading {
  readonly task: TaskInfo;
  readonly context: ImportContext;
  readonly book: LabelBook;
  readonly frames: FrameNames;
  readonly report = new Report();
  readonly sightings: Sighting[] = [];
  readonly tags: (TagDraft & Placed)[] = [];

  constructor(context: ImportContext) {
    this.context = context;
    this.task = context.task;
    this.book = bookOf(context);
    this.frames = new FrameNames(context.task);
  }

  finish(): ImportedAnnotations {
    const { shapes, tracks, notes } = assemble(this.sightings, this.task);
    return finishImport({ tags: this.tags, shapes, tracks }, this.book, this.task, [...this.report.notes(), ...notes]);
  }
}

export function bookOf({ labels, labelMap, createLabels }: ImportContext): LabelBook {
  return new LabelBook(labels, {
    ...(labelMap && { map: labelMap }),
    ...(createLabels && { create: true }),
  });
}
