import type { Geometry } from '../../src/document/records.ts';

/** Many outlines and masks spread over a frame: what a full frame costs. */
export function crowd(
  polygons: number,
  points: number,
  masks: number,
  { width, height }: { width: number; height: number },
): readonly Geometry[] {
  let seed = 11;
  const random = (): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const made: Geometry[] = [];
  for (let i = 0; i < polygons; i++) {
    const radius = 25 + random() * 55;
    const x = radius + random() * (width - 2 * radius);
    const y = radius + random() * (height - 2 * radius);
    const flat: number[] = [];
    for (let p = 0; p < points; p++) {
      const angle = (p / points) * 2 * Math.PI;
      const r = radius * (0.75 + 0.2 * Math.sin(angle * 5 + i) + 0.05 * random());
      flat.push(x + r * Math.cos(angle), y + r * Math.sin(angle));
    }
    made.push({ kind: 'polygon', points: flat });
  }
  for (let i = 0; i < masks; i++) {
    const radius = 60 + Math.floor(random() * 60);
    const left = Math.floor(random() * (width - 2 * radius));
    const top = Math.floor(random() * (height - 2 * radius));
    const side = 2 * radius;
    const runs: number[] = [];
    let gap = 0;
    for (let y = 0; y < side; y++) {
      const half = Math.floor(Math.sqrt(Math.max(0, radius * radius - (y - radius) ** 2)));
      gap += radius - half;
      if (half > 0) {
        runs.push(gap, 2 * half);
        gap = 0;
      }
      gap += radius - half;
    }
    if (gap > 0) runs.push(gap);
    made.push({ kind: 'mask', runs, left, top, right: left + side - 1, bottom: top + side - 1 });
  }
  return made;
}
