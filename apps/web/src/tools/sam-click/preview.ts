import { type ImagePoint, imagePoint } from '../../canvas/points.ts';
import type { MaskGeometry } from '../../document/records.ts';
import { maskOfGeometry } from '../../masks/runs.ts';
import { type TiledMask, tiledMaskOf } from '../../masks/tiled-mask.ts';
import { outlinesOf } from '../../outline/shape.ts';
import type { Mark, Preview, PreviewFigure } from '../preview.ts';
import { boxOf } from '../select/boxing.ts';
import type { ToolContext } from '../tool.ts';
import type { SamState } from './state.ts';

const tiled = new WeakMap<MaskGeometry, TiledMask>();

export function previewSam(state: SamState, context: ToolContext): Preview {
  const { color } = context.options;
  const { points, box } = state.steps.now;
  const { drag } = state;
  const marks = points.map(({ at, isPositive }, i): Mark => {
    const shown = drag?.kind === 'point' && drag.index === i ? drag.to : at;
    return { at: shown, kind: isPositive ? 'positive' : 'negative' };
  });
  const figures: PreviewFigure[] = [];
  const shownBox = drag?.kind === 'box' && isDragged(drag, context) ? boxOf(drag.from, drag.to) : box;
  if (shownBox) {
    const { x0, y0, x1, y1 } = shownBox;
    const corners = [imagePoint(x0, y0), imagePoint(x1, y0), imagePoint(x1, y1), imagePoint(x0, y1)];
    figures.push({ points: corners, closed: true, color: '#1d9a4f', style: 'rubber' });
  }
  for (const outline of state.figure ? outlinesOf(state.figure) : [])
    figures.push({ points: outline, closed: true, color, style: 'figure', dots: true });
  const hidden = state.target && state.mask ? { hidden: [state.target.uid] } : {};
  const mask = state.mask ? { mask: { tiles: tilesOf(state.mask, context), color, box: false } } : {};
  return { figures, marks, ...mask, ...hidden };
}

function isDragged({ from, to }: { from: ImagePoint; to: ImagePoint }, context: ToolContext): boolean {
  return Math.hypot(from[0] - to[0], from[1] - to[1]) * context.scale >= 4;
}

function tilesOf(mask: MaskGeometry, context: ToolContext): TiledMask {
  let tiles = tiled.get(mask);
  if (!tiles) {
    tiles = tiledMaskOf(maskOfGeometry(mask, context.scene.size));
    tiled.set(mask, tiles);
  }
  return tiles;
}
