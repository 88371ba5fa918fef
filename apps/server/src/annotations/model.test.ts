import { applyChanges } from '@roto/annotations';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database/open.ts';
import { users } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { ENGINES, testDatabase } from '../testing/databases.ts';
import { createObjects, deleteObjects, replaceObjects, updateObjects } from './edit.ts';
import { type Given, readGiven } from './given.ts';
import { changeList, revertChange } from './history.ts';
import { labeledDataText, readJob } from './read.ts';
import { readJobPart } from './read-part.ts';
import { lockJob, taskLabels } from './scope.ts';
import { parseText } from './task-parts.ts';
import { annotatedTask } from './testing/annotated-task.ts';

/** What a client holds: objects by the place at which it made them; keyframes of a track by frame, of a shape one. */
type Model = Map<
  number,
  { readonly kind: 'shape' | 'track'; readonly xs: Map<number, number>; readonly group: number }
>;

const FRAMES = 50;
const xs = fc.uniqueArray(fc.tuple(fc.nat(FRAMES - 1), fc.nat(200)), {
  minLength: 1,
  maxLength: 12,
  selector: ([f]) => f,
});
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('create' as const), isTrack: fc.boolean(), xs }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      which: fc.nat(9),
      xs,
      removed: fc.nat(FRAMES - 1),
      group: fc.nat(2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), kept: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('undo' as const) }) },
);

describe.each(ENGINES)('sequences of changes on %s', (engine) => {
  let database: Database & { drop(): Promise<void> };
  let ann: number;
  beforeAll(async () => {
    database = await testDatabase(engine);
    const [user] = await database.db.insert(users).values({ username: 'ann' }).returning();
    ann = user!.id;
  });
  afterAll(() => database.drop());

  it('leave what a plain model of them has, and going back through history leaves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const { db } = database;
        const task = await annotatedTask(db, ann, [[0, FRAMES - 1]]);
        const jobId = task.jobIds[0]!;
        const labels = await taskLabels(db, task.taskId);
        const author = { userId: ann, origin: 'person' } as const;
        let model: Model = new Map();
        const before: Model[] = [];

        const draft = (id: number | undefined, { kind, xs, group }: NonNullable<ReturnType<Model['get']>>) => {
          const shape = ([frame, x]: readonly [number, number]) => ({ type: 'points', frame, points: [x, 1] });
          const head = { ...(id === undefined ? {} : { id }), label_id: task.labels.car, group };
          const sorted = [...xs].sort(([a], [b]) => a - b);
          return kind === 'shape'
            ? { shapes: [{ ...head, ...shape(sorted[0]!) }] }
            : { tracks: [{ ...head, frame: sorted[0]![0], shapes: sorted.map(shape) }] };
        };
        const write = async (
          data: object,
          work: (edit: Parameters<typeof createObjects>[0], given: Given) => Promise<unknown>,
        ) => {
          const given = readGiven(data, labels, { frameCount: FRAMES, width: 640, height: 480 });
          return transact(db, async (tx) => work({ tx, job: await lockJob(tx, jobId), labels, author }, given));
        };
        const stored = async (): Promise<Model> => {
          const { shapes, tracks } = parseText(await readJob(db, jobId, labels));
          const entries = [
            ...shapes.map((one) => ({ one, kind: 'shape' as const, all: [one] })),
            ...tracks.map((one) => ({ one, kind: 'track' as const, all: one.shapes })),
          ];
          return new Map(
            entries
              .sort((a, b) => a.one.id! - b.one.id!)
              .map(({ one, kind, all }) => [
                one.id!,
                { kind, group: one.group, xs: new Map(all.map(({ frame, points }) => [frame, points[0]!])) },
              ]),
          );
        };
        const pick = (which: number): number | undefined => [...model.keys()][which % Math.max(1, model.size)];

        // Somebody who reads along, each time only what changed since.
        let held = parseText(await readJob(db, jobId, labels));
        const follow = async () => {
          const part = await readJobPart(db, jobId, labels, { since: held.version });
          const changes = { ...JSON.parse([...labeledDataText([part])].join('')), removed: part.removed };
          held = applyChanges(held, changes);
          expect(held).toEqual(parseText(await readJob(db, jobId, labels)));
        };

        for (const each of steps) {
          if (each.do === 'undo') {
            const [last] = await changeList(db, jobId, {}).rows(1, 0);
            if (!last || before.length === 0) continue;
            await transact(db, (tx) => revertChange(tx, jobId, last.id, author, false));
            // An undo is a change; undone, it is done again.
            const undone = before.pop()!;
            before.push(model);
            model = undone;
          } else if (each.do === 'create') {
            const object = {
              kind: each.isTrack ? ('track' as const) : ('shape' as const),
              xs: new Map(each.isTrack ? each.xs : each.xs.slice(0, 1)),
              group: 0,
            };
            await write(draft(undefined, object), createObjects);
            const [id] = [...(await stored()).keys()].filter((one) => !model.has(one));
            before.push(model);
            model = new Map([...model, [id!, object]]);
          } else if (each.do === 'edit') {
            const id = pick(each.which);
            const old = id === undefined ? undefined : model.get(id)!;
            if (!old) continue;
            const kept = [...old.xs].filter(([frame]) => frame !== each.removed);
            const xs = old.kind === 'track' ? new Map([...kept, ...each.xs]) : new Map(each.xs.slice(0, 1));
            const object = { ...old, xs, group: each.group };
            await write(draft(id, object), updateObjects);
            if (!isSame(old, object)) before.push(model);
            model = new Map([...model].map(([one, value]) => [one, one === id ? object : value]));
          } else if (each.do === 'delete') {
            const id = pick(each.which);
            if (id === undefined) continue;
            await write(draft(id, model.get(id)!), deleteObjects);
            before.push(model);
            model = new Map([...model].filter(([one]) => one !== id));
          } else {
            const id = pick(each.kept);
            await write(id === undefined ? {} : draft(id, model.get(id)!), (edit, given) =>
              replaceObjects(edit, given),
            );
            model = new Map([...model].filter(([one]) => one === id));
            // Several changes at once; where they begin is not looked at below.
            before.length = 0;
          }
          expect(plain(await stored())).toEqual(plain(model));
          // Now and then, so that several changes come at once.
          if (model.size % 2 === 0) await follow();
        }
        await follow();

        const changes = await changeList(db, jobId, {}).rows(1_000, 0);
        for (const { id } of changes) await transact(db, (tx) => revertChange(tx, jobId, id, author, true));
        expect((await stored()).size).toBe(0);
        await follow();
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});

function isSame(a: NonNullable<ReturnType<Model['get']>>, b: typeof a): boolean {
  return JSON.stringify(plain(new Map([[0, a]]))) === JSON.stringify(plain(new Map([[0, b]])));
}

function plain(model: Model) {
  return [...model]
    .sort(([a], [b]) => a - b)
    .map(([id, { kind, group, xs }]) => [id, kind, group, [...xs].sort(([a], [b]) => a - b)]);
}
