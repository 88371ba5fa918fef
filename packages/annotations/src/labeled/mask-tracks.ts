import { trackShape } from './flatten.ts';
import { type FrameRange, interpolate } from './interpolate.ts';
import type { AttributeValue, LabeledData, LabeledShape, LabeledTrack, TrackedShape } from './labeled-data.ts';
import { type IndexedLabel, indexLabels, type Label } from './labels.ts';

/** True for a track of masks, which stock CVAT does not have. */
export function isMaskTrack(track: LabeledTrack): boolean {
  return track.shapes[0]?.type === 'mask';
}

/**
 * For readers that know no mask tracks: each becomes plain masks, one for each frame on which it is seen, all of one
 * group. A track without a group gets a new one, which no other object has; a group that it has is kept.
 * `shapesToMaskTracks` makes tracks of them again.
 */
export function maskTracksToShapes(
  data: LabeledData,
  range: FrameRange,
  deletedFrames?: ReadonlySet<number>,
): LabeledData {
  let lastGroup = [...data.tags, ...data.shapes, ...data.tracks].reduce((most, { group }) => Math.max(most, group), 0);
  const masks = data.tracks.filter(isMaskTrack).flatMap((track) => {
    const group = track.group === 0 ? ++lastGroup : track.group;
    return [...interpolate(track, range, deletedFrames)].map((shape) => ({ ...trackShape(track, shape), group }));
  });
  return { ...data, shapes: [...data.shapes, ...masks], tracks: data.tracks.filter((track) => !isMaskTrack(track)) };
}

/**
 * The other way: plain masks of one label and one group, at most one on each frame and with the same immutable
 * attributes, are taken for one object and become a track: a keyframe for each, and an `outside` one where the next
 * frame has none. Masks alone in their group, or without one, stay plain. The track has no group of its own, unless
 * other objects share it.
 */
export function shapesToMaskTracks(data: LabeledData, labels: readonly Label[], range: FrameRange): LabeledData {
  const index = indexLabels(labels);
  const masks = data.shapes.filter((shape) => shape.type === 'mask' && shape.group > 0);
  const families = Map.groupBy(masks, (shape) => `${shape.label_id} ${shape.group}`);
  const members = new Map<number, number>();
  for (const { group } of [...data.tags, ...data.shapes, ...data.tracks])
    members.set(group, (members.get(group) ?? 0) + 1);
  const taken = new Set<LabeledShape>();
  const tracks: LabeledTrack[] = [];
  for (const family of families.values()) {
    const label = index.get(family[0]!.label_id);
    if (family.length < 2 || !isOneObject(family, label)) continue;
    for (const shape of family) taken.add(shape);
    tracks.push(maskTrack(family, label, range, members.get(family[0]!.group) !== family.length));
  }
  return {
    ...data,
    shapes: data.shapes.filter((shape) => !taken.has(shape)),
    tracks: [...data.tracks, ...tracks],
  };
}

function isOneObject(family: readonly LabeledShape[], label: IndexedLabel | undefined): boolean {
  const frames = new Set(family.map((shape) => shape.frame));
  const fixed = new Set(family.map((shape) => JSON.stringify(split(shape.attributes, label).immutable)));
  return frames.size === family.length && fixed.size === 1;
}

function maskTrack(
  family: readonly LabeledShape[],
  label: IndexedLabel | undefined,
  range: FrameRange,
  keepsGroup: boolean,
): LabeledTrack {
  const ordered = family.toSorted((a, b) => a.frame - b.frame);
  const shapes = ordered.flatMap((mask, i): TrackedShape[] => {
    const { label_id, group, source, score, elements, id, ...body } = mask;
    const keyframe = { ...body, outside: false, attributes: split(mask.attributes, label).mutable };
    const after = mask.frame + 1;
    if (after > range.stop || ordered[i + 1]?.frame === after) return [keyframe];
    const { presence, predicted_iou, ...held } = keyframe;
    return [keyframe, { ...held, frame: after, outside: true }];
  });
  const { label_id, group, source, attributes } = ordered[0]!;
  return {
    frame: shapes[0]!.frame,
    label_id,
    group: keepsGroup ? group : 0,
    source,
    attributes: split(attributes, label).immutable,
    elements: [],
    shapes,
  };
}

function split(attributes: readonly AttributeValue[], label: IndexedLabel | undefined) {
  const isMutable = ({ spec_id }: AttributeValue): boolean => label?.attributes.get(spec_id)?.mutable === true;
  return {
    mutable: attributes.filter(isMutable),
    immutable: attributes.filter((attribute) => !isMutable(attribute)),
  };
}
