import { chainTool } from '../chain/chain-tool.ts';

/** As the polygon, without closing. */
export const polylineTool = chainTool({
  id: 'polyline',
  least: 2,
  geometry: (points) => ({ kind: 'polyline', points: points.flat() }),
  joined: true,
});
