import type { AnnotatedFrame } from '../labeled/flatten.ts';
import type { LabeledData, ShapeType } from '../labeled/labeled-data.ts';
import type { Label } from '../labeled/labels.ts';
import type { TaskInfo } from './task.ts';

/**
 * A file that a writer makes. `content` comes in pieces while it is gone over, so that a long one is never whole in
 * memory; it can be gone over once, and before the next file is asked for.
 */
export type ExportedFile = { readonly path: string; readonly content: Iterable<string | Uint8Array> };

/** A file that a reader gets: `path` inside the archive, with `/`. */
export type ImportedFile = {
  readonly path: string;
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
};

export type ExportContext = {
  readonly labels: readonly Label[];
  readonly task: TaskInfo;
  /**
   * The frames to write, where they are not made from the data: those of a long run, which are read one after the other
   * and never are in memory together. The data then has the tracks, of which each shape names one, without keyframes.
   */
  readonly frames?: () => Iterable<AnnotatedFrame>;
};

/** Without labels, the reader makes them from what the file says, with ids from 1. */
export type ImportContext = {
  readonly labels?: readonly Label[];
  readonly task: TaskInfo;
  /** The task's names of labels, by the names that the file has for them. */
  readonly labelMap?: ReadonlyMap<string, string>;
  /** Labels that the task does not have are made, with ids that it does not use; `labels` of the result has them too. */
  readonly createLabels?: boolean;
  /** What number the first frame has in a format that counts frames and does not say from where. */
  readonly firstFrame?: 0 | 1;
};

/** What a file holds, checked and in the normal form. */
export type ImportedAnnotations = {
  readonly data: LabeledData;
  readonly labels: readonly Label[];
  /** Those of `labels` that the task did not have. */
  readonly newLabels: readonly Label[];
  /** What of the file was passed over, a sentence each. */
  readonly notes: readonly string[];
};

/** What an object may have beside its label, place and frame. `prediction`: presence and predicted IoU of a model. */
export type Property =
  | 'tag'
  | 'attribute'
  | 'group'
  | 'source'
  | 'occluded'
  | 'z-order'
  | 'rotation'
  | 'overlap'
  | 'prediction'
  | 'score';

/** What a format holds; `lossesOf` says of given annotations what it does not. */
export type Keeps = {
  /** What becomes of each type; absent: it is left out. */
  readonly types: Partial<Record<ShapeType, ShapeType>>;
  /**
   * Of tracks: 'keyframes' tells them from frames between, 'identity' tells which shapes are one object, 'none' has plain
   * shapes only.
   */
  readonly tracks: 'keyframes' | 'identity' | 'none';
  readonly carries: readonly Property[];
};

/** A format of files, under the name that CVAT gives it; those that CVAT does not have are named in its manner. */
export type AnnotationFormat = {
  readonly name: string;
  readonly version: string;
  /** Of the file that holds the whole; several for a reader: `XML, ZIP`. */
  readonly ext: string;
  readonly dimension: '2d';
  /** Of what is exported. */
  readonly keeps?: Keeps;
  readonly export?: (data: LabeledData, context: ExportContext) => Iterable<ExportedFile>;
  /** Throws AnnotationError 'file', 'frame', 'unknown-label', 'object-id', 'nothing-found' or 'problems', naming file and place. */
  readonly import?: (files: readonly ImportedFile[], context: ImportContext) => Promise<ImportedAnnotations>;
};
