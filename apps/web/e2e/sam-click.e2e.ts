import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOOKS, openBrowser, openWindow, shoot } from './world/browser.ts';
import { type RotoServer, startRoto } from './world/server.ts';
import { Workspace } from './world/workspace.ts';

// Clicks answered by the function that `npm start` serves.
let server: RotoServer;
let browser: Browser;
let work: Workspace;
beforeAll(async () => {
  server = await startRoto();
  browser = await openBrowser();
  work = new Workspace((await openWindow(browser)).page);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

it('makes a mask of a click, and corrects it by a second one', async () => {
  const { page } = work;
  await page.goto(server.link());
  await page.waitForURL(/\/tasks\/\d+\/jobs\/\d+/, { timeout: 90_000 });
  await work.opened();
  await work.canvas.focus();
  await work.key('Escape');
  await page.locator('[data-tool="sam-click"]').first().click();
  await page.keyboard.press('Escape');
  const hint = () => page.getByText(/Click: add · Right click: leave out/).count();
  await work.click(500, 240);
  await expect.poll(hint, { timeout: 120_000 }).toBeGreaterThan(0);
  await shoot(page, 'sam-click', 'first-click', LOOKS.slice(0, 2));
  const start = Date.now();
  await work.click(470, 280);
  await page.waitForTimeout(50);
  await expect.poll(hint, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0);
  console.log(`second click answered after ${Date.now() - start} ms`);
  await shoot(page, 'sam-click', 'second-click', LOOKS.slice(0, 1));
  await work.key('n');
  await expect.poll(() => work.objects.count()).toBe(4);
  await work.saved();
  await shoot(page, 'sam-click', 'accepted', LOOKS.slice(0, 1));
});
