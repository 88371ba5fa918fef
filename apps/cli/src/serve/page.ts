import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Folder of the built page; undefined when there is none. From a checkout it is built here when it is missing or older than
 * its sources; the installed product comes with it built.
 */
export async function findPage(say: (line: string) => void): Promise<string | undefined> {
  const web = path.dirname(createRequire(import.meta.url).resolve('@roto/web/package.json'));
  const script = path.join(web, 'scripts', 'build.ts');
  if (existsSync(script) && !(await build(script, say)))
    say('The page could not be built (see above). The status page is served in its place.');
  const folder = path.join(web, 'dist');
  return existsSync(path.join(folder, 'index.html')) ? folder : undefined;
}

/** In a process of its own: the builder takes memory that a server should not keep. */
async function build(script: string, say: (line: string) => void): Promise<boolean> {
  const child = spawn(process.execPath, [script, '--if-stale'], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', say);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(error.message);
      resolve(false);
    });
    child.once('close', (code) => resolve(code === 0));
  });
}
