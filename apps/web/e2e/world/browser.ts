import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const ARTIFACTS = path.resolve(import.meta.dirname, '../artifacts');

/** The system's Chromium; `CHROMIUM` names another. */
export function chromiumPath(): string | undefined {
  const named = process.env.CHROMIUM;
  if (named) return existsSync(named) ? named : undefined;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (found.status === 0) return found.stdout.trim();
  }
  return undefined;
}

export const NO_CHROMIUM =
  'These tests drive Chromium, and none is here. Install it (Debian: apt-get install chromium; Fedora: dnf install chromium; ' +
  'macOS: brew install --cask chromium), or set CHROMIUM to the path of a Chrome or Chromium.';

export async function openBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error(NO_CHROMIUM);
  return chromium.launch({
    executablePath,
    args: ['--headless=new', '--no-sandbox', '--disable-background-networking'],
  });
}

export type Look = { readonly theme: 'dark' | 'light'; readonly size: readonly [number, number] };
export const LOOKS: readonly Look[] = [
  { theme: 'dark', size: [1280, 720] },
  { theme: 'light', size: [1280, 720] },
  { theme: 'dark', size: [1920, 1080] },
  { theme: 'light', size: [1920, 1080] },
];

/** A window of a person who has set nothing yet. Errors of the page are collected: a test that ends asks for none. */
export async function openWindow(
  browser: Browser,
  look: Look = LOOKS[0]!,
  session?: Awaited<ReturnType<BrowserContext['storageState']>>,
): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  const [width, height] = look.size;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: look.theme,
    ...(session ? { storageState: session } : {}),
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(`${error.name}: ${error.message}\n${error.stack ?? ''}`));
  page.on('console', (message) => {
    // A refusal that the page handles is noted by the browser all the same.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) errors.push(message.text());
  });
  page.setDefaultTimeout(20_000);
  return { context, page, errors };
}

/** Keeps a picture for people to look at, in both themes and sizes. */
export async function shoot(page: Page, suite: string, name: string, looks: readonly Look[] = LOOKS): Promise<void> {
  const before = page.viewportSize()!;
  const folder = path.join(ARTIFACTS, suite);
  mkdirSync(folder, { recursive: true });
  for (const { theme, size } of looks) {
    await page.setViewportSize({ width: size[0], height: size[1] });
    await page.emulateMedia({ colorScheme: theme });
    // Layers at rest are drawn a moment after the size changed.
    await page.waitForTimeout(250);
    await page.screenshot({ path: path.join(folder, `${name}-${theme}-${size[0]}.png`) });
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: looks[0]!.theme });
}
