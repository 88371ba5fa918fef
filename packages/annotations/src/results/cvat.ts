import { decodeRle, maskToCvatPoints, ringToFlat, rleArea } from '@roto/geometry';
import { AnnotationError } from '../errors.ts';
import type { LabeledShape, LabeledTrack, TrackedShape } from '../labeled/labeled-data.ts';
import { maskOutline, maskRing, type OutlineOptions } from '../labeled/mask-outline.ts';
import { type FrameResults, labelsOf, type ObjectResult, type ResultHeader } from './result.ts';

export type CvatOptions = OutlineOptions & {
  /**
   * 'polygon': one track per object, a keyframe on every frame. 'mask': one plain shape per object and frame, grouped
   * by object, because CVAT knows no mask tracks (its interpolation raises on them).
   */
  readonly shapes: 'polygon' | 'mask';
  /** CVAT's label ids by name. By default 1, 2, … in the order of the header's objects. */
  readonly labelIds?: ReadonlyMap<string, number>;
};

/**
 * The body of CVAT's `annotations` endpoints (`LabeledData`), in pieces of text. Frames are task frames: the task must
 * hold the whole video with step 1. In polygon tracks
 *   a lost object     gets one keyframe with its last polygon and `outside: true` on the first frame without it,
 *   a found object    a keyframe with `outside: false`,
 *   after the results one with `outside: true`, where the source goes on: CVAT would show the last polygon to the end.
 * An object that is never seen is left out. Throws 'label' for a label that `labelIds` lacks.
 */
export async function* writeCvat(
  header: ResultHeader,
  frames: FrameResults,
  options: CvatOptions,
): AsyncGenerator<string> {
  const labelIds = options.labelIds ?? new Map(labelsOf(header).map((label, place) => [label, place + 1]));
  for (const { label } of header.objects)
    if (!labelIds.has(label))
      throw new AnnotationError('label', `Label "${label}" has no id; add it to the task's labels and to labelIds.`);
  yield '{"version":0,"tags":[],\n"shapes":[';
  if (options.shapes === 'mask') yield* maskShapes(frames, labelIds);
  yield '],\n"tracks":[';
  if (options.shapes === 'polygon') yield* polygonTracks(header, frames, labelIds, options);
  yield ']}\n';
}

async function* maskShapes(frames: FrameResults, labelIds: ReadonlyMap<string, number>): AsyncGenerator<string> {
  let comma = '';
  for await (const { frame, objects } of frames())
    for (const object of objects) {
      if (rleArea(object.mask) === 0) continue;
      const shape: LabeledShape = {
        ...plain(frame, 'mask', maskToCvatPoints(decodeRle(object.mask)), false),
        label_id: labelIds.get(object.label)!,
        group: object.id,
        source: 'auto',
        elements: [],
      };
      yield `${comma}\n${JSON.stringify(shape)}`;
      comma = ',';
    }
}

/** One pass over the frames for each object: only one object's polygons are in memory at a time. */
async function* polygonTracks(
  header: ResultHeader,
  frames: FrameResults,
  labelIds: ReadonlyMap<string, number>,
  options: CvatOptions,
): AsyncGenerator<string> {
  let comma = '';
  for (const { id, label } of header.objects) {
    const seen = new Map<number, number[] | null>();
    for await (const { frame, objects } of frames()) {
      const object = objects.find((one) => one.id === id);
      seen.set(frame, object ? polygonPoints(object, options) : null);
    }
    const shapes = keyframes(seen, header.source.frameCount);
    if (shapes.length === 0) continue;
    yield `${comma}\n`;
    comma = ',';
    const track: LabeledTrack = {
      frame: shapes[0]!.frame,
      label_id: labelIds.get(label)!,
      group: 0,
      source: 'auto',
      attributes: [],
      elements: [],
      shapes,
    };
    yield JSON.stringify(track);
  }
}

/** Keyframes of a track from what is known of each frame: points, null for lost, nothing for not looked at. */
function keyframes(seen: ReadonlyMap<number, number[] | null>, frameCount: number): TrackedShape[] {
  const shapes: TrackedShape[] = [];
  const known = [...seen].filter(([, points]) => points !== null).map(([frame]) => frame);
  if (known.length === 0) return shapes;
  const first = known.reduce((a, b) => Math.min(a, b));
  const last = known.reduce((a, b) => Math.max(a, b));
  let held: number[] | undefined;
  for (let frame = first; frame <= Math.min(last + 1, frameCount - 1); frame++) {
    const points = seen.get(frame);
    if (points) shapes.push(plain(frame, 'polygon', points, false));
    else if (held) shapes.push(plain(frame, 'polygon', held, true));
    held = points ?? undefined;
  }
  return shapes;
}

function polygonPoints(object: ObjectResult, options: CvatOptions): number[] | null {
  if (rleArea(object.mask) === 0) return null;
  const mask = decodeRle(object.mask);
  // A bound of 1 asks for every pixel, which only bridges of no width leave as they are.
  if (options.parts === 'largest' || options.minIou === 1) return maskOutline(mask, options);
  const ring = maskRing(mask, options.minIou ?? 0.95);
  return ring ? ringToFlat(ring) : null;
}

function plain(frame: number, type: 'polygon' | 'mask', points: number[], outside: boolean): TrackedShape {
  return { type, frame, occluded: false, outside, z_order: 0, rotation: 0, points, attributes: [] };
}
