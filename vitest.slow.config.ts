import { defineConfig } from 'vitest/config';

// The tests that `npm test` leaves out: they take minutes, or need Python or large files, and skip themselves without.
//   npx vitest run --config vitest.slow.config.ts [folder]
export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.slow.test.ts', 'apps/*/src/**/*.slow.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
