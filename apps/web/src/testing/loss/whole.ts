// All sequences of the loss test: 200 of 30 to 80 steps, with servers that are killed. `SEED`, `SEQUENCES` and `STEPS` set others.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../../../..');
const { status } = spawnSync('npx', ['vitest', 'run', 'apps/web/src/sync/loss.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, SEQUENCES: process.env.SEQUENCES ?? '200', STEPS: process.env.STEPS ?? '80' },
});
process.exit(status ?? 1);
