import assert from 'node:assert/strict';
import type { TestUser } from '../../testing/server.ts';
import { polygon } from './annotated-task.ts';

type Keyframe = { readonly frame: number; readonly points: number[] };
type Track = { readonly id: number; readonly revision: number; readonly shapes: readonly Keyframe[] };
const FRAMES = 20;

/**
 * Two clients edit two tracks of a job at once, `edits` times each, and read anew only when they are told of a conflict.
 * Every acknowledged write must be there, or have been written over by a later acknowledged one of the same keyframe.
 */
export async function interleaved(
  ann: TestUser,
  bob: TestUser,
  at: string,
  label: number,
  edits: number,
): Promise<void> {
  const shapes = Array.from({ length: FRAMES }, (_, i) => polygon(i));
  const made = await ann.patch(`${at}?action=create`, {
    tracks: [0, 1].map(() => ({ frame: 0, label_id: label, shapes })),
  });
  const ids = (made.body.tracks as Track[]).map(({ id }) => id);
  const read = async (who: TestUser): Promise<Track[]> => (await who.get(at)).body.tracks;
  const saved: { which: number; frame: number; revision: number; x: number }[] = [];

  const client = async (who: TestUser, mark: number): Promise<void> => {
    let tracks = await read(who);
    for (let i = 0; i < edits; i++) {
      const which = i % 2;
      const frame = (i * 7 + mark) % FRAMES;
      const x = 1_000 * mark + i;
      const write = () => {
        const { points } = polygon(frame, x);
        const changed = tracks[which]!.shapes.map((each) => (each.frame === frame ? { ...each, points } : each));
        return who.patch(`${at}?action=update`, { tracks: [{ ...tracks[which], shapes: changed }] });
      };
      let answer = await write();
      if (answer.status === 409) {
        const [object] = answer.body.objects;
        assert.deepEqual([object.id, object.frames], [ids[which], [frame]]);
        tracks = await read(who);
        answer = await write();
        // The other may have been quicker once more.
        if (answer.status === 409) continue;
      }
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      const [track] = answer.body.tracks as Track[];
      saved.push({ which, frame, revision: track!.revision, x: x + 10 });
      tracks = tracks.map((each, k) => (k === which ? track! : each));
    }
  };
  await Promise.all([client(ann, 1), client(bob, 2)]);

  const now = await read(ann);
  assert(saved.length > edits);
  for (const { which, frame } of saved) {
    const [last] = saved
      .filter((one) => one.which === which && one.frame === frame)
      .sort((a, b) => b.revision - a.revision);
    assert.equal(now[which]!.shapes[frame]!.points[0], last!.x);
  }
  for (const [which, id] of ids.entries()) {
    const { body } = await ann.get(`${at}/${id}/history`);
    assert.equal(body.count, saved.filter((one) => one.which === which).length + 1);
  }
}
