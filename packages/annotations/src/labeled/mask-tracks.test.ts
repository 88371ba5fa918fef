import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  framesOf,
  interpolate,
  type LabeledDataDraft,
  maskTracksToShapes,
  normaliseLabeledData,
  shapesToMaskTracks,
} from '../index.ts';
import { frameSet, labeledData, labels, plainTrack } from '../testing/arbitrary.ts';

const range = { start: 0, stop: frameSet.frameCount - 1 };
const normal = (data: LabeledDataDraft) => normaliseLabeledData(data, labels);

test('a mask for each frame that sees it, with the group, source and attributes of the track', () => {
  const data = normal({
    tags: [{ frame: 0, label_id: 12, group: 4 }],
    tracks: [
      {
        id: 7,
        frame: 0,
        label_id: 11,
        source: 'auto',
        attributes: [{ spec_id: 4, value: 'Ada' }],
        shapes: [
          { id: 70, type: 'mask', frame: 0, points: [0, 2, 3, 4, 4, 4], presence: 3, predicted_iou: 0.9 },
          { type: 'mask', frame: 2, points: [0, 1, 9, 9, 9, 9], outside: true },
        ],
      },
    ],
  });
  const { shapes, tracks } = maskTracksToShapes(data, range);
  expect(tracks).toEqual([]);
  expect(
    shapes.map(({ frame, group, source, label_id, presence, id }) => [frame, group, source, label_id, presence, id]),
  ).toEqual([
    [0, 5, 'auto', 11, 3, undefined],
    [1, 5, 'auto', 11, undefined, undefined],
  ]);
  expect(shapes[1]!.attributes).toContainEqual({ spec_id: 4, value: 'Ada' });
  expect(shapes[1]!.attributes).toContainEqual({ spec_id: 3, value: 'stand' });
  expect(normal({ shapes })).toMatchObject({ shapes });
});

test('there and back, every mask track shows the same on every frame', () => {
  const tracks = fc.array(plainTrack(['mask']), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(tracks, fc.array(plainTrack(['rectangle']), { maxLength: 1 }), (masks, others) => {
      const data = normal({ tracks: [...others, ...masks.map((track) => ({ ...track, group: 0 }))] });
      const back = shapesToMaskTracks(maskTracksToShapes(data, range), labels, range);
      const shown = (from: typeof data) =>
        from.tracks
          .map((track) =>
            [...interpolate(track, range)].map(({ frame, points, attributes, occluded, z_order }) => ({
              frame,
              points,
              occluded,
              z_order,
              attributes,
              label: track.label_id,
              ofTrack: track.attributes,
            })),
          )
          // A mask that is seen on one frame only stays a plain mask.
          .filter((frames) => frames.length > 1);
      expect(shown(back)).toEqual(shown(data));
      expect(back.tracks.every((track) => track.group === 0 || track.shapes[0]!.type !== 'mask')).toBe(true);
    }),
  );
});

test('masks without a group, of two labels, or twice on a frame are no track', () => {
  const mask = (frame: number, group: number, label_id = 12) => ({
    type: 'mask' as const,
    frame,
    group,
    label_id,
    points: [0, 2, 3, 4, 4, 4],
  });
  const data = normal({
    shapes: [mask(0, 0), mask(1, 0), mask(0, 1), mask(1, 1, 11), mask(3, 2), mask(3, 2), mask(4, 2)],
  });
  expect(shapesToMaskTracks(data, labels, range)).toEqual(data);
});

test('frames come with plain shapes and those of tracks, and deleted ones are left out', () => {
  fc.assert(
    fc.property(labeledData, (draft) => {
      const data = normal(draft);
      const frames = [...framesOf(data, range, new Set([3, 4]))];
      expect(frames.map(({ frame }) => frame)).toEqual(
        Array.from({ length: 40 }, (_, i) => i).filter((i) => i !== 3 && i !== 4),
      );
      expect(frames.flatMap(({ tags }) => tags).length).toBe(
        data.tags.filter(({ frame }) => frame !== 3 && frame !== 4).length,
      );
      for (const [place, track] of data.tracks.entries())
        expect(
          frames.flatMap(({ shapes }) => shapes.filter((one) => one.track === place)).map(({ shape }) => shape.frame),
        ).toEqual([...interpolate(track, range, new Set([3, 4]))].map(({ frame }) => frame));
    }),
  );
});
