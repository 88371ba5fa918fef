import type { Page } from 'playwright-core';
import { createServer } from 'vite';
import { openBrowser } from '../world/browser.ts';

/** Serves the page of the canvas alone and opens it in the system's Chromium. */
export async function openCanvasPage(
  { width, height }: { width: number; height: number },
  frame: { width: number; height: number } = { width: 1920, height: 1080 },
): Promise<{ page: Page; close: () => Promise<void> }> {
  const server = await createServer({
    root: new URL('../..', import.meta.url).pathname,
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    optimizeDeps: { include: ['zustand/vanilla'] },
    logLevel: 'error',
    clearScreen: false,
  });
  await server.listen();
  const browser = await openBrowser();
  const page = await browser.newPage({ viewport: { width, height } });
  page.on('pageerror', (error) => console.error('page error:', error.message));
  page.on(
    'console',
    (message) =>
      message.type() === 'error' &&
      !/Failed to load resource/.test(message.text()) &&
      console.error('console:', message.text()),
  );
  const { port } = server.httpServer!.address() as { port: number };
  await page.goto(`http://127.0.0.1:${port}/e2e/canvas/page.html?width=${frame.width}&height=${frame.height}`);
  await page.waitForFunction("'page' in window", undefined, { timeout: 60_000 });
  return {
    page,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
