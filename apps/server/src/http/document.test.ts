import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestServer, testServer } from '../testing/server.ts';
import { nameComponents } from './components.ts';

type Operation = {
  readonly summary?: string;
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: object }>>;
};

describe('the document of the interface', () => {
  let server: TestServer;
  const operations: [string, Operation][] = [];
  let schemas: Record<string, { description?: string }>;

  beforeAll(async () => {
    server = await testServer('pglite');
    const { body } = await server.nobody.get('/api/schema');
    schemas = body.components.schemas;
    for (const [path, methods] of Object.entries(body.paths as Record<string, Record<string, Operation>>))
      for (const [method, operation] of Object.entries(methods))
        operations.push([`${method.toUpperCase()} ${path}`, operation]);
  });
  afterAll(() => server.close());

  it('says what every operation does', () => {
    expect(operations.length).toBeGreaterThan(100);
    expect(operations.filter(([, { summary }]) => !summary).map(([name]) => name)).toEqual([]);
  });

  it('says what every operation answers', () => {
    const silent = operations.filter(([, { responses }]) => {
      const answers = Object.entries(responses).filter(([status]) => !/^[45]XX$/.test(status));
      return answers.length === 0 || answers.some(([, { description }]) => description === 'Default Response');
    });
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('names the nouns, with a description each', () => {
    for (const noun of [
      'Task',
      'Job',
      'Label',
      'DataMeta',
      'Annotations',
      'Run',
      'User',
      'BackgroundRequest',
      'Problem',
    ])
      expect(Object.keys(schemas)).toContain(noun);
    expect(Object.entries(schemas).filter(([, { description }]) => !description)).toEqual([]);
  });
});

describe('naming components', () => {
  const schema = (title: string, type: string) => ({ title, type: 'object', properties: { title: { type } } });
  const documentOf = (...answers: object[]) => ({ paths: { '/': { get: { answers } } } });

  it('keeps each schema once, also within another, and a member that is called title', () => {
    const thing = schema('Thing', 'string');
    const list = { title: 'List', type: 'array', items: thing };
    expect(nameComponents(documentOf(thing, list))).toEqual({
      ...documentOf({ $ref: '#/components/schemas/Thing' }, { $ref: '#/components/schemas/List' }),
      components: {
        schemas: {
          List: { type: 'array', items: { $ref: '#/components/schemas/Thing' } },
          Thing: { type: 'object', properties: { title: { type: 'string' } } },
        },
      },
    });
  });

  it('refuses two schemas of one title', () => {
    expect(() => nameComponents(documentOf(schema('Thing', 'string'), schema('Thing', 'number')))).toThrow('Thing');
  });
});
