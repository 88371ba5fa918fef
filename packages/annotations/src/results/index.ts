export { type CocoOptions, writeCoco } from './coco.ts';
export { type CvatOptions, writeCvat } from './cvat.ts';
export { davisPath, davisPng } from './davis.ts';
export { type ResultsEvent, readResults, resultFrames } from './read.ts';
export {
  type FrameResult,
  type FrameResults,
  type Json,
  labelsOf,
  type ObjectResult,
  type ResultHeader,
} from './result.ts';
export { RESULTS_FORMAT, RESULTS_VERSION, resultsFrameLine, resultsHeaderLine } from './write.ts';
