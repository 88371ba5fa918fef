import { type FrameRange, Keyframes } from './interpolate.ts';
import type { LabeledData, LabeledTrack, TrackedShape } from './labeled-data.ts';

/** What of the annotations lies in a range of frames, for a job: tags and shapes on its frames, tracks cut to it. */
export function sliceLabeledData(data: LabeledData, range: FrameRange): LabeledData {
  const isInside = ({ frame }: { frame: number }): boolean => range.start <= frame && frame <= range.stop;
  return {
    version: data.version,
    tags: data.tags.filter(isInside),
    shapes: data.shapes.filter(isInside),
    tracks: data.tracks.flatMap((track) => sliceTrack(track, range) ?? []),
  };
}

/**
 * The part of a track that lies in a range, so that every frame of it shows what the whole track shows; undefined when
 * it is not seen there. Where the range cuts between two keyframes, the shape interpolated there becomes a keyframe.
 * A track that lies in the range is given back as it is. Of polygons the frames beside an inserted keyframe may have
 * points that differ a little from those of the whole track: their matching begins anew there.
 */
export function sliceTrack(track: LabeledTrack, range: FrameRange): LabeledTrack | undefined {
  const shapes = sliceKeyframes(track.shapes, range, false);
  if (!shapes) return undefined;
  // Hidden parts are kept: a skeleton has its parts from its first frame on.
  const elements = track.elements.flatMap((element) => {
    const cut = sliceKeyframes(element.shapes, range, true);
    return cut ? [{ ...element, frame: cut[0]!.frame, shapes: cut }] : [];
  });
  return { ...track, frame: shapes[0]!.frame, elements, shapes };
}

function sliceKeyframes(
  shapes: readonly TrackedShape[],
  { start, stop }: FrameRange,
  keepsHidden: boolean,
): readonly TrackedShape[] | undefined {
  if (shapes.length > 0 && start <= shapes[0]!.frame && shapes.at(-1)!.frame <= stop) return shapes;
  const all = new Keyframes(shapes);
  const cut = shapes.filter(({ frame }) => start <= frame && frame <= stop);
  if (cut[0]?.frame !== start) {
    const first = all.at(start);
    if (first) cut.unshift(first);
  }
  if (!keepsHidden) cut.splice(0, leadingHidden(cut));
  const end = cut.at(-1);
  if (!end) return undefined;
  if (end.frame < stop && shapes.at(-1)!.frame > stop && !end.outside) {
    const last = all.at(stop)!;
    if (!hasSamePlace(end, last)) cut.push(last);
  }
  return cut;
}

function leadingHidden(shapes: readonly TrackedShape[]): number {
  const seen = shapes.findIndex((shape) => !shape.outside);
  return seen < 0 ? shapes.length : seen;
}

function hasSamePlace(a: TrackedShape, b: TrackedShape): boolean {
  return (
    a.rotation === b.rotation &&
    a.points.length === b.points.length &&
    a.points.every((value, i) => value === b.points[i])
  );
}
