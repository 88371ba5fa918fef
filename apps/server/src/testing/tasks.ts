import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, TestUser } from './server.ts';

export type NamedFile = readonly [name: string, content: Uint8Array];

/** Makes a task without data; returns its id. */
export async function makeTask(user: TestUser, more: Record<string, unknown> = {}): Promise<number> {
  const answer = await user.post('/api/tasks', { name: 'a task', labels: [{ name: 'thing' }], ...more });
  if (answer.status !== 201) throw new Error(`POST /api/tasks: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body.id;
}

/** Sends files as CVAT's SDK does small ones: in one form. */
export function sendFiles(user: TestUser, taskId: number, files: readonly NamedFile[]): Promise<Answer> {
  const form = new FormData();
  form.set('image_quality', '70');
  for (const [n, [name, content]] of files.entries()) {
    form.set(`client_files[${n}]`, new Blob([content as Uint8Array<ArrayBuffer>]), name);
  }
  return user.post(`/api/tasks/${taskId}/data/`, form, { 'Upload-Multiple': '' });
}

export function finish(user: TestUser, taskId: number, fields: Record<string, unknown> = {}): Promise<Answer> {
  return user.post(`/api/tasks/${taskId}/data/`, { image_quality: 70, ...fields }, { 'Upload-Finish': '' });
}

/** Waits for a background request to end; returns it as shown. */
export async function ended(user: TestUser, rqId: string, seconds = 30): Promise<Answer['body']> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(20)) {
    const { status, body } = await user.get(`/api/requests/${encodeURIComponent(rqId)}`);
    if (status !== 200) throw new Error(`GET /api/requests/${rqId}: ${status} ${JSON.stringify(body)}`);
    if (body.status === 'finished' || body.status === 'failed') return body;
    if (Date.now() > end) throw new Error(`${rqId} is still ${body.status} after ${seconds} s`);
  }
}

/** Uploads files and waits for the import; returns the ended request. */
export async function attach(
  user: TestUser,
  taskId: number,
  files: readonly NamedFile[],
  fields: Record<string, unknown> = {},
): Promise<Answer['body']> {
  const sent = await sendFiles(user, taskId, files);
  if (sent.status !== 200) throw new Error(`upload: ${sent.status} ${JSON.stringify(sent.body)}`);
  const finished = await finish(user, taskId, fields);
  if (finished.status !== 202) throw new Error(`finish: ${finished.status} ${JSON.stringify(finished.body)}`);
  return ended(user, finished.body.rq_id);
}

/** A task with data; returns its id. */
export async function taskWith(
  user: TestUser,
  files: readonly NamedFile[],
  fields: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Promise<number> {
  const id = await makeTask(user, more);
  const request = await attach(user, id, files, fields);
  if (request.status !== 'finished') throw new Error(`import: ${request.message}`);
  return id;
}
