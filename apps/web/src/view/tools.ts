import type { ToolId } from '../tools/tool.ts';

/** Tools that make an object: the rail offers a label, and whether it becomes a track, for these. */
export const DRAW_TOOLS: ReadonlySet<ToolId> = new Set<ToolId>([
  'sam-click',
  'rectangle',
  'polygon',
  'polyline',
  'points',
  'ellipse',
  'mask',
]);
