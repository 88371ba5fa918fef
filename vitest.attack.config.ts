import { defineConfig } from 'vitest/config';

// Attacks on a server of its own, bounded: `npm run test:attack`. Minutes, and both cores.
export default defineConfig({
  test: {
    include: ['apps/server/attacks/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 240_000,
    hookTimeout: 300_000,
  },
});
