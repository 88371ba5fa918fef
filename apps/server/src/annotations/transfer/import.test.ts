import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENGINES } from '../../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../../testing/server.ts';
import { type AnnotatedTask, annotatedTask, polygon } from '../testing/annotated-task.ts';

let server: TestServer;
let ann: TestUser;
let task: AnnotatedTask;
beforeAll(async () => {
  server = await testServer(ENGINES[0]!);
  ann = await server.user('ann');
  task = await annotatedTask(server.context.db, ann.id, [
    [0, 49],
    [50, 99],
  ]);
  const shapes = [3, 60].map((frame) => polygon(frame, 0, { label_id: task.labels.car }));
  await ann.put(`/api/tasks/${task.taskId}/annotations`, { version: 0, tags: [], shapes, tracks: [] });
});
afterAll(() => server.close());

const bytes = (text: string) => new TextEncoder().encode(text);
const archive = (files: Record<string, string>) =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, bytes(text)])));

async function imported(of: string, format: string, file: Uint8Array, more: Record<string, string> = {}) {
  const name = format === 'CVAT 1.1' ? 'file.xml' : 'file.zip';
  const form = new FormData();
  form.set('annotation_file', new Blob([file as Uint8Array<ArrayBuffer>]), name);
  const query = new URLSearchParams({ format, ...more });
  const answer = await ann.fetch(`/api/${of}/annotations?${query}`, { method: 'POST', body: form });
  const body = (await answer.json()) as { rq_id: string };
  expect(answer.status, JSON.stringify(body)).toBe(202);
  const at = `/api/requests/${encodeURIComponent(body.rq_id)}`;
  await expect.poll(async () => (await ann.get(at)).body.status, { timeout: 20_000 }).toMatch(/finished|failed/);
  return (await ann.get(at)).body;
}
const whole = async () => (await ann.get(`/api/tasks/${task.taskId}/annotations`)).body;
const xml = (inner: string) => bytes(`<annotations>${inner}</annotations>`);
const box = (frame: number, label: string) =>
  `<track label="${label}"><box frame="${frame}" xtl="1" ytl="1" xbr="9" ybr="9"/></track>`;

test('03 files in which nothing is found change nothing, and say what was looked for', async () => {
  const before = await whole();
  expect(before.shapes).toHaveLength(2);
  const cases: [string, Uint8Array][] = [
    ['YOLO 1.1', archive({ 'data.yaml': 'names: [car]\n' })],
    ['Ultralytics YOLO Segmentation 1.0', archive({ 'data.yaml': 'names: [car]\n', 'labels/1.txt': '\n' })],
    ['COCO 1.0', archive({ 'a.json': '{"images": [], "categories": [], "annotations": []}' })],
    ['DAVIS 1.0', archive({ 'readme.md': 'x' })],
    ['MOTS PNG 1.0', archive({ 'readme.md': 'x' })],
    ['MOTS 1.0', archive({ 'instances_txt/a.txt': '' })],
    ['CVAT 1.1', xml('<version>1.1</version>')],
    ['CVAT 1.1', xml('<object/>')],
  ];
  for (const [format, file] of cases)
    for (const mode of format === 'COCO 1.0' ? ['replace', 'append'] : ['replace']) {
      const request = await imported(`tasks/${task.taskId}`, format, file, { import_mode: mode });
      expect([format, request.status], request.message).toEqual([format, 'failed']);
      expect(request.message).toMatch(/nothing was changed. Looked for, as .*: .*Found: /);
    }
  expect(await whole()).toEqual(before);
});

test('03 a job is not emptied by a file that has nothing for it', async () => {
  const before = await whole();
  const request = await imported(`jobs/${task.jobIds[1]}`, 'CVAT 1.1', xml('<image id="1"><tag label="car"/></image>'));
  expect(request).toMatchObject({
    status: 'failed',
    message: expect.stringMatching(/frames 50 to 99.*1 objects on other/),
  });
  expect(await whole()).toEqual(before);
});

test('a dry run shows by label and frame what would be imported, and changes nothing', async () => {
  const before = await whole();
  const file = xml(`${box(3, 'car')}${box(7, 'car')}<image id="1"><tag label="car"/></image><hint/>`);
  const { status, roto } = await imported(`tasks/${task.taskId}`, 'CVAT 1.1', file, { dry_run: 'true' });
  expect(status).toBe('finished');
  expect(roto.import).toMatchObject({
    format: 'CVAT 1.1',
    dry_run: true,
    labels: [{ name: 'car', tracks: 2, tags: 1, shapes: 0, first_frame: 1, last_frame: 7 }],
    new_labels: [],
    frames: [
      { frame: 1, objects: 1 },
      { frame: 3, objects: 1 },
      { frame: 7, objects: 1 },
    ],
    frames_left_out: 0,
    notes: [expect.stringMatching(/<hint> is no element of CVAT/)],
  });
  expect(await whole()).toEqual(before);
});

test('06 labels are mapped, or made together with the annotations', async () => {
  const at = `tasks/${task.taskId}`;
  const file = xml(box(3, 'wolf'));
  expect((await imported(at, 'CVAT 1.1', file)).message).toMatch(/no label "wolf"/);
  const mapped = await imported(at, 'CVAT 1.1', file, { label_map: '{"wolf":"car"}', import_mode: 'append' });
  expect(mapped.status, mapped.message).toBe('finished');
  const dry = await imported(at, 'CVAT 1.1', file, { create_labels: 'true', dry_run: 'true' });
  expect(dry.roto.import.new_labels).toEqual(['wolf']);
  const names = async () =>
    (await ann.get(`/api/labels?task_id=${task.taskId}`)).body.results.map((one: { name: string }) => one.name);
  expect(await names()).not.toContain('wolf');
  const made = await imported(at, 'CVAT 1.1', file, { create_labels: 'true', import_mode: 'append' });
  expect(made.status, made.message).toBe('finished');
  expect(await names()).toContain('wolf');
  const { tracks } = await whole();
  expect(new Set(tracks.map((track: { label_id: number }) => track.label_id)).size).toBe(2);
  const bad = await ann.post(`/api/${at}/annotations?format=CVAT+1.1&filename=x&label_map=%5B%5D`, {});
  expect([bad.status, bad.body]).toEqual([400, { label_map: [expect.stringMatching(/JSON object/)] }]);
});

test('who may only annotate makes no labels', async () => {
  const bob = await server.user('bob');
  // A personal task is given only to people of an organization that one shares.
  await server.organization('crew', { owner: ann, worker: bob });
  await ann.patch(`/api/jobs/${task.jobIds[0]}`, { assignee: bob.id });
  const answer = await bob.post(
    `/api/jobs/${task.jobIds[0]}/annotations?format=CVAT+1.1&filename=x&create_labels=true`,
    {},
  );
  expect(answer.status).toBe(403);
});

test('the messages that begin an upload are answered with nothing at all, as CVAT does', async () => {
  const { body: empty } = await ann.post('/api/tasks', { name: 'empty', labels: [] });
  for (const kind of ['annotations', 'data']) {
    const answer = await ann.fetch(`/api/tasks/${empty.id}/${kind}?format=CVAT+1.1`, {
      method: 'POST',
      headers: { 'Upload-Start': '' },
    });
    expect([kind, answer.headers.get('content-type'), await answer.text()]).toEqual([
      kind,
      expect.toSatisfy((type) => answer.status !== 202 || type === null),
      expect.any(String),
    ]);
    if (answer.status === 202) expect(answer.headers.get('content-length')).toBe('0');
  }
});
