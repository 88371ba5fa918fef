/**
 * What waiting costs the server: agents that watch queues with nothing in them.
 *   node bench/watching-agents.ts [--agents 200] [--seconds 60] [--poll 60] [--database postgresql://…]
 * Loopback. The server is a process of its own, whose processor time is counted. Each agent has its event stream, and asks
 * for both categories every `--poll` seconds, spread evenly: CVAT's agents do so every 60 s without a stream, every 600 s
 * with one, so 60 counts them dearer than they are.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { digest, newSecret } from '../apps/server/src/auth/secrets.ts';
import { buildApp } from '../apps/server/src/build-app.ts';
import { DEFAULT_SERVER_LIMITS, type ServerConfig } from '../apps/server/src/config.ts';
import { openDatabase } from '../apps/server/src/database/open.ts';
import { accessTokens, users } from '../apps/server/src/database/schema/index.ts';
import { openEvents } from '../apps/server/src/events/events.ts';
import { SILENT } from '../apps/server/src/log/log.ts';
import { openFolderStore } from '../apps/server/src/store/folder-store.ts';
import { tracker } from '../apps/server/src/testing/tracking.ts';
import { startWorkers } from '../apps/server/src/workers.ts';

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    poll: { type: 'string', default: '60' },
    database: { type: 'string' },
    serve: { type: 'boolean' },
  },
});

type Ready = { url: string; token: string; functions: number[] };

if (values.serve) await serve();
else await measure();

/** The server's side: says where it is, then its processor time whenever it is asked. */
async function serve(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-bench-'));
  const database = await openDatabase(
    values.database ? { url: values.database } : { folder: path.join(folder, 'database') },
  );
  const events = await openEvents(database);
  const config: ServerConfig = { folder, host: '127.0.0.1', port: 0, limits: DEFAULT_SERVER_LIMITS };
  const store = await openFolderStore(path.join(folder, 'media'));
  const context = { config, database, db: database.db, events, store, log: SILENT };
  const app = await buildApp(context, console.error);
  const stop = startWorkers(context, console.error);
  const url = await app.listen({ host: config.host, port: 0 });
  const token = newSecret();
  const [user] = await database.db
    .insert(users)
    .values({ username: `bench${Date.now()}` })
    .returning();
  await database.db
    .insert(accessTokens)
    .values({ userId: user!.id, name: 'bench', hash: digest(token), readOnly: false });
  const functions: number[] = [];
  for (let i = 0; i < 10; i++) functions.push(await tracker(database.db, user!.id));
  process.on('message', async (asked) => {
    if (asked === 'cpu') process.send!(process.cpuUsage());
    if (asked !== 'stop') return;
    await app.close();
    await stop();
    await events.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
    process.exit(0);
  });
  process.send!({ url, token, functions } satisfies Ready);
}

async function measure(): Promise<void> {
  const count = Number(values.agents);
  const seconds = Number(values.seconds);
  const poll = Number(values.poll);
  const child = fork(import.meta.filename, ['--serve', ...(values.database ? ['--database', values.database] : [])]);
  const answer = <T>(): Promise<T> =>
    new Promise((resolve) => child.once('message', (message) => resolve(message as T)));
  const { url, token, functions } = await answer<Ready>();
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const leave = new AbortController();
  let lines = 0;
  const queueOf = (agent: number) => `${url}/api/functions/queues/function:${functions[agent % functions.length]}`;
  for (let agent = 0; agent < count; agent++) {
    const response = await fetch(`${queueOf(agent)}/watch`, { headers, signal: leave.signal });
    if (response.status !== 200) throw new Error(`watch: ${response.status} ${await response.text()}`);
    void (async () => {
      for await (const _chunk of response.body!) lines++;
    })().catch(() => undefined);
  }
  const latencies: number[] = [];
  const acquire = async (agent: number): Promise<void> => {
    for (const request_category of ['interactive', 'batch']) {
      const begun = performance.now();
      const body = JSON.stringify({ agent_id: `agent${agent}`, request_category });
      const response = await fetch(`${queueOf(agent)}/requests/acquire`, { method: 'POST', headers, body });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`acquire: ${response.status}`);
      latencies.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, agent) => acquire(agent)));
  latencies.length = 0;
  await sleep(5_000);

  const cpu = async () => {
    child.send('cpu');
    const { user, system } = await answer<NodeJS.CpuUsage>();
    return (user + system) / 1e6;
  };
  const share = async (what: string, work: () => Promise<void>) => {
    const [before, begun] = [await cpu(), performance.now()];
    await work();
    const used = ((await cpu()) - before) / ((performance.now() - begun) / 1_000);
    console.log(`${what}: ${(used * 100).toFixed(2)} % of one core`);
  };
  console.log(
    `${count} agents, ${values.database ? 'PostgreSQL' : 'PGlite'}, ${availableParallelism()} cores, Node ${process.versions.node}`,
  );
  await share(`streams alone, ${seconds} s`, () => sleep(seconds * 1_000));
  await share(`streams, and each agent asks for work every ${poll} s, ${seconds} s`, async () => {
    const end = performance.now() + seconds * 1_000;
    for (let agent = 0; performance.now() < end; agent = (agent + 1) % count) {
      await acquire(agent);
      await sleep((poll * 1_000) / count);
    }
  });
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1);
  console.log(
    `acquire of an empty queue: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${sorted.length}); ${lines} pieces came over the streams`,
  );
  leave.abort();
  child.send('stop');
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
