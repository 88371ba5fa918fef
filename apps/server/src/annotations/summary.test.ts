import { JobSummary } from '@roto/wire';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { transact } from '../database/transact.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { type AnnotatedTask, annotatedTask, polygon } from './testing/annotated-task.ts';
import { saveTracked } from './tracked.ts';

describe.each(ENGINES)('the summary of a job on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let task: AnnotatedTask;
  let at: string;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    task = await annotatedTask(server.context.db, ann.id);
    at = `/api/jobs/${task.jobIds[0]}/annotations`;
  });
  const runId = crypto.randomUUID();
  const tracked = (objectId: number, frame: number, x: number, iou: number) =>
    transact(server.context.db, (tx) =>
      saveTracked(tx, {
        objectId,
        frame,
        backward: false,
        shape: { type: 'polygon', points: polygon(frame, x).points },
        presence: 6,
        predictedIou: iou,
        runId,
        userId: ann.id,
      }),
    );
  const read = async (query = '') => {
    const answer = await ann.get(`${at}/summary${query}`);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(Value.Check(JobSummary, answer.body)).toBe(true);
    return answer;
  };

  it('tells keyframes by origin, scores by bucket, and what is suspicious, and hears of changes', async () => {
    const { car, person } = task.labels;
    const made = await ann.patch(`${at}?action=create`, {
      tags: [{ frame: 95, label_id: person }],
      shapes: [3, 4, 55].map((frame) => polygon(frame, 0, { label_id: car })),
      tracks: [{ frame: 0, label_id: car, shapes: [polygon(0), polygon(50)] }],
    });
    const [{ id }] = made.body.tracks;
    for (let frame = 1; frame <= 30; frame++) await tracked(id, frame, frame, frame === 25 ? 0.5 : 0.9);
    const { body, headers } = await read('?buckets=10');
    const [track] = body.tracks;
    expect(track).toMatchObject({ id, first: 0, last: 50, keyframes: 32, label_id: car });
    expect(track.spans).toEqual({
      person: [
        [0, 0],
        [50, 50],
      ],
      import: [],
      tracker: [[1, 30]],
      outside: [],
    });
    expect(track.iou_min).toEqual([90, 90, 50, 90, null, null, null, null, null, null]);
    expect(track.iou_mean[2]).toBe(86);
    expect(track.presence_min[0]).toBe(60);
    expect(track.severity).toEqual([0, 0, 2, 0, null, null, null, null, null, null]);
    expect(track.suspicious).toEqual([{ from: 25, to: 25, worst: 25, severity: 2, reasons: ['unsure'] }]);
    expect(body.plain).toEqual([
      { label_id: person, kind: 'tag', counts: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
      { label_id: car, kind: 'shape', counts: [2, 0, 0, 0, 0, 1, 0, 0, 0, 0] },
    ]);
    expect((await ann.get(`${at}/summary?buckets=10`, { 'If-None-Match': headers.get('etag')! })).status).toBe(304);

    await tracked(id, 31, 400, 0.9);
    await ann.patch(`${at}/${id}/keyframes`, { remove: [25] });
    const now = (await read('?buckets=10')).body.tracks[0];
    expect(now.iou_min[2]).toBe(90);
    expect(now.suspicious.map(({ worst, reasons }: { worst: number; reasons: string[] }) => [worst, reasons])).toEqual([
      [31, expect.arrayContaining(['jump'])],
    ]);
    const part = (await read('?buckets=2&from=0&to=9')).body;
    expect([part.from, part.to, part.tracks[0].iou_min]).toEqual([0, 9, [90, 90]]);
    expect((await ann.get(`${at}/summary?from=5&to=4`)).status).toBe(400);
    expect((await ann.get(`${at}/summary?buckets=0`)).status).toBe(400);
  });
});
