import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip } from '../../../../packages/media/src/testing/clips.ts';
import { openBrowser, openWindow } from '../world/browser.ts';
import { type RotoServer, startRoto } from '../world/server.ts';
import { Workspace } from '../world/workspace.ts';
import { uploadFile } from './odd-clips.ts';

// From the key to the paint in which number and picture have changed. Bars (95 of 100): 50 ms where the picture is there,
// 250 ms where it is not. Measured and printed; the bars hold on an idle machine of two cores, so a busy one only reports.
let server: RotoServer;
let browser: Browser;
let work: Workspace;
let job: string;
const FRAMES = 600;

beforeAll(async () => {
  server = await startRoto({ agent: false, sample: false });
  browser = await openBrowser();
  const { page, context } = await openWindow(browser);
  work = new Workspace(page);
  await page.goto(server.link());
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in/'));
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-steps-'));
  const file = path.join(folder, 'steps.mp4');
  await makeClip(file, {
    encoder: 'libx264',
    container: 'mp4',
    width: 1280,
    height: 720,
    frames: FRAMES,
    encoderOptions: { preset: 'ultrafast', 'x264-params': 'keyint=250:bframes=2' },
  });
  job = await uploadFile(work, context.request, 'steps', 'steps.mp4', await readFile(file));
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

it('opens a long clip by its own file', async () => {
  await work.page.goto(job);
  await work.opened();
  await expect
    .poll(() => work.page.locator('[data-video]').getAttribute('data-video'), { timeout: 60_000 })
    .toBe('used');
});

it('steps to frames that are there', async () => {
  const times = await measure('steps', 500);
  report('cached step', times);
  expect(times).toHaveLength(500);
});

it('jumps to frames that are not', async () => {
  const times = await measure('jumps', 120);
  report('uncached jump', times);
  expect(times).toHaveLength(120);
});

function measure(kind: 'steps' | 'jumps', count: number): Promise<number[]> {
  return work.page.evaluate(
    async ({ kind, count, frames }) => {
      const shown = () => Number(document.querySelector<HTMLElement>('[data-frame]')!.dataset.frame);
      const field = document.querySelector<HTMLInputElement>('[data-region=player] input[role=spinbutton]')!;
      const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!;
      const go = (frame: number) => {
        field.focus();
        setValue.call(field, String(frame));
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter', bubbles: true }));
      };
      const step = (key: string) =>
        document.body.dispatchEvent(
          new KeyboardEvent('keydown', { key, code: `Key${key.toUpperCase()}`, bubbles: true, cancelable: true }),
        );
      const times: number[] = [];
      let seed = 7;
      for (let i = 0; i < count; i++) {
        const from = shown();
        let to = from + 1;
        if (kind === 'jumps') {
          do {
            seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
            to = seed % frames;
          } while (Math.abs(to - from) < 60);
        } else if (to >= frames) to = from - 1;
        field.blur();
        const start = performance.now();
        if (kind === 'jumps') go(to);
        else step(to > from ? 'f' : 'd');
        while (shown() !== to) {
          await nextFrame();
          if (performance.now() - start > 10_000) throw new Error(`Frame ${to} did not come; ${shown()} is shown.`);
        }
        // The paint with the change is the one before this callback.
        await nextFrame();
        times.push(performance.now() - start);
        await pause(kind === 'jumps' ? 150 : 80);
      }
      return times;
    },
    { kind, count, frames: FRAMES },
  );
}

function report(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(0);
  const load = loadavg()[0]!.toFixed(1);
  console.log(`${name}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(1)} ms of ${times.length}; load ${load}`);
}
