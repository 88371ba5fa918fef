import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SERVER_LIMITS, FolderInUse, firstOwner, type RunningServer, startServer } from './index.ts';

const report = (error: unknown, where: string) => {
  throw new Error(`fault at ${where}`, { cause: error });
};

describe('a server', () => {
  let folder: string;
  const running: RunningServer[] = [];
  const start = async (port = 0): Promise<RunningServer> => {
    const server = await startServer({ folder, host: '127.0.0.1', port, limits: DEFAULT_SERVER_LIMITS }, report);
    running.push(server);
    return server;
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'roto-start-'));
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps what it has from one start to the next, and shares its folder with no other', async () => {
    const first = await start();
    expect(await firstOwner(first.context.db)).toMatchObject({ username: 'owner', created: true, hasPassword: false });
    await expect(start()).rejects.toThrow(FolderInUse);
    // The refusal took nothing away from the one that runs.
    expect((await fetch(`${first.url}/api/server/health`)).status).toBe(200);
    await first.close();
    await expect(fetch(`${first.url}/api/server/health`)).rejects.toThrow();
    const second = await start();
    expect(await firstOwner(second.context.db)).toMatchObject({ username: 'owner', created: false });
  });

  it('that cannot listen lets go of everything', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    try {
      await expect(start(port)).rejects.toThrow('EADDRINUSE');
      await start();
    } finally {
      other.close();
    }
  });
});
