export type { Frame, FrameEntry, FrameSource, SourceInfo } from './frame-source.ts';
