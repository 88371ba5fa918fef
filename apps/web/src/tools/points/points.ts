import { chainTool } from '../chain/chain-tool.ts';

/** Single points; N ends. */
export const pointsTool = chainTool({
  id: 'points',
  least: 1,
  geometry: (points) => ({ kind: 'points', points: points.flat() }),
  joined: false,
});
