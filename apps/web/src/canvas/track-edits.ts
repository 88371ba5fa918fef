import { type Desk, recordsOf } from '../commands/desk.ts';
import type { Edit } from '../document/edit.ts';
import { type FrameNumber, type Keyframe, newUid, type TrackRecord, toFrame } from '../document/records.ts';
import { objectOn } from '../document/visible.ts';
import type { Change } from '../tools/change.ts';

/**
 * Shapes and tracks become one track, with the label and attributes of the first. Where two of them have a keyframe on one
 * frame, a person's wins, else the one of the object that was clicked later.
 */
export function mergeEdits(desk: Desk, change: Extract<Change, { kind: 'merge' }>): readonly Edit[] {
  const records = recordsOf(desk, [...new Set(change.members.map(({ uid }) => uid))]);
  const keyframes = new Map<FrameNumber, Keyframe>();
  for (const record of records) {
    if (record.kind === 'tag') continue;
    for (const keyframe of record.kind === 'track' ? record.keyframes : [keyframeOf(record)]) {
      const known = keyframes.get(keyframe.frame);
      if (!known || keyframe.origin === 'person' || known.origin !== 'person') keyframes.set(keyframe.frame, keyframe);
    }
  }
  const sorted = [...keyframes.values()].sort((a, b) => a.frame - b.frame);
  const first = records[0];
  const last = sorted.at(-1);
  if (!first || !last || first.kind === 'tag') return [];
  if (change.endsOutside && !last.outside && last.frame < desk.last)
    sorted.push({ ...last, frame: toFrame(last.frame + 1), outside: true, origin: 'person' });
  const { label, group, source, locked, hidden, pinned, color } = first;
  const track: TrackRecord = {
    uid: newUid(),
    kind: 'track',
    label,
    group,
    source,
    locked,
    hidden,
    pinned,
    ...(color !== undefined && { color }),
    attributes: immutable(desk, first.attributes, label),
    keyframes: sorted,
    elements: [],
  };
  return [...records.map((object): Edit => ({ kind: 'remove', object })), { kind: 'add', object: track }];

  function keyframeOf(record: Extract<(typeof records)[number], { kind: 'shape' }>): Keyframe {
    const { frame, geometry, occluded, z, attributes } = record;
    const mutable = attributes.filter(({ spec_id }) => isMutable(desk, record.label, spec_id));
    return { frame, geometry, occluded, z, outside: false, attributes: mutable, origin: 'person' };
  }
}

/**
 * The track ends before `frame`: it is outside from there on, and a second one begins there. The first part stays the same
 * object; every keyframe keeps who made it.
 */
export function splitEdits(track: TrackRecord, frame: FrameNumber): readonly Edit[] {
  const here = objectOn(track, frame);
  const at = track.keyframes.findLast((keyframe) => keyframe.frame <= frame);
  if (!here || !at || track.keyframes[0]!.frame >= frame) return [];
  const own = at.frame === frame ? at : undefined;
  const begin: Keyframe = own ?? { ...withoutScores(at), frame, geometry: here.geometry, origin: 'person' };
  const end: Keyframe = { ...withoutScores(begin), outside: true, origin: 'person' };
  const after = track.keyframes.filter((keyframe) => keyframe.frame > frame);
  const { keyframes, ...body } = track;
  return [
    { kind: 'set-keyframe', uid: track.uid, frame, before: own, after: end },
    ...after.map(
      (before): Edit => ({ kind: 'set-keyframe', uid: track.uid, frame: before.frame, before, after: undefined }),
    ),
    { kind: 'add', object: { ...body, uid: newUid(), keyframes: [begin, ...after] } },
  ];
}

function withoutScores({ presence, predictedIou, ...keyframe }: Keyframe): Keyframe {
  return keyframe;
}

function immutable(desk: Desk, attributes: TrackRecord['attributes'], label: number): TrackRecord['attributes'] {
  return attributes.filter(({ spec_id }) => !isMutable(desk, label, spec_id));
}

function isMutable(desk: Desk, label: number, id: number): boolean {
  return desk.labels.get(label)?.attributes.find((attribute) => attribute.id === id)?.mutable === true;
}
