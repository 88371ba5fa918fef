import { expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { testServer } from '../testing/server.ts';
import { annotatedTask } from './testing/annotated-task.ts';
import { interleaved } from './testing/two-writers.ts';

it.each(ENGINES)('loses nothing of two hundred edits of two clients on %s', { timeout: 300_000 }, async (engine) => {
  const server = await testServer(engine);
  try {
    const [ann, bob] = [await server.user('ann'), await server.user('bob', { isAdmin: true })];
    const task = await annotatedTask(server.context.db, ann.id);
    await interleaved(ann, bob, `/api/jobs/${task.jobIds[0]}/annotations`, task.labels.car, 100);
    expect((await ann.get(`/api/jobs/${task.jobIds[0]}/annotations`)).status).toBe(200);
  } finally {
    await server.close();
  }
});
