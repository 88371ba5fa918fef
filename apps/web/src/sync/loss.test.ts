import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RotoServer, startRoto } from '../../e2e/world/server.ts';
import { installBrowser } from '../testing/loss/browser.ts';
import { makeJob, signIn } from '../testing/loss/job.ts';
import { type FaultyProxy, openProxy } from '../testing/loss/proxy.ts';
import { playSequence, type World } from '../testing/loss/run.ts';

// Short sequences against a real server; `npm run test:web:loss` plays the long ones.
const SEED = Number(process.env.SEED ?? 20261130);
const SEQUENCES = Number(process.env.SEQUENCES ?? 6);
const STEPS = Number(process.env.STEPS ?? 40);

let server: RotoServer;
let proxy: FaultyProxy;
let world: World;
beforeAll(async () => {
  server = await startRoto({ agent: false, page: false, sample: false });
  proxy = await openProxy(() => server.url);
  const person = await signIn(server);
  const job = await makeJob(person, server);
  const browser = installBrowser(proxy.url, person.authorization);
  const without = new Set(process.env.SEQUENCES ? ([] as const) : (['kill-server', 'other-person'] as const));
  world = { server, proxy, browser, person, job, without };
}, 180_000);
afterAll(async () => {
  await proxy?.close();
  await server?.close();
});

test(`nothing that was called saved is missing, and nothing is there twice (seed ${SEED})`, async () => {
  let checks = 0;
  for (let i = 0; i < SEQUENCES; i++) {
    // Of 30 steps at least, as many more as the seed says.
    const steps = Math.min(STEPS, 30 + ((SEED + i) % 51));
    checks += (await playSequence(world, SEED + i, steps)).checks;
    if (SEQUENCES > 20 && i % 10 === 9) console.log(`${i + 1} of ${SEQUENCES} sequences, ${checks} comparisons`);
  }
  expect(checks).toBeGreaterThanOrEqual(SEQUENCES);
}, 3_600_000);
