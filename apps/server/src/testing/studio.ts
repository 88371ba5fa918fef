import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import sharp from 'sharp';
import {
  accessTokens,
  agents,
  functionRequests,
  functions,
  jobs,
  labels,
  memberships,
  requests,
  runs,
  taskMedia,
  tasks,
  uploads,
  users,
} from '../database/schema/index.ts';
import type { TestServer, TestUser } from './server.ts';

export const COLUMNS = ['nobody', 'other', 'worker', 'supervisor', 'maintainer', 'owner'] as const;
export type Column = (typeof COLUMNS)[number];

/** The agent that holds the seeded request. */
export const AGENT = 'agent1';

/** An organization with one person of each role, somebody outside of it, and one of everything in it. */
export type Studio = {
  readonly people: Record<Exclude<Column, 'nobody'>, TestUser>;
  readonly organizationId: number;
  /**
   * One more of everything. The task is the owner's and given to the supervisor; its job is given to the worker; function,
   * request, run, upload and token are the owner's.
   */
  seed(options?: SeedOptions): Promise<Seed>;
};

export type SeedOptions = {
  /** False: the task has no media and no job yet. */
  readonly media?: boolean;
  /** Also the files of the media, and a polygon in the job. */
  readonly whole?: boolean;
};

export type Seed = {
  readonly task: number;
  readonly job: number;
  readonly label: number;
  readonly object: number;
  readonly change: number;
  readonly function: number;
  readonly queue: string;
  /** Held by the agent with fence 1. */
  readonly functionRequest: string;
  readonly run: string;
  readonly request: string;
  readonly upload: string;
  readonly annotationUpload: string;
  readonly token: number;
  /** Of a member of their own. */
  readonly membership: number;
  /** In no organization. */
  readonly username: string;
};

const SLUG = 'studio';

