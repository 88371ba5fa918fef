import { request as openRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, like } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { claim, end } from '../background/queue.ts';
import { requests, uploads } from '../database/schema/index.ts';
import { REQUEST_HANDLERS } from '../request-handlers.ts';
import { ENGINES } from '../testing/databases.ts';
import { clip, png, zip } from '../testing/media.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { ended, finish, makeTask, sendFiles } from '../testing/tasks.ts';
import { attachData } from './attach.ts';
import { readDataFields } from './data-fields.ts';
import { dropStaleUploads } from './uploads.ts';

const video = await clip(8);
const images = await Promise.all([0, 1, 2].map((n) => png(n)));
const TYPE = { 'Content-Type': 'application/offset+octet-stream' };

describe.each(ENGINES)('uploads on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
  });
  afterAll(() => server.close());

  async function begin(taskId: number, name: string, length: number): Promise<string> {
    const made = await ann.post(`/api/tasks/${taskId}/data/`, undefined, {
      'Upload-Length': String(length),
      'Upload-Metadata': `filename ${Buffer.from(name).toString('base64')}`,
      'Tus-Resumable': '1.0.0',
    });
    expect(made.status).toBe(201);
    expect(made.headers.get('upload-filename')).toBe(name);
    expect(made.headers.get('tus-resumable')).toBe('1.0.0');
    expect(Number(made.headers.get('tus-max-size'))).toBe(26_843_545_600);
    const location = made.headers.get('location')!;
    expect(location).toMatch(new RegExp(`^${server.url}/api/tasks/${taskId}/data/${ann.id}_[0-9a-f-]{36}$`));
    return new URL(location).pathname;
  }
  const offsetOf = async (at: string) => Number((await ann.fetch(at, { method: 'HEAD' })).headers.get('upload-offset'));

  it('takes a file in pieces by TUS, and says where to go on', async () => {
    const id = await makeTask(ann);
    expect(
      (await ann.post(`/api/tasks/${id}/data/`, '', { 'Upload-Start': '', 'Content-Type': 'application/json' })).status,
    ).toBe(202);
    const at = await begin(id, 'walk.mp4', video.length);
    const first = await ann.patch(at, video.subarray(0, 1000), { ...TYPE, 'Upload-Offset': '0' });
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, '1000']);
    const wrong = await ann.patch(at, video.subarray(500), { ...TYPE, 'Upload-Offset': '500' });
    expect([wrong.status, wrong.headers.get('upload-offset')]).toEqual([409, '1000']);
    expect(await offsetOf(at)).toBe(1000);
    const early = await finish(ann, id);
    expect([early.status, early.body]).toEqual([400, expect.stringContaining(`1000 of ${video.length} bytes`)]);
    const rest = await ann.patch(at, video.subarray(1000), { ...TYPE, 'Upload-Offset': '1000' });
    expect([rest.status, rest.headers.get('upload-offset')]).toEqual([204, String(video.length)]);
    const { status, body } = await finish(ann, id);
    expect([status, body.rq_id]).toEqual([202, `action=create&target=task&target_id=${id}`]);
    expect(await ended(ann, body.rq_id)).toMatchObject({
      status: 'finished',
      operation: { type: 'create:task', target: 'task', task_id: id },
      owner: { id: ann.id, username: 'ann' },
      result_url: null,
    });
    expect((await ann.get(`/api/tasks/${id}`)).body.size).toBe(8);
    expect((await ann.fetch(at, { method: 'HEAD' })).status).toBe(404);
  });

  it('keeps what came before a connection broke off', async () => {
    const id = await makeTask(ann);
    const at = await begin(id, 'walk.mp4', video.length);
    const sending = openRequest(new URL(at, server.url), {
      method: 'PATCH',
      headers: { ...TYPE, 'Upload-Offset': '0', 'Content-Length': video.length, Authorization: `Bearer ${ann.token}` },
    });
    sending.on('error', () => undefined);
    sending.write(video.subarray(0, 700));
    const key = `tasks/${id}/incoming/data/${at.split('/').at(-1)}`;
    await vi.waitFor(async () => expect(await server.context.store.size(key)).toBe(700), 10_000);
    sending.destroy();
    await vi.waitFor(async () => expect(await offsetOf(at)).toBe(700), 10_000);
    expect((await ann.patch(at, video.subarray(700), { ...TYPE, 'Upload-Offset': '700' })).status).toBe(204);
    const { body } = await finish(ann, id);
    expect((await ended(ann, body.rq_id)).status).toBe('finished');
  });

  it('lets a client that lost its connection go on although the old one still seems open', async () => {
    const id = await makeTask(ann);
    const at = await begin(id, 'walk.mp4', video.length);
    const hanging = openRequest(new URL(at, server.url), {
      method: 'PATCH',
      headers: { ...TYPE, 'Upload-Offset': '0', 'Content-Length': video.length, Authorization: `Bearer ${ann.token}` },
    });
    hanging.on('error', () => undefined);
    hanging.write(video.subarray(0, 300));
    await sleep(100);
    const again = await ann.patch(at, video, { ...TYPE, 'Upload-Offset': '0' });
    const offset = Number(again.headers.get('upload-offset'));
    // Either it took over at once, or it was told where the old one had come to.
    expect([204, 409]).toContain(again.status);
    const rest =
      again.status === 204
        ? again
        : await ann.patch(at, video.subarray(offset), { ...TYPE, 'Upload-Offset': String(offset) });
    expect([rest.status, await offsetOf(at)]).toEqual([204, video.length]);
    hanging.destroy();
    const { body } = await finish(ann, id);
    expect((await ended(ann, body.rq_id)).status).toBe('finished');
  });

  it('takes everything in one form, without any upload message', async () => {
    const id = await makeTask(ann);
    const form = new FormData();
    form.set('image_quality', '50');
    form.set('sorting_method', 'predefined');
    for (const [n, image] of images.entries())
      form.set(`client_files[${n}]`, new Blob([image as Uint8Array<ArrayBuffer>]), `${9 - n}.png`);
    const { status, body } = await ann.post(`/api/tasks/${id}/data`, form);
    expect(status).toBe(202);
    expect((await ended(ann, body.rq_id)).status).toBe('finished');
    const { body: meta } = await ann.get(`/api/tasks/${id}/data/meta`);
    expect(meta.frames.map(({ name }: { name: string }) => name)).toEqual(['9.png', '8.png', '7.png']);
    expect(meta.image_quality).toBe(50);
  });

  it('takes a zip archive and keeps its folders in the names', async () => {
    const id = await makeTask(ann);
    await sendFiles(ann, id, [
      [
        'set.zip',
        await zip([
          ['b/2.png', images[2]!],
          ['a/1.png', images[1]!],
          ['notes.txt', Buffer.from('x')],
        ]),
      ],
    ]);
    const { body } = await finish(ann, id);
    expect(await ended(ann, body.rq_id)).toMatchObject({ status: 'finished' });
    const { body: meta } = await ann.get(`/api/tasks/${id}/data/meta`);
    expect(meta.frames.map(({ name }: { name: string }) => name)).toEqual(['a/1.png', 'b/2.png']);
    await vi.waitFor(async () => {
      expect(await server.context.store.list(`tasks/${id}/`)).toEqual([
        `tasks/${id}/media/000000`,
        `tasks/${id}/media/000001`,
      ]);
    }, 5_000);
  });

  it('begins anew at a start, and takes nothing while an import waits', async () => {
    const id = await makeTask(ann);
    const at = await begin(id, 'old.mp4', 100);
    await ann.post(`/api/tasks/${id}/data/`, undefined, { 'Upload-Start': '' });
    expect((await ann.fetch(at, { method: 'HEAD' })).status).toBe(404);
    await sendFiles(ann, id, [['walk.mp4', video]]);
    const { db } = server.context;
    const waiting = `action=create&target=task&target_id=${id}`;
    await db.insert(requests).values({
      id: waiting,
      type: 'create:task',
      taskId: id,
      ownerId: ann.id,
      leaseUntil: new Date(Date.now() + 60_000),
    });
    const second = await finish(ann, id);
    expect([second.status, second.body.rq_id]).toEqual([409, waiting]);
    expect((await sendFiles(ann, id, [['more.mp4', video]])).status).toBe(409);
    await db.delete(requests).where(eq(requests.id, waiting));
  });

  it('frees everything when the task is deleted while it is being imported', async () => {
    const id = await makeTask(ann);
    await sendFiles(ann, id, [['walk.mp4', video]]);
    const { body } = await finish(ann, id);
    expect((await ann.delete(`/api/tasks/${id}`)).status).toBe(204);
    expect((await ann.get(`/api/requests/${encodeURIComponent(body.rq_id)}`)).status).toBe(404);
    // What a straggler may have written in between goes with the second sweep; here it is brought forward.
    await sleep(200);
    const { db } = server.context;
    const ofTask = and(eq(requests.type, 'remove:files'), like(requests.id, '%'));
    await db.update(requests).set({ leaseUntil: null }).where(ofTask);
    await server.context.events.tell(db, { on: 'background' });
    await vi.waitFor(async () => expect(await server.context.store.list(`tasks/${id}/`)).toEqual([]), 5_000);
  });

  it('cancels an import that waits, and frees its files', async () => {
    const id = await makeTask(ann);
    await sendFiles(ann, id, [['walk.mp4', video]]);
    const { db } = server.context;
    const rq = await attachData(server.context, id, ann.id, readDataFields({}));
    // Whether it had begun or not, it ends, and the task is whole or empty.
    expect((await ann.post(`/api/requests/${encodeURIComponent(rq)}/cancel`)).status).toBe(200);
    const { status, message } = await ended(ann, rq);
    const { body: task } = await ann.get(`/api/tasks/${id}`);
    if (status === 'failed') {
      expect([message, task.size]).toEqual(['Cancelled.', undefined]);
      expect(await server.context.store.list(`tasks/${id}/`)).toEqual([]);
      expect(await db.select().from(uploads).where(eq(uploads.taskId, id))).toEqual([]);
    } else expect(task.size).toBe(8);
  });

  it('forgets uploads that nobody went on with', async () => {
    const id = await makeTask(ann);
    const [old, fresh] = [await begin(id, 'old.mp4', 10), await begin(id, 'fresh.mp4', 10)];
    await ann.patch(old, Buffer.alloc(5), { ...TYPE, 'Upload-Offset': '0' });
    const { db } = server.context;
    await db
      .update(uploads)
      .set({ updatedDate: new Date(Date.now() - 4 * 24 * 3600 * 1000) })
      .where(eq(uploads.id, old.split('/').at(-1)!));
    await dropStaleUploads(server.context);
    expect((await ann.fetch(old, { method: 'HEAD' })).status).toBe(404);
    expect((await ann.fetch(fresh, { method: 'HEAD' })).status).toBe(200);
    await vi.waitFor(async () => expect(await server.context.store.list(`tasks/${id}/`)).toEqual([]), 5_000);
  });
});

