export { adoptVideo } from './adopt-video.ts';
export type { Picture, Quality } from './picture.ts';
export { type Motion, MotionGuess } from './prefetch.ts';
export { FrameDropped, ServerFeeder } from './server-feeder.ts';
export { FrameSource, type VideoFeeder } from './source.ts';
export { evenTable, type FrameTable, frameAt, rateOf, readServerTable, tableOf, timeOf } from './table.ts';
