// Time of J and F at 1280 × 720: every bench mask against itself moved by (4, 9) pixels, best of ten.
//   node bench/jf.ts
import { boundaryF, createMask, regionJ } from '@roto/geometry';
import { benchMasks } from './geometry/shapes.ts';

const RUNS = 10;
let total = 0;
for (const { name, mask } of benchMasks()) {
  const moved = createMask(mask.width, mask.height);
  const shift = 9 * mask.width + 4;
  moved.data.set(mask.data.subarray(0, mask.data.length - shift), shift);
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    regionJ(moved, mask);
    boundaryF(moved, mask);
    return performance.now() - start;
  });
  const best = Math.min(...times);
  total += best;
  const scores = `J ${regionJ(moved, mask).toFixed(4)}  F ${boundaryF(moved, mask).toFixed(4)}`;
  console.log(`${name.padEnd(14)} ${scores}  ${best.toFixed(2)} ms`);
}
const mean = total / benchMasks().length;
console.log(`mean ${mean.toFixed(2)} ms; 300 frames of 4 objects: ${((mean * 1200) / 1000).toFixed(1)} s`);
