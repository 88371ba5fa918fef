import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { functions } from '../database/schema/index.ts';
import { ENGINES } from '../testing/databases.ts';
import { type Dashboard, PASS, startDashboard, TRACKER_ENTRY, type Whim } from '../testing/lambda.ts';
import { clip } from '../testing/media.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { taskWith } from '../testing/tasks.ts';

const FRAMES = 8;
const SQUARE = [10, 10, 30, 10, 30, 30, 10, 30];
const polygon = { type: 'polygon', points: SQUARE };
const at = (frame: number) => ({
  type: 'polygon',
  points: SQUARE.map((value, i) => (i % 2 === 0 ? value + frame : value)),
});

describe.each(ENGINES)('serverless functions on %s', (engine) => {
  let dashboard: Dashboard;
  let server: TestServer;
  let ann: TestUser;
  let taskId: number;
  let jobId: number;
  beforeAll(async () => {
    const broken = { ...TRACKER_ENTRY, metadata: { ...TRACKER_ENTRY.metadata, annotations: { type: 'soothsayer' } } };
    dashboard = await startDashboard({ shifter: TRACKER_ENTRY, broken });
    const nuclio = { url: dashboard.url, namespace: 'nuclio', invoke: 'dashboard' } as const;
    server = await testServer(engine, { config: { lambda: { nuclio } } });
    ann = await server.user('ann');
    taskId = await taskWith(ann, [['clip.mp4', await clip(FRAMES)]]);
    jobId = (await ann.get(`/api/jobs?task_id=${taskId}`)).body.results[0].id;
  });
  afterAll(async () => {
    await server?.close();
    await dashboard?.close();
  });
  afterEach(() => dashboard.behave(() => PASS));
  const call = (body: object, who = ann) =>
    who.post('/api/lambda/functions/shifter', { task: taskId, job: jobId, ...body });

  it('are listed as CVAT lists them; one with bad metadata is left out and logged', async () => {
    await expect.poll(async () => (await ann.get('/api/lambda/functions')).body.length).toBe(1);
    const { body } = await ann.get('/api/lambda/functions');
    expect(body).toEqual(
      [
        {
          id: 'shifter',
          kind: 'tracker',
          labels_v2: [],
          description: 'moves',
          name: 'Segment Anything 2: Tracker',
          version: 1,
          supported_shape_types: ['polygon', 'mask', 'rectangle'],
          lambda_id: 'shifter',
        },
      ].map(({ lambda_id: _id, ...rest }) => rest),
    );
    expect((await ann.get('/api/lambda/functions/shifter')).body).toEqual(body[0]);
    expect(await ann.get('/api/lambda/functions/nothing')).toMatchObject({
      status: 404,
      body: 'There is no function nothing.',
    });
    expect(server.logged.filter(({ msg }) => msg.includes('broken'))).toHaveLength(1);
    expect(dashboard.asked[0]!.headers).toMatchObject({
      'x-nuclio-project-name': 'cvat',
      'x-nuclio-function-namespace': 'nuclio',
      'x-nuclio-invoke-via': 'domain-name',
      'x-nuclio-invoke-timeout': '120s',
    });
    const { results } = (await ann.get('/api/functions?kind=tracker')).body;
    expect(results).toMatchObject([{ provider: 'nuclio', name: 'Segment Anything 2: Tracker', kind: 'tracker' }]);
  });

  it('are called with the picture of the frame, and their states come back only by whom and for what they were given', async () => {
    const begun = await call({ frame: 0, shapes: [polygon] });
    expect(begun).toMatchObject({ status: 200, body: { shapes: [polygon] } });
    const tracked = await call({ frame: 1, states: begun.body.states });
    expect(tracked.body.shapes).toEqual([at(1)]);
    expect(tracked.body.states).not.toEqual(begun.body.states);
    const { image } = dashboard.calls().at(-1)!;
    expect(Buffer.from(image, 'base64').subarray(1, 4).toString()).toBe('PNG');

    const refused = { status: 400, body: 'Invalid or expired tracker state' };
    const bob = await server.user('bob', { isAdmin: true });
    expect(await call({ frame: 2, states: tracked.body.states }, bob)).toMatchObject(refused);
    const changed = tracked.body.states.map((text: string) => text.replace('"n":1', '"n":2'));
    expect(await call({ frame: 2, states: changed })).toMatchObject(refused);
    expect(await call({ frame: 2, states: ['{}'] })).toMatchObject(refused);
    await server.context.db.execute(sql`update tracking_states set used_date = now() - interval '9 hours'`);
    expect(await call({ frame: 2, states: tracked.body.states })).toMatchObject(refused);
  });

  it('refuse with the words of CVAT', async () => {
    const asked = async (body: object) => {
      const { status, body: text } = await ann.post('/api/lambda/functions/shifter', body);
      return [status, text];
    };
    expect(await asked({ frame: 0 })).toEqual([
      400,
      '`shifter` lambda function was run with wrong arguments (task or job is missing)',
    ]);
    expect(await asked({ task: taskId, shapes: [polygon] })).toEqual([
      400,
      '`shifter` lambda function was called without mandatory argument: frame',
    ]);
    expect(await asked({ task: taskId, frame: FRAMES, shapes: [polygon] })).toEqual([
      400,
      'The frame is outside the job range',
    ]);
    expect(await asked({ task: taskId, frame: 0, shapes: [{ type: 'ellipse', points: [1, 2, 3, 4] }] })).toEqual([
      400,
      "This function does not support shapes of type 'ellipse'",
    ]);
    const eve = await server.user('eve');
    expect((await call({ frame: 0, shapes: [polygon] }, eve)).status).toBe(404);
  });

  const hostile: [string, number, RegExp, Whim][] = [
    ['HTML', 502, /something other than JSON/, (r) => r.writeHead(200).end('<html>hello</html>')],
    ['an error page', 502, /answered 500/, (r) => r.writeHead(500).end('<html>oops</html>')],
    [
      'half a body',
      503,
      /cannot be reached/,
      (r) => r.writeHead(200, { 'content-length': 999 }).write('{"states', () => r.socket!.destroy()),
    ],
    ['too few states', 502, /0 states/, (r) => r.end('{"states": [], "shapes": []}')],
    [
      'points that are not numbers',
      502,
      /not finite/,
      (r) => r.end('{"states":[1],"shapes":[{"type":"polygon","points":[1,2,null,4]}]}'),
    ],
    [
      'a shape outside of the picture',
      502,
      /outside of 64 × 48/,
      (r) => r.end('{"states":[1],"shapes":[{"type":"polygon","points":[1,2,900,4,3,3]}]}'),
    ],
    [
      'a type that it does not support',
      502,
      /type "line"/,
      (r) => r.end('{"states":[1],"shapes":[{"type":"line","points":[1,2,3,4]}]}'),
    ],
    [
      'a state of 5 kB',
      502,
      /larger than 4096/,
      (r) => r.end(JSON.stringify({ states: ['x'.repeat(5_000)], shapes: [polygon] })),
    ],
    [
      '100 MB',
      502,
      /more than 64 MiB/,
      (r) => {
        r.writeHead(200);
        const block = 'x'.repeat(1 << 20);
        for (let i = 0; i < 100 && !r.destroyed; i++) r.write(block);
        return r.end();
      },
    ],
    [
      'its own refusal',
      409,
      /moved on/,
      (r) => r.writeHead(409).end('{"message":"The state has moved on.","code":"moved-on"}'),
    ],
  ];
  it.each(hostile)('that answer with %s are a clear error', async (_name, status, words, whim) => {
    dashboard.behave(whim);
    const answer = await call({ frame: 0, shapes: [polygon] });
    expect([answer.status, answer.body]).toEqual([status, expect.stringMatching(words)]);
  });

  async function track(): Promise<{ run: string; object: number }> {
    const [label] = (await ann.get(`/api/labels?task_id=${taskId}`)).body.results;
    const made = await ann.patch(`/api/jobs/${jobId}/annotations?action=create`, {
      tracks: [
        {
          frame: 0,
          label_id: label.id,
          shapes: [{ type: 'polygon', frame: 0, points: SQUARE, outside: false, occluded: false }],
        },
      ],
    });
    const object = made.body.tracks.at(-1).id as number;
    const [fn] = await server.context.db.select().from(functions);
    const started = await ann.post('/api/runs', {
      function: fn!.id,
      job: jobId,
      start_frame: 0,
      target_frame: FRAMES - 1,
      objects: [{ id: object }],
    });
    expect([started.status, started.body]).toEqual([201, expect.anything()]);
    return { run: started.body.id, object };
  }
  const end = async (run: string) => {
    await expect
      .poll(async () => (await ann.get(`/api/runs/${run}`)).body.state, { timeout: 40_000 })
      .toMatch(/finished|failed/);
    return (await ann.get(`/api/runs/${run}`)).body;
  };
  const keyframes = async () => {
    const { tracks } = (await ann.get(`/api/jobs/${jobId}/annotations`)).body;
    return tracks.at(-1).shapes.map(({ frame, points }: { frame: number; points: number[] }) => [frame, points]);
  };
  const moving = Array.from({ length: FRAMES }, (_, frame) => [frame, at(frame).points]);

  it('drive a durable run: frames are saved as they come; busy and restarting functions are waited for', async () => {
    let calls = 0;
    dashboard.behave((r) => {
      calls++;
      if (calls !== 3 && calls !== 5) return PASS;
      if (calls === 3) r.writeHead(503).end();
      else r.socket!.destroy();
    });
    const { run } = await track();
    expect(await end(run)).toMatchObject({
      state: 'finished',
      message: expect.stringContaining(`Reached frame ${FRAMES - 1}`),
    });
    expect(await keyframes()).toEqual(moving);
  });

  it('begin again from the last saved frame when a state is gone', async () => {
    let gone = false;
    dashboard.behave((r, payload) => {
      if (gone || (payload.states[0]?.n ?? 0) < 3) return PASS;
      gone = true;
      r.writeHead(410).end('{"message":"evicted","code":"state-gone"}');
    });
    const { run } = await track();
    expect(await end(run)).toMatchObject({ state: 'finished' });
    expect(gone).toBe(true);
    expect(await keyframes()).toEqual(moving);
    // It began with the shape of the last saved frame.
    expect(
      dashboard
        .calls()
        .filter(({ states }) => states.length === 0)
        .at(-1)!.shapes,
    ).toEqual([at(3)]);
  });

  it('that refuse for good end the run with their words, and keep what was saved', async () => {
    dashboard.behave((r, payload) => {
      if ((payload.states[0]?.n ?? 0) < 2) return PASS;
      r.writeHead(400).end('{"message":"I do not like this frame.","code":"bad-request"}');
    });
    const { run } = await track();
    expect(await end(run)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('I do not like this frame.'),
    });
    expect((await keyframes()).slice(0, 3)).toEqual(moving.slice(0, 3));
  });
});
