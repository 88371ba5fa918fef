import type { FrameRange } from '../labeled/interpolate.ts';
import type { FrameSet } from '../labeled/labeled-data.ts';

/** What files say of the task, or of the job, whose annotations they hold. */
export type TaskInfo = FrameSet & {
  readonly id?: number;
  readonly name: string;
  readonly kind: 'video' | 'images';
  /** File of the video; of images, the names of the task's frames in order. */
  readonly names: readonly string[];
  /** Mean frames per second; 0 for images. */
  readonly frameRate: number;
  /** Task frame f is frame `startFrame + step · f` of the source. */
  readonly startFrame: number;
  readonly step: number;
  /** Task frames that are deleted; nothing is written of them. */
  readonly deletedFrames?: readonly number[];
  /** A job of the task: only its frames are written. */
  readonly job?: FrameRange & { readonly id: number };
  /** Frames that neighbouring jobs share. */
  readonly overlap?: number;
  readonly subset?: string;
  /** Jobs of the task: its frames, first and last, and where it is worked on. */
  readonly segments?: readonly (FrameRange & { readonly id: number; readonly url: string })[];
  readonly owner?: Person;
  readonly assignee?: Person;
  /** When the file is written; ISO 8601. */
  readonly dumpedDate?: string;
  /** ISO 8601; left out of the files when unknown. */
  readonly createdDate?: string;
  readonly updatedDate?: string;
};

export type Person = { readonly username: string; readonly email: string };

/** Frames that are written: those of the job, or all. */
export function rangeOf(task: TaskInfo): FrameRange {
  return task.job ?? { start: 0, stop: task.frameCount - 1 };
}

export function deletedOf(task: TaskInfo): ReadonlySet<number> {
  return new Set(task.deletedFrames);
}

/** Frame of the source, which is what CVAT's files count in. */
export function sourceFrame(task: TaskInfo, frame: number): number {
  return task.startFrame + task.step * frame;
}

/** Task frame of a frame of the source; undefined when the task does not have it. */
export function taskFrame(task: TaskInfo, source: number): number | undefined {
  const frame = (source - task.startFrame) / task.step;
  return Number.isInteger(frame) && frame >= 0 && frame < task.frameCount ? frame : undefined;
}

/** Name of a frame: that of its image, or `frame_000012` of a video, with the number of the source's frame, as CVAT has it. */
export function frameName(task: TaskInfo, frame: number): string {
  if (task.kind === 'images') return task.names[frame] ?? `frame_${pad(sourceFrame(task, frame))}`;
  return `frame_${pad(sourceFrame(task, frame))}`;
}

/** The same as a file name: CVAT gives frames of videos `.PNG`. */
export function frameFile(task: TaskInfo, frame: number): string {
  const name = frameName(task, frame);
  return /\.[^./]+$/.test(name) ? name : `${name}.PNG`;
}

/**
 * The same without the extension, for files that stand beside the frame; with it where two images differ in nothing else,
 * whose files would have one name.
 */
export function frameStem(task: TaskInfo, frame: number): string {
  const name = frameName(task, frame);
  const stem = withoutExtension(name);
  if (task.kind === 'video') return stem;
  let shared = sharedStems.get(task.names);
  if (!shared) {
    const seen = new Set<string>();
    shared = new Set();
    for (const one of task.names.map(withoutExtension)) (seen.has(one) ? shared : seen).add(one);
    sharedStems.set(task.names, shared);
  }
  return shared.has(stem) ? name : stem;
}

const sharedStems = new WeakMap<readonly string[], Set<string>>();

function withoutExtension(name: string): string {
  return name.replace(/\.[^./]+$/, '');
}

function pad(frame: number): string {
  return String(frame).padStart(6, '0');
}
