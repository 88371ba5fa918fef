import type { Geometry, Uid } from '../document/records.ts';
import { boundsOf } from '../outline/shape.ts';
import type { Preview } from '../tools/preview.ts';
import { type Camera, toView } from './camera.ts';
import type { MaskPictures } from './mask-picture.ts';
import { type PaintStyle, paintItem } from './paint.ts';
import { type PreviewStyle, paintPreview, toImageSpace } from './paint-preview.ts';
import { imagePoint } from './points.ts';
import type { SceneItem } from './scene.ts';

/** What is painted in front of the resting objects, in each frame of the screen in which something moves. */
export type FrontScene = {
  readonly camera: Camera;
  readonly ratio: number;
  readonly active: readonly ActiveItem[];
  readonly preview: Preview;
  readonly style: Omit<PaintStyle, 'scale'>;
  readonly previewStyle: PreviewStyle;
  readonly textSize: number;
  /** Objects whose names are shown. */
  readonly named: readonly SceneItem[];
  readonly grid: boolean;
};

export type ActiveItem = { readonly item: SceneItem; readonly opacity: number; readonly isHovered: boolean };

export function paintFront(context: CanvasRenderingContext2D, scene: FrontScene, masks: MaskPictures): void {
  const { camera, ratio, preview } = scene;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  if (scene.grid) paintGrid(context, camera, ratio);
  toImageSpace(context, camera, ratio);
  const style = { ...scene.style, scale: camera.scale };
  for (const { item, opacity, isHovered } of scene.active) {
    const geometry = preview.overrides?.get(item.uid) ?? item.geometry;
    paintItem(context, { geometry, color: item.color, occluded: item.occluded, opacity }, style, masks);
    if (isHovered && geometry.kind !== 'mask') highlight(context, geometry, item.color, camera.scale, style, masks);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  paintPreview(context, preview, camera, scene.previewStyle);
  for (const item of scene.named) paintName(context, item, preview.overrides, camera, scene.textSize);
}

/** The object under the pointer is a little stronger. */
function highlight(
  context: CanvasRenderingContext2D,
  geometry: Geometry,
  color: string,
  scale: number,
  style: PaintStyle,
  masks: MaskPictures,
): void {
  context.globalAlpha = 1;
  paintItem(context, { geometry, color, occluded: false, opacity: 0.12 }, { ...style, scale: scale * 0.75 }, masks);
}

function paintName(
  context: CanvasRenderingContext2D,
  item: SceneItem,
  overrides: ReadonlyMap<Uid, Geometry> | undefined,
  camera: Camera,
  size: number,
): void {
  const box = boundsOf(overrides?.get(item.uid) ?? item.geometry);
  const corners = [imagePoint(box.x0, box.y0), imagePoint(box.x1, box.y1)].map((corner) => toView(camera, corner));
  const x = Math.min(corners[0]![0], corners[1]![0]);
  const y = Math.min(corners[0]![1], corners[1]![1]);
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  const width = context.measureText(item.name).width + 14;
  const height = size + 7;
  const left = Math.min(Math.max(2, x), camera.view.width - width - 2);
  const top = Math.min(Math.max(2, y - height - 5), camera.view.height - height - 2);
  context.fillStyle = 'rgb(16 17 19 / 82%)';
  context.beginPath();
  context.roundRect(left, top, width, height, 4);
  context.fill();
  context.fillStyle = item.color;
  context.fillRect(left, top + 3, 3, height - 6);
  context.fillStyle = '#ffffff';
  context.fillText(item.name, left + 9, top + height / 2 + 0.5);
}

/** Borders of pixels, from 8 CSS pixels a pixel on. */
function paintGrid(context: CanvasRenderingContext2D, camera: Camera, ratio: number): void {
  const { image, view } = camera;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const origin = toView(camera, imagePoint(0, 0));
  const end = toView(camera, imagePoint(image.width, image.height));
  const left = Math.max(0, Math.min(origin[0], end[0]));
  const right = Math.min(view.width, Math.max(origin[0], end[0]));
  const top = Math.max(0, Math.min(origin[1], end[1]));
  const bottom = Math.min(view.height, Math.max(origin[1], end[1]));
  const step = camera.scale;
  context.beginPath();
  for (let x = origin[0] + Math.ceil((left - origin[0]) / step) * step; x <= right; x += step) {
    context.moveTo(x, top);
    context.lineTo(x, bottom);
  }
  for (let y = origin[1] + Math.ceil((top - origin[1]) / step) * step; y <= bottom; y += step) {
    context.moveTo(left, y);
    context.lineTo(right, y);
  }
  context.lineWidth = 1;
  context.strokeStyle = 'rgb(128 128 128 / 28%)';
  context.stroke();
}
