import { type FrameRange, type InterpolatedShape, interpolate } from './interpolate.ts';
import type { AttributeValue, LabeledData, LabeledShape, LabeledTag, LabeledTrack } from './labeled-data.ts';

/** What is on one frame: plain shapes, then those of tracks, with the place of their track in `data.tracks`. */
export type AnnotatedFrame = {
  readonly frame: number;
  readonly tags: readonly LabeledTag[];
  readonly shapes: readonly { readonly shape: LabeledShape; readonly track?: number; readonly keyframe: boolean }[];
};

/**
 * Annotations frame by frame, every frame of the range that is not deleted, also empty ones. Tracks are interpolated as
 * the frames come, so that memory holds one frame at a time.
 */
export function* framesOf(
  data: LabeledData,
  range: FrameRange,
  deletedFrames: ReadonlySet<number> = new Set(),
): Generator<AnnotatedFrame> {
  const tagsOn = Map.groupBy(data.tags, (tag) => tag.frame);
  const shapesOn = Map.groupBy(data.shapes, (shape) => shape.frame);
  const tracks = data.tracks.map((track, place) => {
    const shapes = interpolate(track, range, deletedFrames);
    return { track, place, shapes, next: shapes.next() };
  });
  for (let frame = range.start; frame <= range.stop; frame++) {
    if (deletedFrames.has(frame)) continue;
    const shapes: AnnotatedFrame['shapes'][number][] = (shapesOn.get(frame) ?? []).map((shape) => ({
      shape,
      keyframe: true,
    }));
    for (const one of tracks) {
      if (one.next.done || one.next.value.frame !== frame) continue;
      const { keyframe } = one.next.value;
      shapes.push({ shape: trackShape(one.track, one.next.value), track: one.place, keyframe });
      one.next = one.shapes.next();
    }
    yield { frame, tags: tagsOn.get(frame) ?? [], shapes };
  }
}

/** A shape of a track as a plain shape: with the track's label, group, source and immutable attributes. */
export function trackShape(track: LabeledTrack, { keyframe, elements, id, ...shape }: InterpolatedShape): LabeledShape {
  const { label_id, group, source } = track;
  return {
    ...shape,
    attributes: joinAttributes(track.attributes, shape.attributes),
    label_id,
    group,
    source,
    elements: elements.map(({ keyframe: _, id: __, ...element }) => {
      const part = track.elements.find((one) => one.label_id === element.label_id)!;
      const attributes = joinAttributes(part.attributes, element.attributes);
      return { ...element, attributes, group: part.group, source: part.source, elements: [] };
    }),
  };
}

function joinAttributes(ofTrack: readonly AttributeValue[], ofShape: readonly AttributeValue[]) {
  return ofTrack.length === 0 ? ofShape : [...ofTrack, ...ofShape];
}
