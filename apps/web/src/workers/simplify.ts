// A polygon of few points for a mask, with a bound on the error: 150 ms and more, which the page cannot wait for.
import { joinRings, ringToFlat, simplifyMask } from '@roto/geometry';
import type { SimplifyAnswer, SimplifyRequest } from '../canvas/simplifier.ts';
import { maskOfGeometry } from '../masks/runs.ts';

self.addEventListener('message', ({ data }: MessageEvent<SimplifyRequest>) => {
  const { polygon, iou, points } = simplifyMask(maskOfGeometry(data.mask, data.size), { minIou: data.iou });
  const answer: SimplifyAnswer = { id: data.id, flat: ringToFlat(joinRings(polygon)), iou, points };
  self.postMessage(answer);
});
