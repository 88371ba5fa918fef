import { type AnnotatedFrame, framesOf } from '../labeled/flatten.ts';
import type { LabeledData } from '../labeled/labeled-data.ts';
import type { ExportContext } from './format.ts';
import { deletedOf, rangeOf } from './task.ts';

/** The frames that a writer goes over: those of the data, or those that the context gives in their stead. */
export function framesIn(data: LabeledData, context: ExportContext): Iterable<AnnotatedFrame> {
  return context.frames?.() ?? framesOf(data, rangeOf(context.task), deletedOf(context.task));
}
