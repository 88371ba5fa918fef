import type { Label } from '../labeled/labels.ts';

/** Edges of a skeleton's drawing as pairs of places among its points. */
export function skeletonEdges(label: Label): [number, number][] {
  const svg = label.svg ?? '';
  const nodes = new Map<string, number>();
  for (const [tag] of svg.matchAll(/<circle\b[^>]*>/g)) {
    const place = label.sublabels.findIndex(
      ({ id, name }) => value(tag, 'data-label-id') === String(id) || value(tag, 'data-label-name') === name,
    );
    const node = value(tag, 'data-node-id') ?? value(tag, 'data-element-id');
    if (node !== undefined && place >= 0) nodes.set(node, place);
  }
  return [...svg.matchAll(/<line\b[^>]*>/g)].flatMap(([tag]): [number, number][] => {
    const from = nodes.get(value(tag, 'data-node-from') ?? '');
    const to = nodes.get(value(tag, 'data-node-to') ?? '');
    return from === undefined || to === undefined ? [] : [[from, to]];
  });
}

function value(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
}
