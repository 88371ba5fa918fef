import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seriousProblems } from './world/axe.ts';
import { openBrowser, openWindow } from './world/browser.ts';
import { type RotoServer, startRoto } from './world/server.ts';
import { Workspace } from './world/workspace.ts';

// axe on every page, in both themes and the states that it can be brought to.
let server: RotoServer;
let browser: Browser;
let session: Awaited<ReturnType<BrowserContext['storageState']>>;
let job: string;
beforeAll(async () => {
  server = await startRoto({ agent: false });
  browser = await openBrowser();
  const { page, context } = await openWindow(browser);
  await page.goto(server.link());
  await page.waitForURL(/\/tasks\/\d+\/jobs\/\d+/, { timeout: 90_000 });
  job = new URL(page.url()).pathname + new URL(page.url()).search;
  session = await context.storageState();
  await context.close();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

type State = {
  readonly name: string;
  readonly at: () => string;
  readonly reach?: (page: Page, work: Workspace) => Promise<unknown>;
};
const inJob = async (page: Page, work: Workspace): Promise<void> => {
  await work.opened();
  await page.waitForTimeout(500);
};
const states: readonly State[] = [
  { name: 'tasks', at: () => '/tasks', reach: (page) => page.getByText('Sample: moving shapes').waitFor() },
  {
    name: 'tasks, nothing found',
    at: () => '/tasks?search=zzz',
    reach: (page) => page.getByText(/No task is called/).waitFor(),
  },
  { name: 'new task', at: () => '/tasks/new', reach: (page) => page.getByText('Choose files').waitFor() },
  {
    name: 'new task, with a problem',
    at: () => '/tasks/new',
    async reach(page) {
      await page.getByText('Advanced').click();
      await page.getByRole('button', { name: 'Create and open' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'task', at: () => '/tasks/1', reach: (page) => page.getByRole('link', { name: 'Open job 1' }).waitFor() },
  { name: 'no such page', at: () => '/tasks/1/nothing', reach: (page) => page.waitForTimeout(300) },
  { name: 'job', at: () => job, reach: inJob },
  {
    name: 'job, dialog of actions',
    at: () => job,
    async reach(page, work) {
      await inJob(page, work);
      await work.key('Control+e');
      await work.dialog.waitFor();
      await page.waitForTimeout(800);
    },
  },
  {
    name: 'job, menu of an object',
    at: () => job,
    async reach(page, work) {
      await inJob(page, work);
      await work.objects.first().click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Run annotation action' }).waitFor();
    },
  },
  {
    name: 'job, shortcuts',
    at: () => job,
    async reach(page, work) {
      await inJob(page, work);
      await work.key('F1');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'job, settings',
    at: () => job,
    async reach(page, work) {
      await inJob(page, work);
      await work.key('F2');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'job, runs and labels',
    at: () => job,
    async reach(page, work) {
      await inJob(page, work);
      await page.getByRole('tab', { name: 'Labels' }).click();
      await work.canvas.focus();
      await work.key('Shift+U');
      await page.waitForTimeout(300);
    },
  },
  {
    name: 'job, drawing',
    at: () => job,
    async reach(page, work) {
      await inJob(page, work);
      await work.tool('polygon');
      await work.click(100, 100);
    },
  },
];

describe.each(['dark', 'light'] as const)('in the %s theme axe finds nothing serious', (theme) => {
  it.each(states)('$name', async ({ at, reach }) => {
    const { page, context } = await openWindow(browser, { theme, size: [1280, 720] }, session);
    await page.goto(server.url + at());
    await reach?.(page, new Workspace(page));
    expect(await seriousProblems(page)).toEqual([]);
    await context.close();
  });
  it('sign in, also after a wrong password', async () => {
    const { page, context } = await openWindow(browser, { theme, size: [1280, 720] });
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await page.getByLabel('User name or e-mail').fill('nobody');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await seriousProblems(page)).toEqual([]);
    await context.close();
  });
});
