import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../cli.ts';
import { Interrupted } from '../errors.ts';

describe('roto serve', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'roto-serve-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs the command until `until` is in its output, and then presses Ctrl+C. */
  async function serve(argv: string[], during: (said: string) => Promise<void> = async () => undefined) {
    const stop = new AbortController();
    let stdout = '';
    let stderr = '';
    let opened = false;
    const seen = Promise.withResolvers<void>();
    const io = {
      stdout: {
        write(text: string) {
          stdout += text;
          if (opened || !stdout.includes('API  ')) return;
          opened = true;
          // The rest of what it says at once comes first.
          setImmediate(() => during(stdout).then(seen.resolve, seen.reject));
        },
      },
      stderr: { write: (text: string) => (stderr += text) },
      env: { HOME: folder },
      signal: stop.signal,
    };
    const running = runCli(['serve', ...argv], io);
    await Promise.race([running, seen.promise.finally(() => stop.abort(new Interrupted()))]);
    return { code: await running, stdout, stderr };
  }
  /** Runs a command that ends by itself. */
  async function run(argv: string[]) {
    let stdout = '';
    let stderr = '';
    const code = await runCli(argv, {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      env: { HOME: folder },
      signal: new AbortController().signal,
    });
    return { code, stdout, stderr };
  }
  const own = (...more: string[]) => [
    ...(more.includes('--port') ? [] : ['--port', '0']),
    ...['--no-agent', '--no-sample', '--no-page', '--data', path.join(folder, 'data'), ...more],
  ];
  const linkIn = (text: string) => /http:\S+\/sign-in\/\w+/.exec(text)?.[0];

  it('says where it is, signs its owner in by the link, and stops', async () => {
    const { code, stdout, stderr } = await serve(own(), async (said) => {
      await expect.poll(() => said).toContain('Roto is running at http://127.0.0.1:');
      const url = /http:\S+/.exec(said)![0];
      const page = await fetch(url);
      expect(await page.text()).toContain('Sign in');
    });
    const link = linkIn(stdout);
    expect([code, stderr]).toEqual([0, 'Starting …\nStopped.\n']);
    expect(stdout).toContain('Sign in as owner');
    expect(link).toBeDefined();
    // The next start has a new link, which works; the old one is of the same database, and works, too: once.
    const again = await serve(own(), async (said) => {
      await expect.poll(() => linkIn(said)).toBeDefined();
    });
    expect(again.code).toBe(0);
    expect(linkIn(again.stdout)).not.toBe(link);
  });

  it.each([
    ['a port that is none', ['--port', '70000'], 2, /--port "70000"/],
    ['a port in words', ['--port', 'http'], 2, /--port "http"/],
    ['a database that is no PostgreSQL', ['--database-url', 'mysql://localhost/x'], 2, /postgresql:\/\//],
    ['a database that does not answer', ['--database-url', 'postgresql://127.0.0.1:1/x'], 3, /127\.0\.0\.1:1 cannot/],
    ['a public address with a path', ['--public-url', 'https://example.org/roto'], 2, /--public-url/],
    ['a public address that is no address', ['--public-url', 'javascript:alert(1)'], 2, /--public-url/],
    ['an address of another machine', ['--host', '192.0.2.1'], 2, /--host "192\.0\.2\.1"/],
    ['an unknown option', ['--open-the-door'], 2, /--open-the-door/],
  ])('refuses %s', async (_what, argv, code, says) => {
    const answer = await serve(own(...argv));
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code, stderr: expect.stringMatching(says) });
  });

  it('refuses a folder that is a file', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const { code, stderr } = await serve(['--port', '0', '--no-agent', '--no-sample', '--data', file]);
    expect([code, stderr]).toEqual([6, expect.stringContaining('--data')]);
  });

  it.skipIf(process.platform !== 'linux')(
    'ends with words when its folder cannot be made, as below /proc',
    async () => {
      const { code, stderr } = await serve(['--port', '0', '--no-agent', '--no-sample', '--data', '/proc/roto-data']);
      expect([code, stderr]).toEqual([6, expect.stringMatching(/\/proc\/roto-data cannot be used .* --data/)]);
    },
  );

  it('refuses a port that is taken, and a folder that another serves', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    const taken = await serve(own('--port', String(port)));
    other.close();
    expect([taken.code, taken.stderr]).toEqual([6, expect.stringContaining(`Port ${port} of 127.0.0.1 is taken`)]);
    const first = await serve(own(), async () => {
      const second = await serve(own());
      expect([second.code, second.stderr]).toEqual([6, expect.stringContaining(`in use by process ${process.pid}`)]);
    });
    expect(first.code).toBe(0);
  });

  it('backs its data up and restores it elsewhere', async () => {
    await serve(own());
    const file = path.join(folder, 'roto.zip');
    const made = await run(['backup', file, '--data', path.join(folder, 'data')]);
    expect([made.code, made.stdout]).toEqual([0, expect.stringContaining('0 tasks')]);
    expect((await run(['backup', file, '--data', path.join(folder, 'data')])).code).toBe(6);
    expect((await run(['backup', path.join(folder, 'b.zip'), '--data', path.join(folder, 'none')])).code).toBe(3);
    const back = await run(['restore', file, '--data', path.join(folder, 'new')]);
    expect([back.code, back.stdout]).toEqual([0, expect.stringContaining('Restored 0 tasks')]);
    expect((await run(['restore', file, '--data', path.join(folder, 'new')])).code).toBe(6);
    await writeFile(file, 'not a backup');
    const bad = await run(['restore', file, '--data', path.join(folder, 'other')]);
    expect([bad.code, bad.stderr]).toEqual([3, expect.stringContaining('not a backup of Roto')]);
  }, 240_000);

  it('makes users, links, passwords and tokens on the data, without a server', async () => {
    const at = ['--data', path.join(folder, 'data')];
    await serve(own());
    const added = await run(['user', 'add', 'ann', ...at]);
    expect([added.code, added.stdout]).toEqual([0, expect.stringMatching(/^\/sign-in\/[0-9a-f]{40}\n$/)]);
    expect((await run(['user', 'ls', ...at])).stdout).toMatch(
      /\towner\tadministrator, no password\n.*\tann\tno password\n/s,
    );
    const token = (await run(['token', 'create', 'agent', '--user', 'ann', '--days', '3', ...at])).stdout.trim();
    expect((await run(['token', 'ls', ...at])).stdout).toMatch(/\tann\tagent\tuntil \d{4}-.*not used yet/);
    const link = (await run(['user', 'link', 'owner', '--reset', ...at])).stdout.trim();
    await serve(own(), async (said) => {
      const url = /http:\S+/.exec(said)![0];
      const self = await fetch(`${url}/api/users/self`, { headers: { Authorization: `Bearer ${token}` } });
      expect(((await self.json()) as { username: string }).username).toBe('ann');
      const opened = await fetch(url + link, { redirect: 'manual' });
      expect([opened.status, opened.headers.getSetCookie().length]).toEqual([303, 2]);
      // The server has the embedded data; nobody else does meanwhile.
      expect((await run(['user', 'ls', ...at])).code).toBe(6);
    });
    for (const wrong of [
      ['link', 'nobody'],
      ['add', 'ann'],
      ['add', 'a/b'],
    ])
      expect([wrong, (await run(['user', ...wrong, ...at])).code]).toEqual([wrong, 3]);
    expect((await run(['user', 'password', 'ann', ...at])).code).toBe(2);
    // Each of them opens the embedded database, which takes seconds on a busy machine.
  }, 240_000);
});
