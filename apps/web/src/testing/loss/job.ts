import type { LabeledData } from '@roto/annotations';
import { encode } from 'fast-png';
import type { RotoServer } from '../../../e2e/world/server.ts';

/** A person of the server, by the network and past every proxy. */
export type Person = {
  readonly id: number;
  readonly authorization: string;
  ask<T>(method: string, path: string, body?: unknown): Promise<T>;
};

/** Signs the owner in by the printed link; `url` is read each time, since a server that was started again has it anew. */
export async function signIn(server: RotoServer): Promise<Person> {
  const answer = await fetch(server.link(), { redirect: 'manual' });
  const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0]!);
  const csrf = cookies.find((each) => each.startsWith('csrftoken='))!.slice('csrftoken='.length);
  const made = await fetch(`${server.url}/api/auth/access_tokens`, {
    method: 'POST',
    headers: { Cookie: cookies.join('; '), 'X-CSRFToken': csrf, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'test' }),
  });
  const { value } = (await made.json()) as { value: string };
  return personOf(server, value);
}

export async function personOf(server: RotoServer, token: string): Promise<Person> {
  const authorization = `Bearer ${token}`;
  const ask = async <T>(method: string, at: string, body?: unknown): Promise<T> => {
    const answer = await fetch(server.url + at, {
      method,
      headers: { Authorization: authorization, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok)
      throw Object.assign(new Error(`${method} ${at}: ${answer.status} ${text}`), { status: answer.status });
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const { id } = await ask<{ id: number }>('GET', '/api/users/self');
  return { id, authorization, ask };
}

export type TestJob = {
  readonly id: number;
  readonly task: number;
  readonly labels: readonly number[];
  readonly last: number;
};

const FRAMES = 90;
const SIZE = { width: 960, height: 540 };

/** A job of plain images with labels that take every type of shape. */
export async function makeJob(person: Person, server: RotoServer): Promise<TestJob> {
  const names = ['one', 'two', 'three'];
  const { id: task } = await person.ask<{ id: number }>('POST', '/api/tasks', {
    name: 'Loss test',
    labels: names.map((name) => ({ name, type: 'any' })),
  });
  const picture = new Blob([
    Uint8Array.from(encode({ ...SIZE, channels: 1, depth: 8, data: new Uint8Array(SIZE.width * SIZE.height) })),
  ]);
  const form = new FormData();
  form.set('image_quality', '70');
  for (let i = 0; i < FRAMES; i++) form.set(`client_files[${i}]`, picture, `${String(i).padStart(3, '0')}.png`);
  const sent = await fetch(`${server.url}/api/tasks/${task}/data`, {
    method: 'POST',
    headers: { Authorization: person.authorization },
    body: form,
  });
  if (!sent.ok) throw new Error(`The images were not taken: ${sent.status} ${await sent.text()}`);
  const { rq_id } = (await sent.json()) as { rq_id: string };
  for (;;) {
    const { status, message } = await person.ask<{ status: string; message: string }>('GET', `/api/requests/${rq_id}`);
    if (status === 'finished') break;
    if (status === 'failed') throw new Error(message);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const jobs = await person.ask<{ results: { id: number; stop_frame: number }[] }>('GET', `/api/jobs?task_id=${task}`);
  const labels = await person.ask<{ results: { id: number }[] }>('GET', `/api/labels?task_id=${task}`);
  const job = jobs.results[0]!;
  return { id: job.id, task, labels: labels.results.map(({ id }) => id), last: job.stop_frame };
}

export const annotationsOf = (person: Person, job: number): Promise<LabeledData> =>
  person.ask<LabeledData>('GET', `/api/jobs/${job}/annotations`);
