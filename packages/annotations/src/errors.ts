/**
 * Codes of every error that this package throws; the messages name the place and the remedy.
 *   results-header  a results file whose first line is missing or not ours, or of a newer version
 *   results-line    a line that is damaged or breaks the form, and is not merely the torn last one; or a value that no line can hold
 *   object-id       an object id that a format cannot hold
 *   frame-size      a mask that is not of the source's size
 *   label           a label without an id
 *   file            a file of annotations that breaks its format, or that only an attack would contain
 *   unknown-label   a label or attribute in a file that the task does not have
 *   frame           a frame in a file that the task does not have
 *   nothing-found   files in which the reader of a format found no annotations at all
 *   problems        annotations in a file that are not sound for the task; each is named
 */
export type AnnotationErrorCode =
  | 'results-header'
  | 'results-line'
  | 'object-id'
  | 'frame-size'
  | 'label'
  | 'file'
  | 'unknown-label'
  | 'frame'
  | 'nothing-found'
  | 'problems';

export class AnnotationError extends Error {
  readonly code: AnnotationErrorCode;
  constructor(code: AnnotationErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AnnotationError';
    this.code = code;
  }
}
