import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { buildPart, partNames } from '../sam2/graphs.ts';
import { fillWeights } from '../weights/fill.ts';
import { inventory } from '../weights/inventory.ts';
import { buildVersion } from './graph-cache.ts';
import { miniature } from './miniature.ts';

/** What this build version builds: nodes, attributes, names and sizes of all graphs, float32 and int8. */
const recorded = { version: 7, structure: 'd86b2e014067b50b' };

test('whoever changes the graphs raises the build version, or old caches would be used', () => {
  const hash = createHash('sha256');
  for (const precision of ['float32', 'int8'] as const)
    for (const part of partNames) {
      const { nodes, initializers, inputs, outputs } = buildPart(part, fillWeights(inventory(miniature)), miniature, {
        precision,
      });
      const constants = [...initializers.values()].map(({ name, type, dims }) => ({ name, type, dims }));
      hash.update(JSON.stringify({ part, precision, nodes, constants, inputs, outputs }));
    }
  // When this fails: add one to `buildVersion` in graph-cache.ts, and write the found values into `recorded`.
  expect({ version: buildVersion, structure: hash.digest('hex').slice(0, 16) }).toEqual(recorded);
});
