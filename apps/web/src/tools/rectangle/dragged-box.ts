import type { Box } from '@roto/geometry';
import type { ImagePoint } from '../../canvas/points.ts';
import type { Keys } from '../tool.ts';

/** Box between two corners; Shift makes it a square, Alt takes the first point as its middle. */
export function draggedBox(anchor: ImagePoint, at: ImagePoint, keys: Keys): Box {
  let dx = at[0] - anchor[0];
  let dy = at[1] - anchor[1];
  if (keys.shift) {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    dx = dx < 0 ? -side : side;
    dy = dy < 0 ? -side : side;
  }
  const from = keys.alt ? [anchor[0] - dx, anchor[1] - dy] : anchor;
  const to = [anchor[0] + dx, anchor[1] + dy] as const;
  return {
    x0: Math.min(from[0]!, to[0]),
    y0: Math.min(from[1]!, to[1]),
    x1: Math.max(from[0]!, to[0]),
    y1: Math.max(from[1]!, to[1]),
  };
}
