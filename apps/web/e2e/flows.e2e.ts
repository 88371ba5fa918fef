import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { LOOKS, openBrowser, openWindow, shoot } from './world/browser.ts';
import { type RotoServer, startRoto } from './world/server.ts';
import { Workspace } from './world/workspace.ts';

// What a person does beside the straight path: other kinds of objects and directions, stopping and going on, lost connections,
// a second tab. Each begins with an empty job.
let server: RotoServer;
let browser: Browser;
let session: Awaited<ReturnType<BrowserContext['storageState']>>;
let job: string;
let context: BrowserContext;
let work: Workspace;
let errors: string[];
beforeAll(async () => {
  server = await startRoto();
  browser = await openBrowser();
  const window = await openWindow(browser);
  await window.page.goto(server.link());
  await window.page.waitForURL(/\/tasks\/\d+\/jobs\/\d+/, { timeout: 90_000 });
  job = new URL(window.page.url()).pathname;
  session = await window.context.storageState();
  await window.context.close();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  ({ context, work, errors } = await open());
  await work.ask(`/api/jobs/${work.job}/annotations`, 'DELETE');
  await expect.poll(() => work.objects.count()).toBe(0);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail')
    await shoot(work.page, 'failed', task.name.replaceAll(/\W+/g, '-').slice(0, 60), LOOKS.slice(0, 1));
  await context.close();
  expect(errors).toEqual([]);
});

async function open() {
  const window = await openWindow(browser, undefined, session);
  const opened = new Workspace(window.page);
  await window.page.goto(server.url + job);
  await opened.opened();
  return { context: window.context, work: opened, errors: window.errors };
}
const suite = 'flows';
const BOX = [
  [330, 150],
  [520, 350],
] as const;

async function drawRectangle(on = work): Promise<void> {
  await on.tool('rectangle');
  await on.drag(...BOX);
}

async function drawPolygon(on = work): Promise<void> {
  await on.tool('polygon');
  for (const [x, y] of [
    [400, 150],
    [560, 160],
    [560, 330],
    [400, 330],
  ] as const)
    await on.click(x, y);
  await on.key('Enter');
}

it('a rectangle is followed as rectangles, backward', async () => {
  await work.goTo(6);
  await drawRectangle();
  await expect.poll(() => work.objects.count()).toBe(1);
  await work.key('Control+e');
  await work.run(2);
  expect(await work.ended()).toMatchObject({ state: 'finished', start_frame: 6, target_frame: 2 });
  const { tracks } = await work.annotations();
  expect(tracks[0]!.shapes.map(({ frame, type, origin }) => [frame, type, origin])).toEqual([
    ...[2, 3, 4, 5].map((frame) => [frame, 'rectangle', 'tracker']),
    [6, 'rectangle', 'person'],
  ]);
});

it('a run stops before a frame that a person edited, and says so', async () => {
  await drawPolygon();
  await work.saved();
  const { shapes } = await work.annotations();
  await work.ask(`/api/jobs/${work.job}/annotations?action=batch`, 'PATCH', {
    delete: [{ id: shapes[0]!.id }],
    create: {
      tracks: [
        {
          frame: 0,
          label_id: shapes[0]!.label_id,
          shapes: [0, 5].map((frame) => ({ frame, type: 'polygon', points: shapes[0]!.points })),
        },
      ],
    },
  });
  await work.objects.locator('[data-track]').waitFor();
  // Beside its switches.
  await work.objects.first().click({ position: { x: 12, y: 10 } });
  await work.key('Control+e');
  await work.dialog.getByText(/which a person edited/).waitFor();
  await work.run(8);
  const run = await work.ended();
  expect(run.objects[0]).toMatchObject({ end: 'barrier', barrier_frame: 5 });
  await work.dialog.getByText(/stopped before frame 5/).waitFor();
  await shoot(work.page, suite, 'barrier');
  const { tracks } = await work.annotations();
  expect(tracks[0]!.shapes.map(({ frame, origin }) => [frame, origin])).toEqual([
    [0, 'person'],
    [1, 'tracker'],
    [2, 'tracker'],
    [3, 'tracker'],
    [4, 'tracker'],
    [5, 'person'],
  ]);
});