describe.each(ENGINES)('imports that are killed, on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
  });
  afterAll(() => server.close());

  const importMedia = REQUEST_HANDLERS['create:task']!;
  const nothing = () => undefined;

  /** Runs the import as a process that dies at its `n`th use of the media store; what it held is left as it was. */
  async function dieAt(n: number): Promise<boolean> {
    const { store, db } = server.context;
    const held = await claim(db, 'doomed', ['create:task'], 1, 50);
    if (!held) return false; // the server's own worker was quicker: it goes on from nothing
    let uses = 0;
    const dying = new Proxy(store, {
      get(target, name: keyof typeof store) {
        return (...args: unknown[]) => {
          if (++uses > n) throw new Error('killed');
          return (target[name] as (...args: unknown[]) => unknown)(...args);
        };
      },
    });
    return importMedia
      .run({ ...server.context, store: dying }, held.request, nothing, new AbortController().signal)
      .then(
        () => true,
        (error) => {
          // Its lease is over at once, so the server's worker may take the import while it still runs.
          expect(String(error)).toMatch(/killed|LeaseLost/);
          return false;
        },
      );
  }

  it.each([
    ['a video', async () => [['walk.mp4', video]] as const, 8],
    ['images', async () => images.map((image, n) => [`${n}.png`, image] as const), 3],
    [
      'an archive',
      async () => [['a.zip', await zip(images.map((image, n) => [`${n}.png`, image] as const))]] as const,
      3,
    ],
  ])('are finished by another process, wherever it happened: %s', async (_, files, size) => {
    let died = 0;
    for (let n = 0; ; n++) {
      const id = await makeTask(ann);
      await sendFiles(ann, id, await files());
      const rq = `action=create&target=task&target_id=${id}`;
      const params = { ...readDataFields({}) };
      await server.context.db
        .insert(requests)
        .values({ id: rq, type: 'create:task', taskId: id, ownerId: ann.id, params });
      const whole = await dieAt(n);
      // Another process: this one's, unless the server's own worker was quicker.
      const taken = await claim(server.context.db, 'other', ['create:task'], 60_000, 50);
      if (taken) {
        await importMedia.run(server.context, taken.request, nothing, new AbortController().signal);
        await end(server.context.db, taken.request, { status: 'finished', message: '' });
      }
      expect(await ended(ann, rq)).toMatchObject({ status: 'finished' });
      const { body: task } = await ann.get(`/api/tasks/${id}`);
      expect([task.size, task.jobs.count]).toEqual([size, 1]);
      for (const frame of [0, size - 1]) {
        expect((await ann.fetch(`/api/tasks/${id}/data?type=frame&number=${frame}&quality=original`)).status).toBe(200);
      }
      if (whole) break;
      died++;
    }
    expect(died).toBeGreaterThan(3);
  });
});
