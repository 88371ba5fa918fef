import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openBrowser, openWindow, shoot } from './world/browser.ts';
import { type RotoServer, startRoto } from './world/server.ts';
import { Workspace } from './world/workspace.ts';

let server: RotoServer;
let browser: Browser;
let page: Page;
let errors: string[];
beforeAll(async () => {
  server = await startRoto({ agent: false });
  browser = await openBrowser();
  ({ page, errors } = await openWindow(browser));
  await page.goto(server.link());
  await page.waitForURL(/\/tasks\/\d+\/jobs\/\d+/, { timeout: 90_000 });
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
afterEach(() => expect(errors.splice(0)).toEqual([]));
const suite = 'pages';

function sampleVideo(): string {
  const found = readdirSync(server.folder, { recursive: true, withFileTypes: true }).find(
    (entry) => entry.isFile() && entry.name.endsWith('.mp4'),
  )!;
  return path.join(found.parentPath, found.name);
}

it('who came by the link sets a password, signs out, and in again, to where they wanted to go', async () => {
  await page.goto(`${server.url}/tasks`);
  await page.getByLabel('New password, 8 characters or more').fill('correct horse battery');
  await page.getByLabel('Once more').fill('correct horse');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByText('The two are not the same.').waitFor();
  await shoot(page, suite, 'set-password');
  await page.getByLabel('Once more').fill('correct horse battery');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByText('The password is set.').waitFor();
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL(/\/sign-in/);
  await page.goto(`${server.url}/tasks/1`);
  await page.waitForURL(/\/sign-in\?to=%2Ftasks%2F1/);
  await page.getByLabel('User name or e-mail').fill('owner');
  await page.getByLabel('Password', { exact: true }).fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await shoot(page, suite, 'sign-in-wrong');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/tasks\/1$/);
  await page.getByRole('heading', { name: 'Sample: moving shapes' }).waitFor();
  await shoot(page, suite, 'task');
});

it('a task is made from a video, by pieces that may be cut off, and its job opens', async () => {
  await page.goto(`${server.url}/tasks/new`);
  await page.getByRole('button', { name: 'Create and open' }).click();
  await page.getByText('Choose a video or images first.').waitFor();
  await page.locator('input[type=file]').setInputFiles(sampleVideo());
  await page.getByLabel('Name', { exact: true }).fill('A clip of mine');
  await page.getByLabel('Name of label 1').fill('person');
  await page.getByRole('button', { name: 'Add a label' }).click();
  await page.getByLabel('Name of label 2').fill('person');
  await page.getByRole('button', { name: 'Create and open' }).click();
  await page.getByText('There are two labels “person”.').waitFor();
  await shoot(page, suite, 'new-task-problem');
  await page.getByLabel('Name of label 2').fill('car');
  let cut = 1;
  await page.route('**/data/**', (route) =>
    route.request().method() === 'PATCH' && cut-- > 0 ? route.abort('connectionreset') : route.continue(),
  );
  await page.getByRole('button', { name: 'Create and open' }).click();
  await page.waitForURL(/\/tasks\/2\/jobs\/\d+/, { timeout: 60_000 });
  const work = new Workspace(page);
  await work.opened();
  expect(cut).toBeLessThan(1);
  expect(await work.objects.count()).toBe(0);
  await shoot(page, suite, 'empty-job');
  const labels = await work.ask<{ results: { name: string }[] }>('/api/labels?task_id=2');
  expect(labels.results.map(({ name }) => name)).toEqual(['person', 'car']);
  await page.goto(`${server.url}/tasks`);
  await page.getByText('A clip of mine').waitFor();
  await shoot(page, suite, 'tasks');
});

it('a file that is no video is refused with words, and leaves no task behind', async () => {
  await page.goto(`${server.url}/tasks/new`);
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'not-a-video.mp4', mimeType: 'video/mp4', buffer: Buffer.from('no') });
  await page.getByLabel('Name of label 1').fill('person');
  await page.getByRole('button', { name: 'Create and open' }).click();
  await page
    .getByRole('alert')
    .getByText(/The task could not be made/)
    .waitFor({ timeout: 60_000 });
  await shoot(page, suite, 'new-task-refused');
  await page.goto(`${server.url}/tasks`);
  await page.getByText('A clip of mine').waitFor();
  expect(await page.locator('tbody tr').count()).toBe(2);
});
