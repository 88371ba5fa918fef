// Paints all objects at rest, apart from the page: a frame with hundreds of outlines takes longer than a frame of the screen.
import { MaskPictures } from '../canvas/mask-picture.ts';
import { type PaintedItem, paintItem } from '../canvas/paint.ts';
import type { RasterAnswer, RasterRequest } from '../canvas/raster-message.ts';
import type { Geometry } from '../document/records.ts';

const geometries = new Map<number, Geometry>();
const masks = new MaskPictures();

self.addEventListener('message', ({ data }: MessageEvent<RasterRequest>) => {
  const start = performance.now();
  for (const [id, geometry] of data.known) geometries.set(id, geometry);
  const canvas = new OffscreenCanvas(data.width, data.height);
  const context = canvas.getContext('2d')!;
  context.setTransform(...data.matrix);
  for (const item of data.items) {
    const geometry = geometries.get(item.geometry);
    if (!geometry) continue;
    const painted: PaintedItem = { ...item, geometry };
    paintItem(context, painted, data.style, masks);
  }
  for (const id of data.forget) geometries.delete(id);
  const bitmap = canvas.transferToImageBitmap();
  const answer: RasterAnswer = { id: data.id, bitmap, milliseconds: performance.now() - start };
  self.postMessage(answer, { transfer: [bitmap] });
});
