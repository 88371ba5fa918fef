import type { ImagePoint } from '../../canvas/points.ts';
import type { Geometry } from '../../document/records.ts';
import { finished } from '../finished.ts';
import type { Preview } from '../preview.ts';
import type { Step, Tool, ToolContext, ToolEvent } from '../tool.ts';
import { type Chain, chainPoints, chainPreview, EMPTY_CHAIN, reduceChain } from './chain.ts';

type Kind = {
  readonly id: 'polyline' | 'points';
  readonly least: number;
  readonly geometry: (points: readonly ImagePoint[]) => Geometry;
  /** Is there a line between the points? */
  readonly joined: boolean;
};

/** The tool of a figure that is an open row of points. */
export function chainTool(kind: Kind): Tool<Chain> {
  return {
    id: kind.id,
    start: () => EMPTY_CHAIN,
    reduce: (chain, event, context) => reduce(kind, chain, event, context),
    preview: (chain, context) => preview(kind, chain, context),
    hint(chain) {
      const points = chainPoints(chain).length;
      return points === 0 ? { key: `${kind.id}.idle` } : { key: `${kind.id}.placing`, points };
    },
    path: (chain) => `${kind.id}.${chainPoints(chain).length === 0 ? 'idle' : 'placing'}`,
    isDrawing: (chain) => chainPoints(chain).length > 0,
  };
}

function reduce(kind: Kind, chain: Chain, event: ToolEvent, context: ToolContext): Step<Chain> {
  // Single points are not drawn by dragging.
  const calm =
    kind.joined || event.type !== 'move' ? event : { ...event, pressed: false, keys: { ...event.keys, shift: false } };
  const step = reduceChain(chain, calm, context, { closes: false, count: context.options.pointCount });
  if (step.end === 'cancelled') return { state: EMPTY_CHAIN, effects: [{ type: 'close' }] };
  if (!step.end) return { state: step.chain, ...(step.ignored && { ignored: true }) };
  const points = chainPoints(step.chain);
  if (points.length === 0) return { state: EMPTY_CHAIN, effects: [{ type: 'close' }] };
  if (points.length < kind.least)
    return { state: step.chain, effects: [{ type: 'say', message: { key: 'too-few-points', least: kind.least } }] };
  const result = finished(kind.geometry(points), context.scene.size);
  if (result.problem) return { state: step.chain, effects: [{ type: 'say', message: result.problem }] };
  return {
    state: EMPTY_CHAIN,
    commits: [{ step: 'created', changes: [{ kind: 'create', geometry: result.geometry }] }],
    effects: [{ type: 'close', again: context.options.stay }],
  };
}

function preview(kind: Kind, chain: Chain, context: ToolContext): Preview {
  const { color } = context.options;
  if (kind.joined) return chainPreview(chain, color, false);
  const marks = chainPoints(chain).map((at) => ({ at, kind: 'point' as const, color }));
  return { marks: chain.pointer ? [...marks, { at: chain.pointer.point, kind: 'point', color }] : marks };
}
