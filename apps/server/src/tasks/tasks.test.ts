import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { clip } from '../testing/media.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { makeTask, taskWith } from '../testing/tasks.ts';

const video = await clip(12);
type Named = { id: number; name: string };

describe.each(ENGINES)('tasks on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let bob: TestUser;
  beforeAll(async () => {
    server = await testServer(engine);
    [ann, bob] = [await server.user('ann'), await server.user('bob')];
    // People know each other by an organization in common; else one cannot give the other work.
    await server.organization('friends', { owner: ann, worker: bob });
  });
  afterAll(() => server.close());
  const labelsOf = async (id: number) => (await ann.get(`/api/labels?task_id=${id}&page_size=all`)).body.results;

  it('shows a task without data without what does not exist yet', async () => {
    const made = await ann.post('/api/tasks', { name: ' walk ', bug_tracker: 'http://bugs', subset: 'Train' });
    expect(made.status).toBe(201);
    expect(made.headers.get('content-type')).toContain('application/vnd.cvat+json');
    const { body } = await ann.get(`/api/tasks/${made.body.id}/`);
    expect(body).toEqual(made.body);
    expect(body).toMatchObject({
      url: `${server.url}/api/tasks/${body.id}`,
      name: 'walk',
      project_id: null,
      mode: '',
      owner: { id: ann.id, username: 'ann' },
      assignee: null,
      bug_tracker: 'http://bugs',
      subset: 'Train',
      overlap: null,
      segment_size: 0,
      status: 'annotation',
      dimension: '2d',
      organization: null,
      jobs: { count: 0, completed: 0, validation: 0, url: `${server.url}/api/jobs?task_id=${body.id}` },
      labels: { url: `${server.url}/api/labels?task_id=${body.id}` },
    });
    for (const key of [
      'size',
      'image_quality',
      'data',
      'data_original_chunk_type',
      'data_compressed_chunk_type',
      'data_chunk_size',
    ]) {
      expect(Object.hasOwn(body, key)).toBe(false);
    }
  });

  it('keeps labels with attributes and skeletons, and gives colours to those without', async () => {
    const id = await makeTask(ann, {
      labels: [
        {
          name: 'person',
          color: '#FF6037',
          attributes: [{ name: 'pose', mutable: true, input_type: 'select', values: ['stand', 'sit'] }],
        },
        { name: 'dog' },
        { name: 'cat' },
        {
          name: 'face',
          type: 'skeleton',
          svg: '<circle r="1" cx="5" cy="5" data-label-name="nose"></circle>',
          sublabels: [{ name: 'nose', type: 'points' }, { name: 'ear' }],
        },
      ],
    });
    const [person, dog, cat, face] = await labelsOf(id);
    expect(person).toMatchObject({
      color: '#ff6037',
      type: 'any',
      task_id: id,
      parent_id: null,
      has_parent: false,
      sublabels: [],
      attributes: [
        { name: 'pose', mutable: true, input_type: 'select', default_value: 'stand', values: ['stand', 'sit'] },
      ],
    });
    expect(Object.hasOwn(person, 'project_id')).toBe(false);
    expect(Object.hasOwn(person, 'svg')).toBe(false);
    expect(new Set([person.color, dog.color, cat.color, face.color]).size).toBe(4);
    for (const { color } of [dog, cat]) expect(color).toMatch(/^#[0-9a-f]{6}$/);
    expect(
      face.sublabels.map(({ name, type, has_parent, parent_id }: Record<string, unknown>) => [
        name,
        type,
        has_parent,
        parent_id,
      ]),
    ).toEqual([
      ['nose', 'points', true, face.id],
      ['ear', 'points', true, face.id],
    ]);
    expect(face.svg).toContain(`data-label-id="${face.sublabels[0].id}"`);
  });

  it('changes, adds and drops labels and attributes', async () => {
    const id = await makeTask(ann, {
      labels: [
        { name: 'a', attributes: [{ name: 'x', mutable: false, input_type: 'text', values: [] }] },
        { name: 'b' },
      ],
    });
    const [a, b] = await labelsOf(id);
    const before = (await ann.get(`/api/tasks/${id}`)).body.updated_date;
    const changed = await ann.patch(`/api/tasks/${id}`, {
      name: 'renamed',
      assignee_id: bob.id,
      labels: [
        {
          id: a.id,
          name: 'A',
          color: '#000001',
          attributes: [
            { id: a.attributes[0].id, name: 'X', default_value: 'd' },
            { name: 'y', input_type: 'number', values: ['0', '10', '1'] },
          ],
        },
        { id: b.id, deleted: true },
        { name: 'c', type: 'mask' },
      ],
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ name: 'renamed', assignee: { username: 'bob' } });
    expect(Date.parse(changed.body.updated_date)).toBeGreaterThan(Date.parse(before));
    const after = await labelsOf(id);
    expect(after.map(({ name, type }: { name: string; type: string }) => [name, type])).toEqual([
      ['A', 'any'],
      ['c', 'mask'],
    ]);
    expect(after[0]).toMatchObject({
      id: a.id,
      color: '#000001',
      attributes: [
        { id: a.attributes[0].id, name: 'X', default_value: 'd', input_type: 'text' },
        { name: 'y', default_value: '0', values: ['0', '10', '1'] },
      ],
    });
    await ann.patch(`/api/tasks/${id}`, {
      labels: [{ id: a.id, attributes: [{ id: a.attributes[0].id, deleted: true }] }],
    });
    expect((await labelsOf(id))[0].attributes.map(({ name }: Named) => name)).toEqual(['y']);
    // Names can be exchanged within one change.
    const [first, second] = after;
    const swap = await ann.patch(`/api/tasks/${id}`, {
      labels: [
        { id: first.id, name: 'c' },
        { id: second.id, name: 'A' },
      ],
    });
    expect(swap.status).toBe(200);
  });

  it.each([
    ['no name', {}, 'name'],
    ['an empty name', { name: '  ' }, 'name'],
    ['a name that is a number', { name: 5 }, 'name'],
    ['a name of 257 characters', { name: 'x'.repeat(257) }, 'name'],
    ['a project', { name: 'a', project_id: 3 }, 'project_id'],
    ['an assignee that is not there', { name: 'a', assignee_id: 99999 }, 'assignee_id'],
    ['somebody else as owner', { name: 'a', owner_id: 1_000_000 }, 'owner_id'],
    [
      'a cloud storage',
      { name: 'a', target_storage: { location: 'cloud_storage', cloud_storage_id: 1 } },
      'target_storage',
    ],
    ['consensus jobs', { name: 'a', consensus_replicas: 2 }, 'consensus_replicas'],
    ['a negative segment size', { name: 'a', segment_size: -1 }, 'segment_size'],
    ['a zero character', { name: 'a\0b' }, 'detail'],
  ])('refuses %s', async (_, body, field) => {
    const answer = await ann.post('/api/tasks', body);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body)).toEqual([field]);
  });

  it.each([
    ['two of one name', [{ name: 'a' }, { name: 'a' }], 'two labels of the name "a"'],
    ['one without a name', [{ color: '#000000' }], 'no name'],
    ['an unknown type', [{ name: 'a', type: 'blob' }], 'type "blob"'],
    ['a colour by name', [{ name: 'a', color: 'red' }], '#rrggbb'],
    ['a skeleton without parts', [{ name: 'a', type: 'skeleton' }], 'needs sublabels'],
    ['parts of what is no skeleton', [{ name: 'a', sublabels: [{ name: 'b' }] }], 'only a skeleton may'],
    [
      'a skeleton in a skeleton',
      [{ name: 'a', type: 'skeleton', sublabels: [{ name: 'b', type: 'skeleton' }] }],
      'cannot be a skeleton itself',
    ],
    [
      'a script in a drawing',
      [{ name: 'a', type: 'skeleton', svg: '<script>x</script>', sublabels: [{ name: 'b' }] }],
      '<script> in it',
    ],
    [
      'a handler in a drawing',
      [{ name: 'a', type: 'skeleton', svg: '<circle onload="x()" />', sublabels: [{ name: 'b' }] }],
      'run or load',
    ],
    [
      'a link in a drawing',
      [{ name: 'a', type: 'skeleton', svg: '<circle xlink:href="javascript:x" />', sublabels: [{ name: 'b' }] }],
      'a drawing',
    ],
    [
      'a choice without values',
      [{ name: 'a', attributes: [{ name: 'x', input_type: 'select', values: [] }] }],
      'choice without values',
    ],
    [
      'a default that is no value',
      [{ name: 'a', attributes: [{ name: 'x', input_type: 'radio', values: ['1'], default_value: '2' }] }],
      'none of its values',
    ],
    [
      'a number without a range',
      [{ name: 'a', attributes: [{ name: 'x', input_type: 'number', values: ['1'] }] }],
      'its least, its most and its step',
    ],
    [
      'an unknown kind of input',
      [{ name: 'a', attributes: [{ name: 'x', input_type: 'slider', values: [] }] }],
      'slider',
    ],
    [
      'two attributes of one name',
      [{ name: 'a', attributes: [{ name: 'x' }, { name: 'x' }] }],
      'two attributes of the name "x"',
    ],
    ['the id of another label', [{ id: 1, name: 'a' }], 'no labels yet'],
  ])('refuses labels with %s', async (_, labels, message) => {
    const answer = await ann.post('/api/tasks', { name: 'a', labels });
    expect(answer.status).toBe(400);
    expect(answer.body.labels[0]).toContain(message);
  });

  it('refuses changes of labels that are not its own or make no sense, and changes nothing then', async () => {
    const [mine, other] = [await makeTask(ann), await makeTask(ann)];
    const [foreign] = await labelsOf(other);
    const before = await labelsOf(mine);
    for (const labels of [
      [{ id: foreign.id, name: 'x' }],
      [{ id: foreign.id, deleted: true }],
      [{ deleted: true }],
      [{ name: 'new' }, { name: 'thing' }],
      [{ id: before[0].id, type: 'skeleton' }],
    ]) {
      expect((await ann.patch(`/api/tasks/${mine}`, { name: 'changed', labels })).status).toBe(400);
    }
    expect(await labelsOf(mine)).toEqual(before);
    expect((await ann.get(`/api/tasks/${mine}`)).body.name).toBe('a task');
    expect((await labelsOf(other))[0].name).toBe('thing');
  });

  it('lists tasks newest first, over pages, filtered and sorted', async () => {
    const carl = await server.user('carl');
    const ids: number[] = [];
    for (let n = 0; n < 12; n++)
      ids.push(await makeTask(carl, { name: `task ${n % 2 ? 'odd' : 'even'} ${n}`, labels: [] }));
    const first = (await carl.get('/api/tasks')).body;
    expect([first.count, first.previous, first.results.map(({ id }: Named) => id)]).toEqual([
      12,
      null,
      ids.toReversed().slice(0, 10),
    ]);
    const second = (await carl.get(new URL(first.next).pathname + new URL(first.next).search)).body;
    expect([second.next, second.results.map(({ id }: Named) => id)]).toEqual([null, ids.toReversed().slice(10)]);
    expect((await carl.get('/api/tasks?page=3')).status).toBe(404);
    const names = async (query: string) =>
      (await carl.get(`/api/tasks?page_size=all&${query}`)).body.results.map(({ name }: Named) => name);
    expect(await names('search=ODD')).toHaveLength(6);
    expect(await names('search=%25')).toHaveLength(0);
    expect(await names('sort=name')).toEqual((await names('')).sort());
    expect(await names('name=task%20odd%203')).toEqual(['task odd 3']);
    expect(await names('owner=carl')).toHaveLength(12);
    expect(await names('owner=ann')).toEqual([]);
    expect((await carl.get('/api/tasks?sort=password')).status).toBe(400);
    expect((await carl.get('/api/tasks?filter={}')).status).toBe(400);
    expect((await carl.get('/api/projects')).body).toEqual({ count: 0, next: null, previous: null, results: [] });
  });

  it('changes jobs, and counts what is done', async () => {
    const id = await taskWith(ann, [['v.mp4', video]], {}, { segment_size: 6, overlap: 0 });
    const jobs = (await ann.get(`/api/jobs?task_id=${id}&sort=id`)).body.results;
    const [first, second] = jobs.map(({ id }: Named) => `/api/jobs/${id}`);
    const changed = await ann.patch(first, { assignee: bob.id, stage: 'acceptance', state: 'completed' });
    expect(changed.body).toMatchObject({
      assignee: { username: 'bob' },
      stage: 'acceptance',
      state: 'completed',
      status: 'completed',
    });
    expect((await ann.get(`/api/tasks/${id}`)).body.jobs).toMatchObject({ count: 2, completed: 1, validation: 0 });
    await ann.patch(second, { stage: 'validation', state: 'in progress' });
    expect((await ann.patch(second, { stage: 'acceptance' })).body.state).toBe('new');
    await ann.patch(second, { state: 'completed' });
    expect((await ann.get(`/api/tasks/${id}`)).body.status).toBe('completed');
    expect((await ann.patch(first, { assignee: null })).body.assignee).toBeNull();
    for (const wrong of [{ stage: 'done' }, { state: 7 }, { assignee: 99999 }, { assignee: 'bob' }]) {
      expect((await ann.patch(first, wrong)).status).toBe(400);
    }
    expect((await ann.get(`/api/labels?job_id=${jobs[0].id}`)).body.results.map(({ name }: Named) => name)).toEqual([
      'thing',
    ]);
  });

  it('hides from others what is not theirs', async () => {
    const id = await taskWith(ann, [['v.mp4', video]]);
    const job = (await ann.get(`/api/jobs?task_id=${id}`)).body.results[0].id;
    for (const path of [
      `/api/tasks/${id}`,
      `/api/tasks/${id}/data/meta`,
      `/api/tasks/${id}/data?type=frame&number=0`,
      `/api/tasks/${id}/data/original`,
      `/api/tasks/${id}/preview`,
      `/api/tasks/${id}/status`,
      `/api/jobs/${job}`,
      `/api/jobs/${job}/data/meta`,
      `/api/requests/action%3Dcreate%26target%3Dtask%26target_id%3D${id}`,
    ]) {
      expect([path, (await bob.get(path)).status]).toEqual([path, 404]);
      expect([path, (await server.nobody.get(path)).status]).toEqual([path, 401]);
    }
    expect((await bob.patch(`/api/tasks/${id}`, { name: 'mine' })).status).toBe(404);
    expect((await bob.delete(`/api/tasks/${id}`)).status).toBe(404);
    expect((await bob.get(`/api/labels?task_id=${id}`)).body.count).toBe(0);
    expect((await bob.get(`/api/jobs?task_id=${id}`)).body.count).toBe(0);
    expect((await bob.get('/api/tasks')).body.results.map(({ id }: Named) => id)).not.toContain(id);
    expect((await bob.get(`/api/requests?task_id=${id}`)).body.count).toBe(0);
    expect((await ann.get(`/api/requests?task_id=${id}&action=create&status=finished`)).body.count).toBe(1);
    // Who is given a job sees it and its task, and may not change or delete the task.
    await ann.patch(`/api/jobs/${job}`, { assignee: bob.id });
    expect((await bob.get(`/api/jobs/${job}`)).status).toBe(200);
    expect((await bob.get(`/api/tasks/${id}/data?type=frame&number=0`)).status).toBe(200);
    expect((await bob.patch(`/api/tasks/${id}`, { name: 'mine' })).status).toBe(403);
    expect((await bob.delete(`/api/tasks/${id}`)).status).toBe(403);
  });
});
