import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession } from '../auth/sessions.ts';
import { DOCS } from '../http/document.ts';
import { contractOf } from '../testing/contract.ts';
import { ENGINES } from '../testing/databases.ts';
import { type TestServer, testServer } from '../testing/server.ts';
import { COLUMNS, type Column, openStudio, type Seed, type Studio } from '../testing/studio.ts';
import { CALLS, TABLE } from './authorization.table.ts';

/** Requests that are under way at the same time. */
const ABREAST = 8;

type Row = { readonly route: string; readonly expected: readonly number[] };

const rows: Row[] = TABLE.split('\n').flatMap((line) => {
  const [, method, path, statuses] = /^(GET|HEAD|POST|PUT|PATCH|DELETE) +(\S+) +((?:\d{3} *){6})$/.exec(line) ?? [];
  return method ? [{ route: `${method} ${path}`, expected: statuses!.trim().split(/ +/).map(Number) }] : [];
});

describe.each(ENGINES)('who may do what, on %s', (engine) => {
  let server: TestServer;
  let studio: Studio;
  let shared: Seed;
  let checkAnswer: ReturnType<typeof contractOf>;
  const headersOf = new Map<Column, Record<string, string>>();

  beforeAll(async () => {
    // Nobody answers interactive requests here.
    server = await testServer(engine, { limits: { interactiveDeadlineMs: 50 } });
    checkAnswer = contractOf(server.app);
    studio = await openStudio(server);
    shared = await studio.seed({ whole: true });
    headersOf.set('nobody', {});
    for (const [column, { id, token }] of Object.entries(studio.people)) {
      // Pages know their reader by the cookie, the API by the token, which it looks at first.
      const session = await openSession(server.context.db, id);
      headersOf.set(column as Column, { Authorization: `Bearer ${token}`, Cookie: `sessionid=${session.id}` });
    }
  });
  afterAll(() => server.close());

  it('has a row for every route, and no row for what is none', () => {
    const routes = new Set(
      server.app.accessRoutes.filter((route) => {
        const [method, path] = route.split(' ') as [string, string];
        if (path.startsWith(DOCS)) return false;
        // Answered as the GET beside it.
        return method !== 'HEAD' || !server.app.accessRoutes.includes(`GET ${path}`);
      }),
    );
    const listed = rows.map(({ route }) => route);
    expect({
      missing: [...routes].filter((route) => !listed.includes(route)),
      unknown: listed.filter((route) => !routes.has(route)),
      twice: listed.filter((route, at) => listed.indexOf(route) !== at),
    }).toEqual({ missing: [], unknown: [], twice: [] });
  });

  it('answers every cell of the table as it says', async () => {
    const cells = rows.flatMap(({ route, expected }) =>
      COLUMNS.map((column, at) => ({ route, column, expected: expected[at]! })),
    );
    const wrong: string[] = [];
    const next = cells.values();
    const worker = async () => {
      for (const { route, column, expected } of next) {
        const { status, text } = await ask(route, column, expected);
        if (status !== expected)
          wrong.push(`${route} by ${column}: ${status}, not ${expected} (${text.slice(0, 200)})`);
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, worker));
    expect(wrong.toSorted()).toEqual([]);
  }, 180_000);

  async function ask(route: string, column: Column, expected: number): Promise<{ status: number; text: string }> {
    const [method, path] = route.split(' ') as [string, string];
    const { bare = false } = CALLS[route]?.(shared) ?? {};
    // What changes something gets things of its own, so that cells do not know of one another. What is refused, as it
    // should be, changes nothing.
    const changes = method !== 'GET' && expected < 400;
    const whole = /\/jobs\/|\/runs/.test(path);
    const seed = changes || bare ? await studio.seed({ media: !bare, whole: whole && !bare }) : shared;
    const { query, body, headers = {} } = CALLS[route]?.(seed) ?? {};
    const raw = body === undefined || body instanceof Uint8Array;
    const stop = new AbortController();
    const answer = await fetch(`${server.url}${fill(path, seed)}${query ? `?${query}` : ''}`, {
      method,
      redirect: 'manual',
      signal: stop.signal,
      headers: { ...headersOf.get(column), ...(raw ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: raw ? (body as Uint8Array<ArrayBuffer> | undefined) : JSON.stringify(body),
    });
    const stream = answer.headers.get('content-type')?.startsWith('text/event-stream');
    const text = stream ? '' : await answer.text();
    if (stream) stop.abort();
    else {
      const type = answer.headers.get('content-type');
      const body = text !== '' && type?.includes('json') ? JSON.parse(text) : text || undefined;
      checkAnswer(method, fill(path, seed), answer.status, type, body);
    }
    return { status: answer.status, text };
  }

  function fill(path: string, seed: Seed): string {
    const noun = path.split('/')[2] === 'auth' ? 'access_tokens' : path.split('/')[2]!;
    const ids: Record<string, string | number> = {
      tasks: seed.task,
      labels: seed.label,
      jobs: seed.job,
      functions: seed.function,
      runs: seed.run,
      requests: seed.request,
      organizations: studio.organizationId,
      memberships: seed.membership,
      users: studio.people.owner.id,
      access_tokens: seed.token,
    };
    const named: Record<string, string | number | undefined> = {
      id: ids[noun],
      q: seed.queue,
      rid: seed.functionRequest,
      upload: path.includes('/annotations/') ? seed.annotationUpload : seed.upload,
      object: seed.object,
      change: seed.change,
      secret: 'f'.repeat(40),
    };
    return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(named[name] ?? 'unknown'));
  }
});
