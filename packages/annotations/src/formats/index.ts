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
export { type Loss, lossesOf } from './losses.ts';
export { davisPalette } from './png/palette.ts';
export { FORMATS, findFormat } from './registry.ts';
export { frameFile, type TaskInfo } from './task.ts';
