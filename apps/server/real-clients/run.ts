// `npm run test:clients [-- new|2.42] [-- cases…]`: the stock Python clients against this server. See README.md.
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeVideo } from '@roto/media';
import { eq } from 'drizzle-orm';
import sharp from 'sharp';
import { hashPassword } from '../src/auth/passwords.ts';
import { users } from '../src/database/schema/index.ts';
import { testServer } from '../src/testing/server.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const RELEASES: Readonly<Record<string, string>> = { new: 'cvat-cli', '2.42': 'cvat-cli==2.42.*' };
const PASSWORD = 'correct horse battery';

const asked = process.argv.slice(2);
const releases = Object.keys(RELEASES).filter(
  (name) => !asked.some((word) => word in RELEASES) || asked.includes(name),
);
const nouns = asked.filter((word) => !(word in RELEASES));

/** Interpreter of a virtual environment with that release, made anew when it is more than a day old. */
async function python(release: string): Promise<string> {
  const folder = path.join(tmpdir(), `roto-clients-${release}`);
  const interpreter = path.join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const mark = path.join(folder, 'complete');
  const made = await stat(mark).catch(() => null);
  if (made && Date.now() - made.mtimeMs < 24 * 3600 * 1000) return interpreter;
  await rm(folder, { recursive: true, force: true });
  await run(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder]);
  await run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', RELEASES[release]!]);
  await writeFile(mark, '');
  return interpreter;
}

/** Gray of 4 levels a frame, so that a client can tell which frame it got. */
function picture(n: number): Uint8Array {
  return new Uint8Array(320 * 240 * 3).fill(n * 4);
}

async function makeMedia(folder: string): Promise<void> {
  const frames = (async function* () {
    for (let n = 0; n < 40; n++) yield { rgb: picture(n) };
  })();
  await writeVideo(path.join(folder, 'walk.mp4'), { width: 320, height: 240, frameRate: 25 }, frames);
  await mkdir(path.join(folder, 'images'));
  for (let n = 0; n < 6; n++) {
    const image = sharp(picture(n), { raw: { width: 320, height: 240, channels: 3 } });
    await image.png().toFile(path.join(folder, 'images', `image_${n}.png`));
  }
}

/** Whether all cases pass with the release that the interpreter has. */
async function drive(interpreter: string): Promise<boolean> {
  const { stdout } = await run(interpreter, ['-c', 'from cvat_cli.version import VERSION; print(VERSION)']);
  console.log(`cvat-cli ${stdout.trim()}`);
  const scratch = await mkdtemp(path.join(tmpdir(), 'roto-clients-scratch-'));
  const server = await testServer('pglite');
  try {
    await makeMedia(scratch);
    const user = await server.user('ann');
    const passwordHash = await hashPassword(PASSWORD);
    await server.context.db.update(users).set({ passwordHash }).where(eq(users.id, user.id));
    const env = {
      ...process.env,
      PYTHONPATH: here,
      PYTHONDONTWRITEBYTECODE: '1',
      ROTO_URL: server.url,
      ROTO_USER: user.username,
      ROTO_PASSWORD: PASSWORD,
      ROTO_TOKEN: user.token,
      ROTO_SCRATCH: scratch,
    };
    let passed = true;
    const files = (await readdir(path.join(here, 'cases'))).filter((name) => name.endsWith('.py')).sort();
    for (const file of files) {
      const noun = path.basename(file, '.py');
      if (nouns.length > 0 && !nouns.includes(noun)) continue;
      console.log(` ${noun}`);
      const child = spawn(interpreter, [path.join(here, 'cases', file)], { env, stdio: 'inherit' });
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      passed &&= code === 0;
    }
    return passed;
  } finally {
    await server.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

let passed = true;
for (const release of releases) {
  let interpreter: string;
  try {
    interpreter = await python(release);
  } catch (error) {
    const why = String((error as Error).message)
      .split('\n')
      .slice(0, 4)
      .join('\n');
    if (process.env.CI) throw new Error(`CI must not skip the real clients (${release}): ${why}`);
    console.warn(`skipped: cvat-cli ${release} cannot be installed here:\n${why}`);
    continue;
  }
  passed = (await drive(interpreter)) && passed;
}
process.exitCode = passed ? 0 : 1;
