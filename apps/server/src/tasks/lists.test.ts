import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';

describe.each(ENGINES)('lists and labels on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let ids: number[];
  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
    ids = [];
    for (const [name, bug_tracker] of [
      ['street', 'http://bugs/1'],
      ['Road 50%', ''],
      ['forest', ''],
    ])
      ids.push(
        (
          await ann.post('/api/tasks', {
            name,
            bug_tracker,
            labels: [{ name: 'car' }, { name: 'body', type: 'mask', color: '#112233' }],
          })
        ).body.id,
      );
  });
  afterAll(() => server.close());

  const names = async (query: Record<string, string>, list = 'tasks', key = 'name') => {
    const { status, body } = await ann.get(
      `/api/${list}?${new URLSearchParams({ page_size: 'all', sort: 'id', ...query })}`,
    );
    return status === 200 ? body.results.map((one: Record<string, unknown>) => one[key]) : [status, body];
  };
  const filtered = (expression: unknown) => names({ filter: JSON.stringify(expression) });
  const v = (name: string) => ({ var: name });

  it('every parameter that is accepted filters', async () => {
    expect(await names({ tracker_link: 'http://bugs/1' })).toEqual(['street']);
    expect(await names({ status: 'completed' })).toEqual([]);
    expect(await names({ status: 'annotation', name: 'forest' })).toEqual(['forest']);
    expect(await names({ owner: 'ann', search: 'ROAD' })).toEqual(['Road 50%']);
    expect(await names({ search: '50%' })).toEqual(['Road 50%']);
    expect(await names({ dimension: '3d' })).toEqual([]);
    expect(await names({ project_id: '1' })).toEqual([]);
    const labels = (query: Record<string, string>) => names({ task_id: String(ids[0]), ...query }, 'labels');
    expect(await labels({ type: 'mask' })).toEqual(['body']);
    expect(await labels({ color: '#112233' })).toEqual(['body']);
    expect(await labels({ type: 'polygon' })).toEqual([]);
    expect(await names({ task_name: 'nosuch' }, 'jobs', 'id')).toEqual([]);
    expect(await names({ dimension: '3d' }, 'jobs', 'id')).toEqual([]);
    expect(await names({ username: 'x' }, 'users', 'username')).toEqual([]);
    expect(await names({ username: 'ann' }, 'users', 'username')).toEqual(['ann']);
    expect(await names({ first_name: 'x' }, 'users', 'username')).toEqual([]);
    for (const [slug, name] of [
      ['one', 'First'],
      ['two', 'Second'],
    ])
      await ann.post('/api/organizations', { slug, name });
    expect(await names({ slug: 'two' }, 'organizations', 'slug')).toEqual(['two']);
    expect(await names({ name: 'First' }, 'organizations', 'slug')).toEqual(['one']);
    expect(await names({ owner: 'nobody' }, 'organizations', 'slug')).toEqual([]);
  });

  it('a parameter that is unknown is refused, and named', async () => {
    for (const list of ['tasks', 'jobs', 'labels', 'users', 'organizations'])
      expect([list, ...(await names({ nosuch: '1' }, list))]).toEqual([list, 400, { nosuch: [expect.any(String)] }]);
  });

  it("CVAT's expressions filter", async () => {
    expect(await filtered({ '==': [v('name'), 'street'] })).toEqual(['street']);
    expect(await filtered({ and: [{ '==': [v('owner'), 'ann'] }, { '!': { '==': [v('name'), 'street'] } }] })).toEqual([
      'Road 50%',
      'forest',
    ]);
    expect(await filtered({ or: [{ in: ['ores', v('name')] }, { '==': [v('id'), ids[1]] }] })).toEqual([
      'Road 50%',
      'forest',
    ]);
    expect(await filtered({ in: [v('name'), ['street', 'forest']] })).toEqual(['street', 'forest']);
    expect(await filtered({ '<=': [ids[0], v('id'), ids[1]] })).toEqual(['street', 'Road 50%']);
    expect(await filtered({ '>': [v('id'), ids[1]] })).toEqual(['forest']);
    expect(await filtered({ '!!': v('assignee') })).toEqual([]);
    expect(await filtered({ '!': v('assignee') })).toEqual(['street', 'Road 50%', 'forest']);
    expect(await filtered({ '<': [v('updated_date'), '2020-01-01T00:00:00Z'] })).toEqual([]);
    expect(await filtered({ '>': [v('updated_date'), '2020-01-01'] })).toHaveLength(3);
    expect(await filtered({ '==': [v('id'), 'x'] })).toEqual([]);
    expect(await filtered({ '==': [v('name'), 5] })).toEqual([]);
  });

  it('an expression that is not understood is refused with the reason', async () => {
    const refused = async (filter: string) => (await names({ filter }))[1];
    for (const [filter, message] of [
      ['{', /no JSON/],
      ['{"==":[{"var":"password"},"x"]}', /cannot filter by password; use id, name/],
      ['{"==":[{"var":"__proto__"},"x"]}', /cannot filter by __proto__/],
      ['{"map":[1]}', /"map" is not understood/],
      ['[]', /no expression/],
      ['{"==":["a","b"]}', /stands where/],
      [`${'{"!":'.repeat(40)}{"var":"id"}${'}'.repeat(40)}`, /too large/],
      ['{"==":[{"var":"name"},{}]}', /nothing to compare/],
    ] as const)
      expect([filter, await refused(filter)]).toEqual([filter, { filter: [expect.stringMatching(message)] }]);
  });

  it('a label is looked up, changed and deleted by its id, and its task changes with it', async () => {
    const at = `/api/labels?task_id=${ids[2]}`;
    const [car] = (await ann.get(at)).body.results;
    expect((await ann.get(`/api/labels/${car.id}`)).body).toEqual(car);
    const before = (await ann.get(`/api/tasks/${ids[2]}`)).body.updated_date;
    const changed = await ann.patch(`/api/labels/${car.id}`, { name: 'lorry', color: '#ff0000' });
    expect([changed.status, changed.body]).toEqual([200, { ...car, name: 'lorry', color: '#ff0000' }]);
    expect((await ann.delete(`/api/labels/${car.id}`)).status).toBe(204);
    expect((await ann.get(`/api/labels/${car.id}`)).status).toBe(404);
    expect((await ann.get(at)).body.results.map((one: { name: string }) => one.name)).toEqual(['body']);
    expect((await ann.get(`/api/tasks/${ids[2]}`)).body.updated_date > before).toBe(true);
    const bob = await server.user('bob');
    expect((await bob.get(`/api/labels/${car.id + 1}`)).status).toBe(404);
  });

  it('a point of a skeleton is changed by its id, and not taken away', async () => {
    const svg = '<line x1="1" y1="1" x2="2" y2="2" data-type="edge" data-node-from="1" data-node-to="2"></line>';
    const label = {
      name: 'pose',
      type: 'skeleton',
      svg,
      sublabels: [
        { name: '1', type: 'points' },
        { name: '2', type: 'points' },
      ],
    };
    const made = await ann.post('/api/tasks', { name: 'poses', labels: [label] });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const [pose] = (await ann.get(`/api/labels?task_id=${made.body.id}`)).body.results;
    const [first] = pose.sublabels;
    expect((await ann.patch(`/api/labels/${first.id}`, { name: 'head' })).body).toMatchObject({
      name: 'head',
      parent_id: pose.id,
    });
    expect((await ann.delete(`/api/labels/${first.id}`)).status).toBe(400);
    expect((await ann.delete(`/api/labels/${pose.id}`)).status).toBe(204);
  });

  it('an organization keeps its contact and its slug', async () => {
    const made = await ann.post('/api/organizations', { slug: 'three', contact: { email: 'a@b.c' } });
    expect(made.body.contact).toEqual({ email: 'a@b.c' });
    const changed = await ann.patch(`/api/organizations/${made.body.id}`, {
      slug: 'four',
      contact: { location: 'here' },
    });
    expect(changed.body).toMatchObject({ slug: 'four', contact: { location: 'here' } });
    expect((await ann.patch(`/api/organizations/${made.body.id}`, { slug: 'one' })).status).toBe(400);
  });

  it('an administrator removes a user, who leaves what they made', async () => {
    const root = await server.user('root', { isAdmin: true });
    const eve = await server.user('eve');
    const task = (await eve.post('/api/tasks', { name: 'left', labels: [] })).body.id;
    expect((await ann.delete(`/api/users/${eve.id}`)).status).toBe(404);
    expect((await root.delete(`/api/users/${eve.id}`)).status).toBe(204);
    expect((await root.get(`/api/tasks/${task}`)).body.owner).toBeNull();
    expect((await root.delete(`/api/users/${root.id}`)).status).toBe(400);
    expect((await root.delete(`/api/users/${ann.id}`)).status).toBe(409);
  });
});
