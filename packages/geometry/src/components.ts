import type { Box } from './box.ts';
import { createMask, type Mask } from './mask.ts';

export type Component = {
  /** Value of its pixels in `labels`; from 1, in the order of first pixels, row by row. */
  readonly label: number;
  readonly area: number;
  readonly bounds: Box;
};

export type Components = {
  /** Row-major, one number per pixel: 0 outside, else the component's label. */
  readonly labels: Int32Array;
  readonly components: readonly Component[];
};

/**
 * Splits a mask into connected parts. 4: pixels touch by an edge; 8: a corner is enough.
 * Two passes over runs with a union-find, so the cost is linear whatever the shape.
 */
export function connectedComponents(mask: Mask, connectivity: 4 | 8): Components {
  const { width, height, data } = mask;
  const labels = new Int32Array(width * height);
  const reach = connectivity === 8 ? 1 : 0;
  // Runs of set pixels; `start`/`end` are columns, end exclusive. `parent` is the union-find over runs.
  const start: number[] = [];
  const end: number[] = [];
  const line: number[] = [];
  const parent: number[] = [];
  let above = 0;
  let aboveEnd = 0;
  for (let y = 0; y < height; y++) {
    const first = start.length;
    let candidate = above;
    for (let x = 0; x < width; ) {
      if (data[y * width + x] !== 1) {
        x++;
        continue;
      }
      const from = x;
      while (x < width && data[y * width + x] === 1) x++;
      const run = start.length;
      start.push(from);
      end.push(x);
      line.push(y);
      parent.push(run);
      while (candidate < aboveEnd && end[candidate]! + reach <= from) candidate++;
      for (let other = candidate; other < aboveEnd && start[other]! < x + reach; other++) join(parent, other, run);
    }
    above = first;
    aboveEnd = start.length;
  }

  const labelOf = new Int32Array(start.length);
  const found: { label: number; area: number; bounds: { x0: number; y0: number; x1: number; y1: number } }[] = [];
  for (let run = 0; run < start.length; run++) {
    const root = find(parent, run);
    const x0 = start[run]!;
    const x1 = end[run]!;
    const y = line[run]!;
    if (labelOf[root] === 0) {
      labelOf[root] = found.length + 1;
      found.push({ label: found.length + 1, area: 0, bounds: { x0, y0: y, x1, y1: y + 1 } });
    }
    const component = found[labelOf[root]! - 1]!;
    component.area += x1 - x0;
    component.bounds.x0 = Math.min(component.bounds.x0, x0);
    component.bounds.x1 = Math.max(component.bounds.x1, x1);
    component.bounds.y1 = y + 1;
    labels.fill(component.label, y * width + x0, y * width + x1);
  }
  return { labels, components: found };
}

/** Only the component with the most pixels (the first of equals); an empty mask stays empty. */
export function largestComponent(mask: Mask, connectivity: 4 | 8): Mask {
  const { labels, components } = connectedComponents(mask, connectivity);
  const out = createMask(mask.width, mask.height);
  if (components.length === 0) return out;
  const best = components.reduce((a, b) => (b.area > a.area ? b : a)).label;
  for (let i = 0; i < labels.length; i++) out.data[i] = labels[i] === best ? 1 : 0;
  return out;
}

function find(parent: number[], run: number): number {
  let root = run;
  while (parent[root] !== root) root = parent[root]!;
  for (let at = run; at !== root; ) {
    const next = parent[at]!;
    parent[at] = root;
    at = next;
  }
  return root;
}

/** The smaller root wins, so that labels follow the order of first pixels. */
function join(parent: number[], a: number, b: number): void {
  const rootA = find(parent, a);
  const rootB = find(parent, b);
  if (rootA < rootB) parent[rootB] = rootA;
  else parent[rootA] = rootB;
}
