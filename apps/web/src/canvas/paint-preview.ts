import type { HandleMark, Mark, Preview, PreviewFigure } from '../tools/preview.ts';
import { type Camera, matrixOf, toView } from './camera.ts';
import { type ImagePoint, imagePoint } from './points.ts';

/** What a tool shows, drawn in CSS pixels: lines and handles have the same size at any zoom. */
export type PreviewStyle = {
  readonly pointRadius: number;
  readonly accent: string;
  readonly danger: string;
};

const UNDER = 'rgb(0 0 0 / 60%)';

export function paintPreview(
  context: CanvasRenderingContext2D,
  preview: Preview,
  camera: Camera,
  style: PreviewStyle,
): void {
  for (const figure of preview.figures ?? []) paintFigure(context, figure, camera, style);
  if (preview.selection) {
    const { x0, y0, x1, y1 } = preview.selection;
    const corners = [pt(x0, y0), pt(x1, y0), pt(x1, y1), pt(x0, y1)];
    paintFigure(
      context,
      { points: corners, closed: true, color: style.accent, style: 'guide', filled: true },
      camera,
      style,
    );
  }
  for (const handle of preview.handles ?? []) paintHandle(context, handle, camera, style);
  for (const mark of preview.marks ?? []) paintMark(context, mark, camera, style);
  if (preview.brush) paintBrush(context, preview.brush, camera, style);
  if (preview.crosshair) paintCrosshair(context, preview.crosshair, camera);
}

const pt = imagePoint;

function pathIn(camera: Camera, points: readonly ImagePoint[], closed: boolean): Path2D {
  const path = new Path2D();
  for (const [i, point] of points.entries()) {
    const [x, y] = toView(camera, point);
    if (i === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  if (closed) path.closePath();
  return path;
}

const DASHES: Record<PreviewFigure['style'], readonly number[]> = {
  figure: [],
  rubber: [5, 4],
  guide: [2, 3],
  choice: [8, 5],
  wrong: [],
};

function paintFigure(
  context: CanvasRenderingContext2D,
  figure: PreviewFigure,
  camera: Camera,
  style: PreviewStyle,
): void {
  const path = pathIn(camera, figure.points, figure.closed);
  if (figure.filled) {
    context.globalAlpha = 0.18;
    context.fillStyle = figure.color;
    context.fill(path, 'evenodd');
    context.globalAlpha = 1;
  }
  twice(context, path, figure.style === 'wrong' ? style.danger : figure.color, DASHES[figure.style]);
  if (!figure.dots) return;
  for (const [i, point] of figure.points.entries()) {
    const [x, y] = toView(camera, point);
    circle(context, x, y, i === 0 ? style.pointRadius * 1.4 : style.pointRadius, figure.color);
  }
}

/** A dark line below, the coloured one above it. */
function twice(
  context: CanvasRenderingContext2D,
  path: Path2D,
  color: string,
  dash: readonly number[],
  width = 1.5,
): void {
  context.lineJoin = 'round';
  context.setLineDash([]);
  context.lineWidth = width + 1.5;
  context.strokeStyle = UNDER;
  context.stroke(path);
  context.setLineDash([...dash]);
  context.lineWidth = width;
  context.strokeStyle = color;
  context.stroke(path);
  context.setLineDash([]);
}

function circle(context: CanvasRenderingContext2D, x: number, y: number, radius: number, fill: string): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = '#ffffff';
  context.stroke();
  context.beginPath();
  context.arc(x, y, radius + 1.25, 0, 2 * Math.PI);
  context.lineWidth = 1;
  context.strokeStyle = UNDER;
  context.stroke();
}

function paintHandle(context: CanvasRenderingContext2D, handle: HandleMark, camera: Camera, style: PreviewStyle): void {
  const [x, y] = toView(camera, handle.at);
  const radius = style.pointRadius * (handle.isHot ? 1.4 : 1);
  if (handle.kind === 'resize') {
    const side = radius * 2;
    context.fillStyle = handle.isHot ? style.accent : '#ffffff';
    context.strokeStyle = UNDER;
    context.lineWidth = 1.5;
    context.fillRect(x - radius, y - radius, side, side);
    context.strokeRect(x - radius, y - radius, side, side);
    return;
  }
  circle(
    context,
    x,
    y,
    radius,
    handle.isSelected || handle.isHot ? style.accent : handle.kind === 'rotate' ? '#ffffff' : '#2b2e33',
  );
}

function paintMark(context: CanvasRenderingContext2D, mark: Mark, camera: Camera, style: PreviewStyle): void {
  const [x, y] = toView(camera, mark.at);
  switch (mark.kind) {
    case 'point':
      circle(context, x, y, style.pointRadius, mark.color ?? style.accent);
      return;
    case 'snap': {
      const path = new Path2D();
      path.rect(x - 5, y - 5, 10, 10);
      twice(context, path, style.accent, []);
      return;
    }
    case 'positive':
    case 'negative': {
      const isPositive = mark.kind === 'positive';
      circle(context, x, y, 8, isPositive ? '#1d9a4f' : '#d33f3f');
      const path = new Path2D();
      path.moveTo(x - 4, y);
      path.lineTo(x + 4, y);
      if (isPositive) {
        path.moveTo(x, y - 4);
        path.lineTo(x, y + 4);
      }
      context.lineWidth = 2;
      context.strokeStyle = '#ffffff';
      context.stroke(path);
      return;
    }
    case 'number':
      circle(context, x, y, 10, mark.color ?? style.accent);
      context.font = '600 12px system-ui, sans-serif';
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillStyle = '#ffffff';
      context.fillText(mark.text ?? '', x, y + 0.5);
  }
}

function paintBrush(
  context: CanvasRenderingContext2D,
  brush: NonNullable<Preview['brush']>,
  camera: Camera,
  style: PreviewStyle,
): void {
  const [x, y] = toView(camera, brush.at);
  const side = brush.size * camera.scale;
  const path = new Path2D();
  if (brush.form === 'circle') path.arc(x, y, side / 2, 0, 2 * Math.PI);
  else path.rect(x - side / 2, y - side / 2, side, side);
  twice(context, path, brush.erases ? style.danger : '#ffffff', brush.erases ? [4, 3] : [], 1.25);
  const middle = new Path2D();
  middle.arc(x, y, 1, 0, 2 * Math.PI);
  twice(context, middle, '#ffffff', []);
}

function paintCrosshair(context: CanvasRenderingContext2D, at: ImagePoint, camera: Camera): void {
  const [x, y] = toView(camera, at);
  const path = new Path2D();
  path.moveTo(0, y);
  path.lineTo(camera.view.width, y);
  path.moveTo(x, 0);
  path.lineTo(x, camera.view.height);
  twice(context, path, 'rgb(255 255 255 / 80%)', [], 1);
}

/** Sets a context to image pixels. */
export function toImageSpace(context: CanvasRenderingContext2D, camera: Camera, ratio: number): void {
  const [a, b, c, d, e, f] = matrixOf(camera);
  context.setTransform(a * ratio, b * ratio, c * ratio, d * ratio, e * ratio, f * ratio);
}
