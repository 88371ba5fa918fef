export type {
  AnnotationFormat,
  ExportContext,
  ExportedFile,
  ImportContext,
  ImportedAnnotations,
  ImportedFile,
  Keeps,
  Property,
} from './format.ts';
export { JsonError, type JsonOptions, parseJsonInPieces } from './json/parse-in-pieces.ts';
export { type Loss, lossesOf } from './losses.ts';
export { davisPalette } from './png/palette.ts';
export { FORMATS, findFormat } from './registry.ts';
export { relabel } from './relabel.ts';
export { type Summary, summarise } from './summary.ts';
export { frameFile, type TaskInfo } from './task.ts';
