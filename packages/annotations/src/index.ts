export { type CocoOptions, writeCoco } from './coco/write.ts';
export type { CvatLabeledData, CvatShape, CvatTrack, CvatTrackedShape } from './cvat/labeled-data.ts';
export { type CvatOptions, writeCvat } from './cvat/write.ts';
export { davisPalette } from './davis/palette.ts';
export { davisPath, davisPng } from './davis/write.ts';
export { AnnotationError, type AnnotationErrorCode } from './errors.ts';
export {
  type FrameResult,
  type FrameResults,
  type Json,
  labelsOf,
  type ObjectResult,
  type ResultHeader,
} from './result.ts';
export { type ResultsEvent, readResults, resultFrames } from './results/read.ts';
export { RESULTS_FORMAT, RESULTS_VERSION, resultsFrameLine, resultsHeaderLine } from './results/write.ts';
