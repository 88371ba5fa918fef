import { readFileSync } from 'node:fs';
import type { FrameFilter } from '../preprocess/pillow-taps.ts';

/** fixtures/host-steps/README.md says how these were made and how exactly they hold. */
export type HostGoldens = {
  readonly frames: readonly {
    width: number;
    height: number;
    size: number;
    filter: FrameFilter;
    first: readonly number[];
    checksum: number;
  }[];
  readonly masks: readonly {
    width: number;
    height: number;
    size: number;
    area: number;
    checksum: number;
    low: readonly number[] | null;
    lowSum: number;
  }[];
  readonly holes: readonly { side: number; seed: number; area: number; filled: readonly number[] }[];
  readonly outputs: readonly {
    side: number;
    width: number;
    height: number;
    area: number;
    checksum: number;
    near: number;
  }[];
  readonly bfloat16: readonly (readonly [value: string, word: number])[];
};

export const hostGoldens: HostGoldens = JSON.parse(
  readFileSync(new URL('../../fixtures/host-steps/goldens.json', import.meta.url), 'utf8'),
);
