import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../../testing/server.ts';
import { type AnnotatedTask, annotatedTask, polygon } from '../testing/annotated-task.ts';

describe.each(ENGINES)('files of annotations on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let task: AnnotatedTask;
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
    task = await annotatedTask(server.context.db, ann.id, [
      [0, 59],
      [50, 99],
    ]);
  });
  afterAll(() => server.close());

  const ended = async (rqId: string) => {
    await expect
      .poll(async () => (await ann.get(`/api/requests/${encodeURIComponent(rqId)}`)).body.status, { timeout: 20_000 })
      .toMatch(/finished|failed/);
    return (await ann.get(`/api/requests/${encodeURIComponent(rqId)}`)).body;
  };
  const exported = async (of: string, format: string) => {
    const asked = await ann.post(
      `/api/${of}/dataset/export?format=${encodeURIComponent(format)}&save_images=False&location=local`,
    );
    expect([asked.status, asked.body]).toEqual([202, { rq_id: expect.any(String) }]);
    const request = await ended(asked.body.rq_id);
    expect(request).toMatchObject({ status: 'finished', operation: { type: 'export:annotations', format } });
    const answer = await ann.fetch(request.result_url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="(?!\.)[A-Za-z0-9_\-. ]+\.zip"$/);
    return new Uint8Array(await answer.arrayBuffer());
  };
  /** As the SDK sends files: start, TUS, finish. */
  const imported = async (of: string, format: string, name: string, bytes: Uint8Array, mode?: string) => {
    const at = `/api/${of}/annotations/`;
    const query = `?format=${encodeURIComponent(format)}${mode ? `&import_mode=${mode}` : ''}`;
    const json = { 'Content-Type': 'application/json' };
    expect((await ann.post(`${at}${query}&filename=${name}`, '', { ...json, 'Upload-Start': '' })).status).toBe(202);
    const made = await ann.post(`${at}${query}&filename=${name}`, '', {
      ...json,
      'Upload-Length': String(bytes.length),
      'Upload-Metadata': `filename ${Buffer.from(name).toString('base64')}`,
      'Tus-Resumable': '1.0.0',
    });
    expect(made.status).toBe(201);
    const sent = await ann.patch(made.headers.get('location')!, bytes, {
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': '0',
      'Tus-Resumable': '1.0.0',
    });
    expect([sent.status, sent.body]).toEqual([204, undefined]);
    const id = made.headers.get('upload-filename')!;
    const finish = await ann.post(`${at}${query}&filename=${id}`, '', { ...json, 'Upload-Finish': '' });
    expect([finish.status, finish.body]).toEqual([202, { rq_id: expect.any(String) }]);
    return ended(finish.body.rq_id);
  };

  it('lists its formats', async () => {
    const { body } = await server.nobody.get('/api/server/annotation/formats');
    expect(body.exporters.map(({ name }: { name: string }) => name)).toContain('CVAT for images 1.1');
    expect(body.importers).toContainEqual({
      name: 'CVAT 1.1',
      ext: 'XML, ZIP',
      version: '1.1',
      enabled: true,
      dimension: '2d',
    });
  });

  it('comes back through CVAT for video, by task and by job, in place of what was there or beside it', async () => {
    const at = `/api/tasks/${task.taskId}/annotations`;
    const { car } = task.labels;
    const made = await ann.patch(`${at}?action=create`, {
      shapes: [polygon(3, 0, { label_id: car })],
      tracks: [{ frame: 10, label_id: car, shapes: [polygon(10), polygon(90, 300)] }],
    });
    expect([made.status, made.body.tracks.length]).toEqual([200, 1]);
    const before = (await ann.get(at)).body;
    const zip = await exported(`tasks/${task.taskId}`, 'CVAT for video 1.1');
    expect(Object.keys(unzipSync(zip))).toEqual(['annotations.xml']);

    const done = await imported(`tasks/${task.taskId}`, 'CVAT 1.1', 'annotations.zip', zip);
    expect(done).toMatchObject({ status: 'finished', message: '', operation: { type: 'import:annotations' } });
    const after = (await ann.get(at)).body;
    expect(after.tracks.length).toBe(before.tracks.length);
    expect(after.tracks[0].shapes.map(({ frame }: { frame: number }) => frame)).toEqual(
      before.tracks[0].shapes.map(({ frame }: { frame: number }) => frame),
    );
    expect(after.tracks[0].shapes[0]).toMatchObject({ points: before.tracks[0].shapes[0].points, origin: 'import' });

    const text = unzipSync(await exported(`jobs/${task.jobIds[1]}`, 'CVAT for video 1.1'))['annotations.xml']!;
    await imported(`jobs/${task.jobIds[1]}`, 'CVAT 1.1', 'annotations.xml', text, 'append');
    const job = (await ann.get(`/api/jobs/${task.jobIds[1]}/annotations`)).body;
    expect(job.tracks).toHaveLength(2);
    expect((await ann.get(`/api/jobs/${task.jobIds[0]}/annotations`)).body.tracks).toHaveLength(1);
    const history = await ann.get(`/api/jobs/${task.jobIds[1]}/annotations/history`);
    expect(history.body.results[0]).toMatchObject({ action: 'create', origin: 'import', user: { username: 'ann' } });
  });

  it('names what is wrong with a file, and leaves everything as it was', async () => {
    const at = `/api/tasks/${task.taskId}/annotations`;
    const before = (await ann.get(at)).body;
    const xml = (inner: string) =>
      new TextEncoder().encode(`<annotations><version>1.1</version>${inner}</annotations>`);
    const stranger = xml('<image id="0" name="0.png"><polygon label="giraffe" points="1,2;3,4;5,6"/></image>');
    const cases: [string, string, Uint8Array, RegExp][] = [
      ['a label that the task does not have', 'a.xml', stranger, /giraffe/],
      ['no XML', 'a.xml', new TextEncoder().encode('<annotations'), /a\.xml/],
      ['a torn archive', 'a.zip', zipSync({ 'annotations.xml': xml('') }).subarray(0, 40), /a\.zip/],
      ['nothing', 'a.xml', new Uint8Array(0), /./],
    ];
    for (const [what, name, bytes, message] of cases) {
      const request = await imported(`tasks/${task.taskId}`, 'CVAT 1.1', name, bytes);
      expect([what, request.status], request.message).toEqual([what, 'failed']);
      expect(request.message).toMatch(message);
    }
    expect((await ann.get(at)).body).toEqual(before);
  });

  it('refuses archives that only an attack would contain', async () => {
    const xml = new TextEncoder().encode('<annotations></annotations>');
    const cases: [string, Uint8Array, RegExp][] = [
      ['a name that leads out', zipSync({ '../../evil.xml': xml }), /evil|relative|not acceptable/],
      ['an absolute name', zipSync({ '/etc/evil.xml': xml }), /absolute|not acceptable/],
      ['a link', zipSync({ 'annotations.xml': [xml, { os: 3, attrs: 0o120777 << 16 }] }), /link/],
      ['a bomb', zipSync({ 'annotations.xml': new Uint8Array(90_000_000) }, { level: 9 }), /bomb/],
    ];
    for (const [what, bytes, message] of cases) {
      const request = await imported(`tasks/${task.taskId}`, 'CVAT 1.1', 'a.zip', bytes);
      expect([what, request.status], request.message).toEqual([what, 'failed']);
      expect(request.message, what).toMatch(message);
    }
    const entities =
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotations><version>&x;</version></annotations>';
    const request = await imported(`tasks/${task.taskId}`, 'CVAT 1.1', 'a.xml', new TextEncoder().encode(entities));
    expect([request.status, request.message]).toEqual(['failed', expect.not.stringContaining('root:')]);
    expect(await server.context.store.list(`tasks/${task.taskId}/incoming/`)).toEqual([]);
  });

  it('refuses unknown formats, pictures where there is no place for them, clouds, and backups', async () => {
    const at = `/api/tasks/${task.taskId}`;
    const statuses = await Promise.all(
      [
        '/dataset/export?format=Nonsense',
        '/dataset/export',
        '/dataset/export?format=DAVIS+1.0&save_images=True',
        '/dataset/export?format=COCO+1.0&location=cloud_storage&cloud_storage_id=1',
        '/backup/export?location=local&lightweight=False',
        '/annotations/?format=Nonsense',
      ].map(async (path) => (await ann.post(`${at}${path}`)).status),
    );
    expect(statuses).toEqual([400, 400, 400, 400, 405, 400]);
    expect((await ann.post(`${at}/backup/export`)).body.detail).toMatch(/backup/);
    const bob = await server.user('bob');
    expect((await bob.post(`${at}/dataset/export?format=COCO+1.0`)).status).toBe(404);
  });
});
