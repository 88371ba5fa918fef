import { brushTool } from './brush/brush.ts';
import { ellipseTool } from './ellipse/ellipse.ts';
import { groupTool } from './group/group.ts';
import { joinTool } from './join/join.ts';
import { mergeTool } from './merge/merge.ts';
import { panTool } from './pan/pan.ts';
import { pointsTool } from './points/points.ts';
import { polygonTool } from './polygon/polygon.ts';
import { polylineTool } from './polyline/polyline.ts';
import { rectangleTool } from './rectangle/rectangle.ts';
import { type RunningTool, runTool } from './running.ts';
import { samClickTool } from './sam-click/sam-click.ts';
import { boxSelectTool, selectTool } from './select/select.ts';
import { sliceTool } from './slice/slice.ts';
import { splitTool } from './split/split.ts';
import type { ToolContext, ToolId } from './tool.ts';

/** Starts the tool of a name. */
export function startTool(id: ToolId, context: ToolContext): RunningTool {
  switch (id) {
    case 'select':
      return runTool(selectTool, context);
    case 'box-select':
      return runTool(boxSelectTool, context);
    case 'pan':
      return runTool(panTool, context);
    case 'rectangle':
      return runTool(rectangleTool, context);
    case 'ellipse':
      return runTool(ellipseTool, context);
    case 'polygon':
      return runTool(polygonTool, context);
    case 'polyline':
      return runTool(polylineTool, context);
    case 'points':
      return runTool(pointsTool, context);
    case 'mask':
      return runTool(brushTool, context);
    case 'slice':
      return runTool(sliceTool, context);
    case 'join':
      return runTool(joinTool, context);
    case 'merge':
      return runTool(mergeTool, context);
    case 'split':
      return runTool(splitTool, context);
    case 'group':
      return runTool(groupTool, context);
    case 'sam-click':
      return runTool(samClickTool, context);
  }
}

/** Tools that make objects: what N opens again. */
export const DRAWING: ReadonlySet<ToolId> = new Set([
  'rectangle',
  'ellipse',
  'polygon',
  'polyline',
  'points',
  'mask',
  'sam-click',
]);

/** Tools that work over several frames: changing the frame does not put their figure aside. */
export const ACROSS_FRAMES: ReadonlySet<ToolId> = new Set(['merge', 'select', 'box-select', 'pan']);
