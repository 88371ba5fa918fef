export type { Damage, FrameRange, Gap } from './damage.ts';
export { MEDIA_ERROR_CODES, MediaError, type MediaErrorCode } from './errors.ts';
export type { Frame, FrameEntry, FrameSource, SourceInfo, Timing } from './frame-source.ts';
export { IMAGE_EXTENSIONS, listImages } from './images/image-source.ts';
export { compareNaturally } from './images/natural-order.ts';
export { openSource } from './open-source.ts';
export { DEFAULT_LIMITS, type MediaLimits, type OpenOptions, type Verify } from './options.ts';
export { readAhead } from './read-ahead.ts';
export { type VideoFormat, type VideoFrame, writeVideo } from './write-video.ts';
