import type { Box } from '@roto/geometry';
import type { Geometry } from '../../document/records.ts';
import { boxTool } from '../rectangle/box-tool.ts';

export const ellipseTool = boxTool({ id: 'ellipse', geometry: ellipseIn });

function ellipseIn(box: Box): Geometry {
  return {
    kind: 'ellipse',
    cx: (box.x0 + box.x1) / 2,
    cy: (box.y0 + box.y1) / 2,
    right: box.x1,
    top: box.y0,
    rotation: 0,
  };
}
