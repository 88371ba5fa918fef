import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openBrowser, openWindow } from './world/browser.ts';
import { type RotoServer, startRoto } from './world/server.ts';
import { Workspace } from './world/workspace.ts';

// The main job without a pointer, other keys, other layouts, and the regions of the page.
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

const region = () =>
  work.page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-region]')?.dataset.region);

it('F6 goes round the regions, and arrows go from tool to tool', async () => {
  await work.page.goto(server.link());
  await work.page.waitForURL(/\/tasks\/\d+\/jobs\/\d+/, { timeout: 90_000 });
  await work.opened();
  await work.canvas.focus();
  const seen: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++) {
    await work.key('F6');
    seen.push(await region());
  }
  expect(new Set(seen)).toEqual(new Set(['top-bar', 'tools', 'canvas', 'sidebar', 'player', 'timeline']));
  await work.key('Shift+F6');
  expect(await region()).toBe(seen.at(-2));
  await work.page.locator('[data-region=tools] [data-tool=select]').focus();
  await work.key('ArrowDown');
  expect(await work.page.evaluate(() => document.activeElement?.getAttribute('data-tool'))).toBe('box-select');
});

it('an object is drawn and followed by the keyboard alone', async () => {
  await work.canvas.focus();
  await work.key('Escape');
  await work.key('Escape');
  await work.key('n');
  // The first arrow brings the crosshair.
  await work.key('ArrowUp');
  for (const moves of ['', 'ArrowRight', 'ArrowDown', 'ArrowLeft']) {
    if (moves !== '') for (let i = 0; i < 3; i++) await work.key(`Control+${moves}`);
    await work.key('Space');
  }
  await work.key('n');
  await expect.poll(() => work.objects.count()).toBe(4);
  await work.saved();
  await work.canvas.focus();
  await work.key('Control+e');
  await work.dialog.waitFor();
  await expect.poll(() => work.page.evaluate(() => document.activeElement?.id)).toBe('target');
  await work.dialog.getByText(/1 object: polygon/).waitFor();
  await expect.poll(() => work.dialog.locator('#target').inputValue()).toBe('50');
  await work.page.keyboard.type('2');
  await work.key('Enter');
  await work.dialog.waitFor({ state: 'hidden', timeout: 120_000 });
  const { tracks } = await work.annotations();
  expect(tracks[0]?.shapes.map(({ frame }) => frame)).toEqual([0, 1, 2]);
});

it('the letter that is printed counts; where it is not Latin, its place', async () => {
  await work.goTo(0);
  for (const [key, code] of [
    ['а', 'KeyF'],
    ['φ', 'KeyF'],
    ['f', 'KeyE'],
  ] as const) {
    const before = await work.shownFrame();
    await work.canvas.dispatchEvent('keydown', { key, code, bubbles: true, cancelable: true });
    await expect.poll(() => work.shownFrame()).toBe(before + 1);
  }
});

it('keys are changed, refused where they are taken, and there again after a reload', async () => {
  const row = (name: string) => work.page.getByRole('button', { name: `Change the keys of ${name}` });
  await work.key('F1');
  await row('Next frame').first().click();
  await work.key('d');
  await work.page.getByText('D belongs to "Previous frame".').waitFor();
  await work.key('Shift+b');
  await work.key('Escape');
  await work.page.getByRole('dialog').waitFor({ state: 'hidden' });
  await work.page.reload();
  await work.opened();
  await work.goTo(0);
  await work.key('f');
  await work.key('Shift+b');
  await expect.poll(() => work.shownFrame()).toBe(1);
});

it('number, picture and playhead are of one frame at every paint while it plays', async () => {
  await work.goTo(0);
  await work.key('Space');
  const torn = await work.page.evaluate(async () => {
    const read = () => [
      document.querySelector<HTMLInputElement>('[data-region=player] input[role=spinbutton]')!.value,
      document.querySelector<HTMLElement>('[data-frame]')!.dataset.frame,
      document.querySelector('[role=slider][aria-valuetext]')!.getAttribute('aria-valuenow'),
    ];
    const found: string[] = [];
    const frames = new Set<string | null | undefined>();
    for (const end = performance.now() + 2_500; performance.now() < end; ) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = read();
      frames.add(now[0]);
      if (new Set(now).size > 1) found.push(now.join(' '));
    }
    return { found, frames: frames.size };
  });
  await work.key('Space');
  expect(torn.found).toEqual([]);
  expect(torn.frames).toBeGreaterThan(5);
});