export async function openStudio(server: TestServer): Promise<Studio> {
  const { db, store } = server.context;
  const people = {
    other: await server.user('other'),
    worker: await server.user('worker'),
    supervisor: await server.user('supervisor'),
    maintainer: await server.user('maintainer'),
    owner: await server.user('owner'),
  };
  const { owner, worker, supervisor, maintainer } = people;
  const organizationId = await server.organization(SLUG, { owner, worker, supervisor, maintainer });
  const first = await uploadTask(owner);
  const [media] = await db.select().from(taskMedia).where(eq(taskMedia.taskId, first));
  let count = 0;

  return { people, organizationId, seed };

  async function seed({ media: withMedia = true, whole = false }: SeedOptions = {}): Promise<Seed> {
    const n = ++count;
    const [task] = await db
      .insert(tasks)
      .values({ name: `task ${n}`, ownerId: owner.id, assigneeId: supervisor.id, organizationId, segmentSize: 2 })
      .returning();
    const taskId = task!.id;
    const [label] = await db
      .insert(labels)
      .values({ taskId, name: 'thing', color: '#ff0000', type: 'any' })
      .returning();
    let job = 0;
    let object = 0;
    let change = 0;
    if (withMedia) {
      const storageKey = media!.storageKey.replace(String(first), String(taskId));
      await db.insert(taskMedia).values({ ...media!, taskId, storageKey });
      const [row] = await db
        .insert(jobs)
        .values({ taskId, assigneeId: worker.id, startFrame: 0, stopFrame: 1 })
        .returning();
      job = row!.id;
      if (whole) {
        for (const key of await store.list(prefixOf(media!.storageKey)))
          await store.write(key.replace(media!.storageKey, storageKey), await bytesOf(key));
        const points = [1, 1, 6, 1, 6, 6, 1, 6];
        const shape = { type: 'polygon', frame: 0, label_id: label!.id, points, attributes: [] };
        const made = await owner.patch(`/api/jobs/${job}/annotations?action=create`, { shapes: [shape] });
        if (made.status !== 200) throw new Error(`no annotation: ${made.status} ${JSON.stringify(made.body)}`);
        object = made.body.shapes[0].id;
        change = (await owner.get(`/api/jobs/${job}/annotations/history`)).body.results[0].id;
      }
    }
    const [fn] = await db
      .insert(functions)
      .values({
        provider: 'native',
        name: `tracker ${n}`,
        kind: 'tracker',
        spec: { supported_shape_types: ['polygon'] },
        ownerId: owner.id,
        organizationId,
      })
      .returning();
    await db.insert(agents).values({ functionId: fn!.id, agentId: AGENT, userId: owner.id });
    const functionRequest = crypto.randomUUID();
    await db.insert(functionRequests).values({
      id: functionRequest,
      functionId: fn!.id,
      category: 'batch',
      params: {
        type: 'init_tracking',
        task: taskId,
        frame: 0,
        shapes: [{ type: 'polygon', points: [1, 1, 6, 1, 6, 6] }],
      },
      state: 'leased',
      taskId,
      ownerId: owner.id,
      agentId: AGENT,
      fence: 1,
      attempts: 1,
      leaseUntil: new Date(Date.now() + 3_600_000),
      leasedDate: new Date(),
    });
    const run = crypto.randomUUID();
    if (withMedia) {
      await db.insert(runs).values({
        id: run,
        taskId,
        jobId: job,
        functionId: fn!.id,
        ownerId: owner.id,
        startFrame: 0,
        targetFrame: 1,
        doneFrame: 0,
        state: 'cancelled',
      });
    }
    const request = `action=export&target=task&target_id=${taskId}`;
    const resultKey = `exports/seed-${taskId}.zip`;
    await store.write(resultKey, new Uint8Array([1, 2, 3]));
    await db.insert(requests).values({
      id: request,
      type: 'export:dataset',
      taskId,
      ownerId: owner.id,
      status: 'finished',
      resultKey,
      resultName: 'result.zip',
    });
    const upload = `${owner.id}_${crypto.randomUUID()}`;
    const annotationUpload = `${owner.id}_${crypto.randomUUID()}`;
    const begun = { userId: owner.id, taskId, length: 10 };
    await db.insert(uploads).values([
      { ...begun, id: upload, purpose: 'data', filename: 'a.png' },
      { ...begun, id: annotationUpload, purpose: 'annotations', filename: 'a.json' },
    ]);
    const [token] = await db
      .insert(accessTokens)
      .values({ userId: owner.id, name: `token ${n}`, hash: crypto.randomUUID() })
      .returning();
    const [member] = await db
      .insert(users)
      .values({ username: `member${n}` })
      .returning();
    const [membership] = await db
      .insert(memberships)
      .values({ userId: member!.id, organizationId, role: 'worker' })
      .returning();
    const username = `outsider${n}`;
    await db.insert(users).values({ username });
    return {
      task: taskId,
      job,
      label: label!.id,
      object,
      change,
      function: fn!.id,
      queue: `function:${fn!.id}`,
      functionRequest,
      run,
      request,
      upload,
      annotationUpload,
      token: token!.id,
      membership: membership!.id,
      username,
    };
  }

  async function bytesOf(key: string): Promise<Uint8Array> {
    return Buffer.concat(await store.read(key).toArray());
  }
}

const prefixOf = (key: string): string => (key.endsWith('/') ? key : `${key}/`);

/** A task of two small images, made as clients make one. Returns its id. */
async function uploadTask(user: TestUser): Promise<number> {
  const made = await user.post(
    '/api/tasks',
    { name: 'images', labels: [{ name: 'thing' }] },
    { 'X-Organization': SLUG },
  );
  const id: number = made.body.id;
  const form = new FormData();
  form.set('image_quality', '70');
  for (const [at, background] of ['#204060', '#806040'].entries()) {
    const png = await sharp({ create: { width: 16, height: 16, channels: 3, background } })
      .png()
      .toBuffer();
    form.set(`client_files[${at}]`, new Blob([new Uint8Array(png)], { type: 'image/png' }), `${at}.png`);
  }
  const { status, body } = await user.post(`/api/tasks/${id}/data`, form);
  if (status !== 202) throw new Error(`no data: ${status} ${JSON.stringify(body)}`);
  for (;;) {
    const request = (await user.get(`/api/requests/${encodeURIComponent(body.rq_id)}`)).body;
    if (request.status === 'finished') return id;
    if (request.status === 'failed') throw new Error(`no data: ${request.message}`);
    await sleep(50);
  }
}
