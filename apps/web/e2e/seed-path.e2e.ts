import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openBrowser, openWindow, shoot } from './world/browser.ts';
import { type RotoServer, startRoto } from './world/server.ts';
import { Workspace } from './world/workspace.ts';

// The steps of the seed's usage section, from the printed link on, with the agent and model that `npm start` starts.
let server: RotoServer;
let browser: Browser;
let work: Workspace;
let errors: string[];
beforeAll(async () => {
  server = await startRoto();
  browser = await openBrowser();
  const window = await openWindow(browser);
  errors = window.errors;
  work = new Workspace(window.page);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
afterEach(() => {
  expect(errors.splice(0)).toEqual([]);
});
const suite = 'seed-path';
const near = (points: readonly number[], [x, y]: readonly [number, number]) =>
  points.some((value, i) => i % 2 === 0 && Math.hypot(value - x, points[i + 1]! - y) < 3);

it('S1: the sign-in link opens the job of the sample, its first object selected', async () => {
  await work.page.goto(server.link());
  await work.page.waitForURL(/\/tasks\/\d+\/jobs\/\d+/, { timeout: 90_000 });
  await work.opened();
  expect(await work.objects.count()).toBe(3);
  expect(await work.objects.first().getAttribute('aria-selected')).toBe('true');
  expect(await work.shownFrame()).toBe(0);
  await shoot(work.page, suite, 's1-job');
});

it('S2: a polygon and a mask are drawn; both are in the list, and saved', async () => {
  await work.canvas.focus();
  await work.key('Escape');
  await work.key('n');
  for (const [x, y] of [
    [470, 130],
    [620, 150],
    [640, 350],
    [470, 330],
  ] as const)
    await work.click(x, y);
  await shoot(work.page, suite, 's2-polygon-being-drawn');
  await work.key('n');
  await expect.poll(() => work.objects.count()).toBe(4);
  await work.key('Shift+Digit1');
  await work.page.keyboard.press('BracketRight', { delay: 20 });
  await work.drag([800, 130], [850, 150], [830, 200], [800, 150]);
  await shoot(work.page, suite, 's2-mask-being-drawn');
  await work.key('n');
  await expect.poll(() => work.objects.count()).toBe(5);
  await work.saved();
  const { shapes } = await work.annotations();
  expect(shapes.map(({ type }) => type)).toEqual(['polygon', 'polygon', 'polygon', 'polygon', 'mask']);
  expect(near(shapes[3]!.points, [470, 130])).toBe(true);
  await shoot(work.page, suite, 's2-drawn');
});

it('S3 to S6: the object menu opens the dialog; the run is seen, and its frames are there', async () => {
  await work.objects.first().click({ button: 'right' });
  await work.page.getByRole('menuitem', { name: 'Run annotation action' }).waitFor();
  await shoot(work.page, suite, 's3-object-menu');
  await work.page.getByRole('menuitem', { name: 'Run annotation action' }).click();
  await work.dialog.waitFor();
  await work.dialog.getByText(/1 agent/).waitFor({ timeout: 60_000 });
  await shoot(work.page, suite, 's4-dialog');
  await work.run(12);
  await work.dialog.getByRole('progressbar').waitFor();
  await shoot(work.page, suite, 's5-running');
  const run = await work.ended();
  expect(run).toMatchObject({ state: 'finished', start_frame: 0, target_frame: 12, frames_done: 12 });
  // Of one object the dialog closes by itself.
  await work.dialog.waitFor({ state: 'hidden' });
  const { tracks, shapes } = await work.annotations();
  expect(shapes).toHaveLength(4);
  expect(tracks).toHaveLength(1);
  expect(tracks[0]!.shapes.map(({ frame, origin }) => [frame, origin])).toEqual([
    [0, 'person'],
    ...Array.from({ length: 12 }, (_, i) => [i + 1, 'tracker']),
  ]);
  await work.goTo(8);
  await expect.poll(() => work.objects.count()).toBe(1);
  await shoot(work.page, suite, 's6-tracked');
});

it('S7: a frame is corrected and the run goes on from there; the corrected frame stays', async () => {
  const before = (await work.annotations()).tracks[0]!;
  const shape = before.shapes.find(({ frame }) => frame === 8)!;
  const [x, y] = [shape.points[0]!, shape.points[1]!];
  const middle = shape.points.reduce(
    (sum, value, i) => (i % 2 === 0 ? [sum[0]! + value, sum[1]!] : [sum[0]!, sum[1]! + value]),
    [0, 0],
  );
  const n = shape.points.length / 2;
  await work.click(middle[0]! / n, middle[1]! / n);
  await work.drag([x, y], [x + 6, y + 6]);
  await work.saved();
  const corrected = (await work.annotations()).tracks[0]!.shapes.find(({ frame }) => frame === 8)!;
  expect(corrected.origin).toBe('person');
  expect(near(corrected.points, [x + 6, y + 6])).toBe(true);
  await shoot(work.page, suite, 's7-corrected');
  await work.key('Control+e');
  await work.run(14);
  await work.ended();
  await work.dialog.waitFor({ state: 'hidden' });
  const after = (await work.annotations()).tracks[0]!;
  expect(after.id).toBe(before.id);
  expect(after.shapes.find(({ frame }) => frame === 8)!.points).toEqual(corrected.points);
  expect(after.shapes.map(({ frame, origin }) => [frame, origin])).toEqual([
    [0, 'person'],
    ...[1, 2, 3, 4, 5, 6, 7].map((frame) => [frame, 'tracker']),
    [8, 'person'],
    ...[9, 10, 11, 12, 13, 14].map((frame) => [frame, 'tracker']),
  ]);
  await work.goTo(14);
  await shoot(work.page, suite, 's7-again');
});

it('S8 and S10: Run actions of the menu is about all visible objects; the dialog stays and says that it may be closed', async () => {
  await work.goTo(0);
  await work.canvas.focus();
  await work.key('Escape');
  await work.page.getByRole('button', { name: 'Menu', exact: true }).click();
  await work.page.getByRole('menuitem', { name: 'Run actions' }).waitFor();
  await shoot(work.page, suite, 's8-menu');
  await work.page.getByRole('menuitem', { name: 'Run actions' }).click();
  await work.dialog.getByText(/All visible suitable objects/).waitFor();
  await shoot(work.page, suite, 's8-dialog');
  await work.run(3);
  const run = await work.ended();
  expect(run.objects.length).toBeGreaterThan(2);
  await work.dialog.getByText(/You may close this window/).waitFor();
  await shoot(work.page, suite, 's10-done');
  await work.dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  // S9: with the option on, which it is by default, polygons and masks became tracks.
  const { tracks, shapes } = await work.annotations();
  expect([tracks.length, shapes.length]).toEqual([5, 0]);
  expect(tracks.map((track) => track.shapes[0]!.type).toSorted()).toEqual([
    'mask',
    'polygon',
    'polygon',
    'polygon',
    'polygon',
  ]);
});

it('S9: with the option off a polygon becomes one polygon per frame, joined by a group', async () => {
  await work.goTo(40);
  await work.tool('polygon');
  for (const [x, y] of [
    [300, 200],
    [420, 200],
    [420, 320],
    [300, 320],
  ] as const)
    await work.click(x, y);
  await work.key('n');
  await work.key('Control+e');
  await work.run(42, { convert: false });
  await work.ended();
  const { shapes } = await work.annotations();
  const made = shapes.filter(({ frame }) => frame >= 40);
  expect(made.map(({ frame, type }) => [frame, type])).toEqual([
    [40, 'polygon'],
    [41, 'polygon'],
    [42, 'polygon'],
  ]);
  expect(new Set(made.map(({ group }) => group)).size).toBe(1);
  expect(made[0]!.group).toBeGreaterThan(0);
});
