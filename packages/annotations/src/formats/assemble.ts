import type { Label } from '../labeled/labels.ts';
import type { ShapeDraft, TrackDraft, TrackedShapeDraft } from '../labeled/normalise.ts';
import { splitAttributes } from './label-book.ts';
import { PLACE, type Placed } from './place.ts';
import { deletedOf, type TaskInfo } from './task.ts';

/** A shape of a file that names its objects frame by frame. */
export type Sighting = {
  /** Names the object in the file; null: none. */
  readonly object: string | null;
  readonly label: Label;
  /** False only where the file says that the shape was interpolated. */
  readonly isKeyframe: boolean;
  readonly shape: ShapeDraft & Required<Pick<ShapeDraft, 'points' | 'attributes'>> & Placed;
};

/**
 * Tracks of shapes that have one object's name, and plain shapes of those that have none. What a file says to be
 * interpolated lies between two keyframes, or repeats the last one, and is left out; where the object is missing on the next frame
 * the track gets an `outside` keyframe. An object that is there twice on a frame, or changes its label or type, is no
 * track: its shapes stay plain, in one group, and `notes` says so.
 */
export function assemble(
  sightings: readonly Sighting[],
  task: TaskInfo,
): { shapes: ShapeDraft[]; tracks: TrackDraft[]; notes: string[] } {
  const deleted = deletedOf(task);
  let shapes: ShapeDraft[] = [];
  const tracks: TrackDraft[] = [];
  const notes: string[] = [];
  let lastGroup = sightings.reduce((most, { shape }) => Math.max(most, shape.group ?? 0), 0);
  for (const [object, seen] of Map.groupBy(sightings, (sighting) => sighting.object)) {
    if (object === null) shapes = shapes.concat(seen.map(({ shape }) => shape));
    else if (isOneTrack(seen)) tracks.push(trackOf(seen, task, deleted));
    else {
      lastGroup++;
      shapes = shapes.concat(seen.map(({ shape }) => ({ ...shape, group: shape.group || lastGroup })));
      notes.push(
        `Object ${object} is on a frame twice, or changes its label or type: its shapes are no track but a group.`,
      );
    }
  }
  return { shapes, tracks, notes };
}

function isOneTrack(seen: readonly Sighting[]): boolean {
  const first = seen[0]!;
  const frames = new Set(seen.map(({ shape }) => shape.frame));
  const isLike = ({ label, shape }: Sighting): boolean => label === first.label && shape.type === first.shape.type;
  return frames.size === seen.length && seen.every(isLike);
}

function trackOf(seen: readonly Sighting[], task: TaskInfo, deleted: ReadonlySet<number>): TrackDraft {
  const ordered = seen.toSorted((a, b) => a.shape.frame - b.shape.frame);
  const { shape: first, label } = ordered[0]!;
  const nextFrame = (frame: number): number => {
    let next = frame + 1;
    while (deleted.has(next)) next++;
    return next;
  };
  const shapes: TrackedShapeDraft[] = [];
  for (let from = 0; from < ordered.length; ) {
    let to = from;
    while (to + 1 < ordered.length && ordered[to + 1]!.shape.frame === nextFrame(ordered[to]!.shape.frame)) to++;
    const run = keyframesOf(ordered.slice(from, to + 1));
    for (const shape of run) shapes.push(keyframe(shape, label, false));
    const after = nextFrame(ordered[to]!.shape.frame);
    const { presence, predicted_iou, ...held } = run.at(-1)!;
    if (after < task.frameCount) shapes.push(keyframe({ ...held, frame: after }, label, true));
    from = to + 1;
  }
  return {
    ...(first[PLACE] && { [PLACE]: first[PLACE] }),
    frame: shapes[0]!.frame,
    label_id: first.label_id,
    group: first.group ?? 0,
    source: first.source ?? 'file',
    attributes: splitAttributes(label, textValues(first)).immutable,
    shapes,
  };
}

/** Of frames without a gap: the keyframes, and what is left after the last one, unless it only repeats it. */
function keyframesOf(run: readonly Sighting[]): Sighting['shape'][] {
  const last = run.findLastIndex((sighting) => sighting.isKeyframe);
  const held = run[Math.max(last, 0)]!.shape;
  const isHeld = ({ points, rotation }: Sighting['shape']): boolean =>
    rotation === held.rotation && points.length === held.points.length && points.every((v, i) => v === held.points[i]);
  return run
    .filter(({ isKeyframe, shape }, i) => {
      if (isKeyframe || i === 0) return true;
      return i > last && !isHeld(shape);
    })
    .map(({ shape }) => shape);
}

function keyframe(shape: Sighting['shape'], label: Label, outside: boolean): TrackedShapeDraft {
  const { label_id, group, source, score, elements, ...body } = shape;
  return { ...body, outside, attributes: splitAttributes(label, textValues(shape)).mutable };
}

function textValues(shape: Sighting['shape']) {
  return shape.attributes.map(({ spec_id, value }) => ({ spec_id, value: String(value) }));
}
