import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { chromiumPath, NO_CHROMIUM } from './browser.ts';

/** Before all tests: there is a browser, and the page is that of the present sources. */
export default function setup(): void {
  if (!chromiumPath()) throw new Error(NO_CHROMIUM);
  const script = path.resolve(import.meta.dirname, '../../scripts/build.ts');
  const { status } = spawnSync(process.execPath, [script, '--if-stale'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The page could not be built.');
}
