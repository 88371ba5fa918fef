import type { LabeledData } from '../labeled/labeled-data.ts';
import type { Label } from '../labeled/labels.ts';
import { frameName, type TaskInfo } from './task.ts';

/** Frames that a summary lists before it only counts. */
const MOST_FRAMES = 200;

/** What annotations are, by label and by frame, for a person who decides whether to take them. */
export type Summary = {
  readonly labels: {
    readonly name: string;
    readonly tags: number;
    readonly shapes: number;
    readonly tracks: number;
    /** First and last frame with something of the label. */
    readonly first_frame: number;
    readonly last_frame: number;
  }[];
  /** Tags, shapes and keyframes on each frame that has some, by frame; at most 200. */
  readonly frames: { readonly frame: number; readonly name: string; readonly objects: number }[];
  /** Frames beyond those. */
  readonly frames_left_out: number;
};

export function summarise({ tags, shapes, tracks }: LabeledData, labels: readonly Label[], task: TaskInfo): Summary {
  const names = new Map(labels.map(({ id, name }) => [id, name]));
  const found = new Map<string, { tags: number; shapes: number; tracks: number; first: number; last: number }>();
  const onFrame = new Map<number, number>();
  const count = (labelId: number, what: 'tags' | 'shapes' | 'tracks', frames: readonly number[]): void => {
    const name = names.get(labelId) ?? String(labelId);
    let entry = found.get(name);
    if (!entry) {
      entry = { tags: 0, shapes: 0, tracks: 0, first: Number.POSITIVE_INFINITY, last: 0 };
      found.set(name, entry);
    }
    entry[what]++;
    for (const frame of frames) {
      entry.first = Math.min(entry.first, frame);
      entry.last = Math.max(entry.last, frame);
      onFrame.set(frame, (onFrame.get(frame) ?? 0) + 1);
    }
  };
  for (const tag of tags) count(tag.label_id, 'tags', [tag.frame]);
  for (const shape of shapes) count(shape.label_id, 'shapes', [shape.frame]);
  for (const track of tracks)
    count(
      track.label_id,
      'tracks',
      track.shapes.filter(({ outside }) => !outside).map(({ frame }) => frame),
    );
  const frames = [...onFrame].sort(([a], [b]) => a - b);
  return {
    labels: [...found].map(([name, { first, last, ...counts }]) => ({
      name,
      ...counts,
      first_frame: Number.isFinite(first) ? first : 0,
      last_frame: last,
    })),
    frames: frames.slice(0, MOST_FRAMES).map(([frame, objects]) => ({ frame, name: frameName(task, frame), objects })),
    frames_left_out: Math.max(0, frames.length - MOST_FRAMES),
  };
}
