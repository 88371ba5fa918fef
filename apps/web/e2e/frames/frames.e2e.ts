import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openWindow } from '../world/browser.ts';
import { type RotoServer, startRoto } from '../world/server.ts';
import { Workspace } from '../world/workspace.ts';
import { CLIPS, uploadClip } from './odd-clips.ts';

// The number that is shown and the picture that is shown are the same frame, whichever feeder it came from.
let server: RotoServer;
let browser: Browser;
let state: Awaited<ReturnType<BrowserContext['storageState']>>;
const feeders: Record<string, string> = {};
const FRAMES = 50;

beforeAll(async () => {
  server = await startRoto({ agent: false, sample: false });
  browser = await openBrowser();
  const { page, context } = await openWindow(browser);
  await page.goto(server.link());
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in/'));
  state = await context.storageState();
  await context.close();
});
afterAll(async () => {
  console.log(feeders);
  await browser?.close();
  await server?.close();
});

describe.each(CLIPS)('%s', (name) => {
  let job: string;
  beforeAll(async () => {
    const context = await browser.newContext({ storageState: state });
    const page = await context.newPage();
    await page.goto(`${server.url}/tasks`);
    job = await uploadClip(new Workspace(page), context.request, name);
    await context.close();
  });

  it.each(['video', 'server'] as const)('by the %s', async (feeder) => {
    const context = await browser.newContext({ storageState: state, viewport: { width: 1280, height: 720 } });
    const page = await context.newPage();
    if (feeder === 'server') await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'VideoDecoder'));
    const work = new Workspace(page);
    await page.goto(job);
    await work.opened();
    const status = page.locator('[data-feeder]');
    // The file is checked beside the first picture; it is in use, or the status says why it is not.
    await expect.poll(() => status.getAttribute('data-video'), { timeout: 20_000 }).not.toBe('opening');
    const uses = await status.getAttribute('data-video');
    if (feeder === 'video') feeders[name] = uses === 'refused' ? ((await status.getAttribute('title')) ?? '') : 'video';
    else expect(uses).toBe('refused');

    const last = Number(await work.frameField().getAttribute('aria-valuemax'));
    for (const frame of framesToLookAt(last)) {
      await work.frameField().fill(String(frame));
      await work.frameField().press('Enter');
      await expect
        .poll(() => page.locator('[data-feeder]').getAttribute('data-frame'), { timeout: 10_000, interval: 20 })
        .toBe(String(frame));
      const { size, own, neighbours } = await differences(work, frame, last);
      expect(size, `size of frame ${frame}`).toBe(true);
      expect(own, `frame ${frame}`).toBeLessThan(3);
      for (const other of neighbours) expect(own, `frame ${frame} against its neighbour`).toBeLessThanOrEqual(other);
      expect(await work.shownFrame()).toBe(frame);
    }
    await context.close();
  });
});

/** First, last, and 50 of a fixed random sequence between. */
function framesToLookAt(last: number): readonly number[] {
  let seed = 12_345;
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  return [0, last, 1, last - 1, ...Array.from({ length: FRAMES }, () => Math.floor(random() * (last + 1)))];
}

/** Mean difference, in levels, of what the canvas shows from the server's exact picture of a frame and its neighbours. */
function differences(work: Workspace, frame: number, last: number) {
  return work.page.evaluate(
    async ({ frame, last, job }) => {
      const shown = document.querySelector<HTMLCanvasElement>('[data-canvas-host] canvas')!;
      const levels = (source: CanvasImageSource, width: number, height: number) => {
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext('2d', { alpha: false })!;
        context.drawImage(source, 0, 0);
        return context.getImageData(0, 0, width, height).data;
      };
      const { width, height } = shown;
      const mine = levels(shown, width, height);
      let size = true;
      const difference = async (n: number): Promise<number> => {
        const answer = await fetch(`/api/jobs/${job}/data?type=frame&number=${n}&quality=original`);
        const picture = await createImageBitmap(await answer.blob(), { colorSpaceConversion: 'none' });
        size &&= picture.width === width && picture.height === height;
        const theirs = levels(picture, width, height);
        let sum = 0;
        for (let i = 0; i < mine.length; i += 4)
          for (let c = 0; c < 3; c++) sum += Math.abs(mine[i + c]! - theirs[i + c]!);
        return sum / (0.75 * mine.length);
      };
      const own = await difference(frame);
      const neighbours = [];
      for (const n of [frame - 1, frame + 1]) if (n >= 0 && n <= last) neighbours.push(await difference(n));
      return { size, own, neighbours };
    },
    { frame, last, job: work.job },
  );
}
