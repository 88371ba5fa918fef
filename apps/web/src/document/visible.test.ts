import { interpolateAt } from '@roto/annotations';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { documentOf, LAST_FRAME, objects } from '../testing/arbitrary.ts';
import { geometryEdits } from './changes.ts';
import { applyEdits } from './edit.ts';
import { toFrame } from './records.ts';
import { createFrameView, objectsOn } from './visible.ts';
import { fromWire, geometryOf, toWire } from './wire.ts';

test('laws: an object goes to the wire and back to the bit', () => {
  fc.assert(
    fc.property(objects, (records) => {
      const wire = toWire(records.map((record, i) => ({ record, identity: { id: i, revision: 3 } })));
      const withOrigin = {
        ...wire,
        tracks: wire.tracks.map((each) => {
          const record = records[each.id!] as Extract<(typeof records)[number], { kind: 'track' }>;
          return {
            ...each,
            shapes: each.shapes.map((shape, i) => ({ ...shape, origin: record.keyframes[i]!.origin })),
          };
        }),
      };
      const back = fromWire(JSON.parse(JSON.stringify(withOrigin)), (id) => records[id]!.uid);
      expect(back.map(({ record }) => record)).toEqual(expect.arrayContaining([...records]));
      expect(back).toHaveLength(records.length);
      expect(back.every(({ identity }) => identity?.revision === 3)).toBe(true);
    }),
  );
});

test('laws: what is on a frame is what the server says is on it', () => {
  fc.assert(
    fc.property(objects, fc.integer({ min: 0, max: LAST_FRAME }), (records, at) => {
      const shown = new Map(objectsOn(documentOf(records), toFrame(at)).map((each) => [each.uid, each]));
      for (const record of records) {
        const wire = toWire([{ record }]);
        const [track] = wire.tracks;
        const said = track ? interpolateAt(track, at) : wire.shapes.find(({ frame }) => frame === at);
        const mine = shown.get(record.uid);
        if (!said) expect(mine === undefined || mine.outside).toBe(true);
        else expect(mine).toMatchObject({ geometry: geometryOf(said), occluded: said.occluded, outside: false });
      }
    }),
  );
});

test('the list of a frame stays the same value until something on it changes', () => {
  fc.assert(
    fc.property(objects, (records) => {
      const view = createFrameView();
      const document = documentOf(records);
      const at = toFrame(3);
      const list = view(document, at);
      const first = records[0];
      if (first?.kind !== 'shape') return;
      const moved = applyEdits(document, geometryEdits(first, first.frame, { kind: 'points', points: [1, 2] }));
      if (first.frame === at) expect(view(moved, at)).not.toBe(list);
      else expect(view(moved, at)).toBe(list);
    }),
  );
});
