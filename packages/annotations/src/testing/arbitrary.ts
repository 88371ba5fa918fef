import { createMask, maskToCvatPoints } from '@roto/geometry';
import fc from 'fast-check';
import type { LabeledDataDraft, ShapeDraft, TagDraft, TrackDraft, TrackedShapeDraft } from '../index.ts';
import { frameSet, labels } from './labels.ts';

/** Coordinates in steps of 1/4 a little beyond the picture: exact in files that keep two places. */
const coordinate = (most: number) => fc.integer({ min: -8, max: 4 * most + 8 }).map((value) => value / 4);
const x = coordinate(frameSet.width);
const y = coordinate(frameSet.height);
const frame = fc.integer({ min: 0, max: frameSet.frameCount - 1 });
const pairs = (least: number, most: number) =>
  fc.array(fc.tuple(x, y), { minLength: least, maxLength: most }).map((points) => points.flat());

/** Masks as rows of a small block with a set pixel, somewhere in the picture. */
export const maskPoints = fc
  .record({
    left: fc.integer({ min: 0, max: frameSet.width - 6 }),
    top: fc.integer({ min: 0, max: frameSet.height - 5 }),
    pixels: fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
  })
  .map(({ left, top, pixels }) => {
    const mask = createMask(frameSet.width, frameSet.height);
    for (const [i, isSet] of pixels.entries())
      if (isSet || i === 0) mask.data[(top + Math.floor(i / 6)) * frameSet.width + left + (i % 6)] = 1;
    return maskToCvatPoints(mask);
  });

const corners = fc
  .tuple(x, y, fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 80 }))
  .map(([left, top, width, height]) => [left, top, left + width / 4, top + height / 4]);
const ellipse = fc
  .tuple(x, y, fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 80 }))
  .map(([cx, cy, rx, ry]) => [cx, cy, cx + rx / 4, cy - ry / 4]);

/** Points of each type. */
export const pointsOf = {
  rectangle: corners,
  ellipse,
  polygon: pairs(3, 7),
  polyline: pairs(2, 6),
  points: pairs(1, 4),
  cuboid: pairs(8, 8),
  mask: maskPoints,
} as const;
export type PlainType = keyof typeof pointsOf;
export const PLAIN_TYPES = Object.keys(pointsOf) as PlainType[];

const rotation = fc.integer({ min: 0, max: 1439 }).map((value) => value / 4);
const look = fc.record({
  occluded: fc.boolean(),
  z_order: fc.integer({ min: -3, max: 9 }),
  rotation,
});
/** Values with everything that XML, JSON and YAML have to quote. */
const text = fc.string({ unit: fc.constantFrom(...'ab é<>&"\'\n\t;,:#{}[]'), maxLength: 8 });
const group = fc.integer({ min: 0, max: 3 });
const source = fc.constantFrom('manual', 'auto', 'semi-auto', 'file');
const pose = fc.constantFrom('stand', 'sit').map((value) => ({ spec_id: 3, value }));
const age = fc.integer({ min: 0, max: 120 }).map((value) => ({ spec_id: 5, value: String(value) }));
const name = text.map((value) => ({ spec_id: 4, value }));
const attributes = fc.oneof(fc.constant([]), fc.tuple(pose, name), fc.tuple(age));

const owner = fc.oneof(
  fc.record({ label_id: fc.constant(12), group, source }),
  fc.record({ label_id: fc.constant(11), group, source, attributes }),
);

export const tag: fc.Arbitrary<TagDraft> = fc.tuple(owner, frame).map(([o, at]) => ({ ...o, frame: at }));

export function plainShape(types: readonly PlainType[] = PLAIN_TYPES): fc.Arbitrary<ShapeDraft> {
  return fc
    .tuple(owner, frame, look, fc.constantFrom(...types))
    .chain(([o, at, l, type]) => pointsOf[type].map((points) => ({ ...o, ...l, frame: at, type, points })));
}

const part = (label_id: number, at: number) =>
  fc.record({
    label_id: fc.constant(label_id),
    type: fc.constant('points' as const),
    frame: fc.constant(at),
    points: pairs(1, 1),
    outside: fc.boolean(),
    occluded: fc.boolean(),
  });

export const skeleton: fc.Arbitrary<ShapeDraft> = fc
  .record({ frame, group, source, z_order: fc.integer({ min: 0, max: 3 }) })
  .chain((o) =>
    fc.tuple(part(14, o.frame), part(15, o.frame), part(16, o.frame)).map((elements) => ({
      ...o,
      type: 'skeleton' as const,
      label_id: 13,
      // A skeleton of which nothing is to be seen is none.
      elements: elements.map((one, i) => (i === 0 ? { ...one, outside: false } : one)),
    })),
  );

const frames = fc.uniqueArray(frame, { minLength: 1, maxLength: 5 }).map((list) => list.sort((a, b) => a - b));

function keyframes(type: PlainType, at: readonly number[], values: fc.Arbitrary<{ spec_id: number; value: string }[]>) {
  return fc.tuple(
    ...at.map(
      (frame, i): fc.Arbitrary<TrackedShapeDraft> =>
        fc.tuple(look, pointsOf[type], fc.boolean(), values).map(([l, points, outside, given]) => ({
          ...l,
          type,
          frame,
          points,
          // The first keyframe is seen: a track that begins hidden begins later.
          outside: i > 0 && outside,
          attributes: given,
        })),
    ),
  );
}

export function plainTrack(types: readonly PlainType[] = PLAIN_TYPES): fc.Arbitrary<TrackDraft> {
  return fc.tuple(owner, frames, fc.constantFrom(...types)).chain(([o, at, type]) =>
    keyframes(type, at, o.label_id === 11 ? fc.tuple(pose, age) : fc.constant([])).map((shapes) => ({
      ...o,
      attributes: o.label_id === 11 ? [{ spec_id: 4, value: 'Ada <3' }] : [],
      frame: at[0]!,
      shapes,
    })),
  );
}

export const skeletonTrack: fc.Arbitrary<TrackDraft> = fc.tuple(frames, group, source).chain(([at, g, s]) =>
  fc
    .tuple(
      ...[14, 15, 16].map((label_id) =>
        keyframes('points', at, fc.constant([])).map((shapes) => ({
          label_id,
          frame: at[0]!,
          shapes: shapes.map((shape) => ({ ...shape, points: shape.points!.slice(0, 2), z_order: 0 })),
        })),
      ),
    )
    .map((elements) => ({
      label_id: 13,
      group: g,
      source: s,
      frame: at[0]!,
      shapes: at.map((frame) => ({ type: 'skeleton' as const, frame })),
      elements,
    })),
);

/** Annotations of every kind, sound for `labels` and `frameSet`. */
export const labeledData: fc.Arbitrary<LabeledDataDraft> = fc.record({
  tags: fc.array(tag, { maxLength: 4 }),
  shapes: fc.array(fc.oneof(plainShape(), skeleton), { maxLength: 6 }),
  tracks: fc.array(fc.oneof(plainTrack(), skeletonTrack), { maxLength: 4 }),
});

export { frameSet, labels };