it('a run is cancelled, keeps what is done, and goes on; then it is undone', async () => {
  await drawPolygon();
  await work.key('Control+e');
  await work.run(60);
  await expect.poll(async () => (await work.runs())[0]?.frames_done ?? 0, { timeout: 60_000 }).toBeGreaterThan(1);
  await work.dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
  const cancelled = await work.ended();
  expect(cancelled.state).toBe('cancelled');
  const kept = (await work.annotations()).tracks[0]!.shapes.length;
  expect(kept).toBe(cancelled.frames_done + 1);
  await work.dialog.getByText(/are kept/).waitFor();
  await shoot(work.page, suite, 'cancelled');
  // Continue to a near target, by the runs drawer's own way: the server keeps the run.
  await work.ask(`/api/runs/${cancelled.id}/continue`, 'POST', { target_frame: cancelled.done_frame + 2 });
  await expect.poll(async () => (await work.runs())[0]!.state, { timeout: 120_000 }).toBe('finished');
  expect((await work.annotations()).tracks[0]!.shapes).toHaveLength(kept + 2);
  // It has ended well, so that the dialog has closed itself; the list of runs has it.
  await work.key('Shift+U');
  await work.page.locator('[data-region=runs]').getByRole('button', { name: 'Undo this run' }).first().click();
  await expect.poll(async () => (await work.annotations()).tracks.length, { timeout: 30_000 }).toBe(0);
  await expect.poll(() => work.objects.count()).toBe(1);
});

it('the page may be closed while a run is on; whoever comes back sees its frames', async () => {
  await drawPolygon();
  await work.key('Control+e');
  await work.run(10);
  await work.started();
  await context.close();
  ({ context, work, errors } = await open());
  expect(await work.ended()).toMatchObject({ state: 'finished', frames_done: 10 });
  await work.goTo(7);
  await expect.poll(() => work.objects.count()).toBe(1);
});

it('without a connection work goes on, and is saved once there is one; a reload loses nothing', async () => {
  await context.setOffline(true);
  await drawPolygon();
  await work.key('Control+s');
  await expect
    .poll(() => work.page.locator('[data-saving]').getAttribute('data-saving'), { timeout: 20_000 })
    .toBe('offline');
  await shoot(work.page, suite, 'offline');
  await context.setOffline(false);
  await expect.poll(async () => (await work.annotations()).shapes.length, { timeout: 40_000 }).toBe(1);
  // A tab that ends before anything was sent: the journal has it.
  await context.route('**/annotations*', (route) =>
    route.request().method() === 'PATCH' ? route.abort() : route.continue(),
  );
  await drawRectangle();
  await expect.poll(() => work.objects.count()).toBe(2);
  await work.page.waitForTimeout(300);
  await context.unroute('**/annotations*');
  await work.page.reload();
  await work.opened();
  await expect.poll(() => work.objects.count()).toBe(2);
  await expect.poll(async () => (await work.annotations()).shapes.length, { timeout: 40_000 }).toBe(2);
  // Undo survives the reload, too.
  await work.canvas.focus();
  await work.key('Control+z');
  await expect.poll(() => work.objects.count()).toBe(1);
  await expect.poll(async () => (await work.annotations()).shapes.length, { timeout: 40_000 }).toBe(1);
});

it('a second tab reads only until it takes over; both see the same', async () => {
  await drawPolygon();
  await work.saved();
  const second = new Workspace(await context.newPage());
  await second.page.goto(server.url + job);
  await second.opened();
  await expect.poll(() => second.objects.count()).toBe(1);
  await second.page.getByRole('button', { name: 'Edit here' }).waitFor();
  await shoot(second.page, suite, 'second-tab');
  await drawRectangle();
  await work.saved();
  await expect.poll(() => second.objects.count(), { timeout: 20_000 }).toBe(2);
  await second.page.getByRole('button', { name: 'Edit here' }).click();
  await work.page.getByRole('button', { name: 'Edit here' }).waitFor();
  await second.page.getByRole('button', { name: 'Edit here' }).waitFor({ state: 'hidden' });
  await second.canvas.focus();
  await second.key('Control+a');
  await second.key('Delete');
  await second.saved();
  expect((await work.annotations()).shapes).toEqual([]);
  await expect.poll(() => work.objects.count(), { timeout: 20_000 }).toBe(0);
});

it('undo and redo over frames go to the frame of the step', async () => {
  await drawPolygon();
  await work.goTo(5);
  await drawRectangle();
  await work.goTo(9);
  await work.key('Control+z');
  await expect.poll(() => work.shownFrame()).toBe(5);
  await work.key('Control+z');
  await expect.poll(() => work.shownFrame()).toBe(0);
  expect(await work.objects.count()).toBe(0);
  await work.key('Control+Shift+z');
  await work.key('Control+y');
  await work.saved();
  expect((await work.annotations()).shapes.map(({ frame, type }) => [frame, type])).toEqual([
    [0, 'polygon'],
    [5, 'rectangle'],
  ]);
});
