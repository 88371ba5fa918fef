import { type Box, unionBoxes } from '@roto/geometry';
import { boundsOf, outlinesOf } from '../outline/shape.ts';
import { type Camera, matrixOf } from './camera.ts';
import { EditMask } from './edit-mask.ts';
import { MaskPictures } from './mask-picture.ts';
import { type PaintedItem, type PaintStyle, paintItem } from './paint.ts';
import type { Size } from './points.ts';
import type { Raster } from './raster.ts';
import { type Area, areaFor, covers, inImage } from './raster-area.ts';
import type { RasterRequest } from './raster-message.ts';
import { boxesMeet } from './scene.ts';

/** Browsers refuse canvases above this. */
const MOST_PIXELS = 16.7e6;
/** Milliseconds of rest after which the raster is painted anew for the new place. */
const REST = 80;
/** Points, or their like in pixels of masks, that are painted at once instead of in the worker. */
const AT_ONCE = 4000;
const PIXELS_PER_POINT = 60;

/**
 * The stack of canvases: picture, mask being painted, resting objects, and the front with everything that moves.
 * While the view is panned or zoomed the first three are only moved by CSS transforms; at rest the objects are painted
 * anew, in the worker when they are many.
 */
export class Layers {
  readonly front = document.createElement('canvas');
  readonly editMask = new EditMask();
  readonly #stage = document.createElement('div');
  readonly #picture = document.createElement('canvas');
  readonly #objects = document.createElement('canvas');
  readonly #raster: Raster;
  readonly #masks = new MaskPictures();
  #camera: Camera;
  #ratio = 1;
  #area: Area | undefined;
  /** Around the frame and all objects. */
  #bounds: Box = { x0: 0, y0: 0, x1: 0, y1: 0 };
  #items: readonly PaintedItem[] = [];
  #style: Omit<PaintStyle, 'scale'> | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;
  /** A new picture that waits for its objects: both change in one paint. */
  #pending: ImageBitmap | undefined;
  /** Milliseconds of the last raster, for measurements. */
  lastRaster = 0;

  constructor(host: HTMLElement, camera: Camera, raster: Raster) {
    this.#camera = camera;
    this.#raster = raster;
    this.#stage.append(this.#picture, this.editMask.element);
    host.append(this.#stage, this.#objects, this.front);
    for (const element of [this.#stage, this.#picture, this.editMask.element, this.#objects, this.front]) {
      element.style.position = 'absolute';
      element.style.left = '0';
      element.style.top = '0';
    }
    for (const element of [this.#stage, this.#objects]) {
      element.style.transformOrigin = '0 0';
      element.style.willChange = 'transform';
      element.style.pointerEvents = 'none';
    }
    this.front.style.pointerEvents = 'none';
  }

  remove(): void {
    clearTimeout(this.#resting);
    for (const element of [this.#stage, this.#objects, this.front]) element.remove();
  }

  /** Pixels of the screen per CSS pixel, and the size of the view. */
  setView(view: Size, ratio: number): void {
    this.#ratio = ratio;
    this.front.width = Math.round(view.width * ratio);
    this.front.height = Math.round(view.height * ratio);
    this.front.style.width = `${view.width}px`;
    this.front.style.height = `${view.height}px`;
  }

  setCamera(camera: Camera, smooth: boolean): void {
    const isMoved = this.#camera !== camera;
    this.#camera = camera;
    this.#stage.style.transform = `matrix(${matrixOf(camera).join(',')})`;
    const rendering = camera.scale >= 2 && !smooth ? 'pixelated' : 'auto';
    this.#picture.style.imageRendering = rendering;
    this.editMask.element.style.imageRendering = camera.scale >= 1 ? 'pixelated' : 'auto';
    this.#place();
    if (!isMoved) return;
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#repaint(), REST);
    const isLeft = this.#area && !covers(this.#area, camera, this.#bounds);
    if (isLeft && !this.#raster.isBusy && costOf(this.#items) > AT_ONCE) this.#repaint();
  }

  /** CSS filter of the picture alone. */
  setFilter(filter: string): void {
    this.#picture.style.filter = filter;
  }

  setVisible(picture: boolean, objects: boolean): void {
    this.#picture.style.visibility = picture ? '' : 'hidden';
    const visibility = objects ? '' : 'hidden';
    this.#objects.style.visibility = visibility;
    this.front.style.visibility = visibility;
    this.editMask.element.style.visibility = visibility;
  }

  setDimmed(objects: boolean): void {
    this.#objects.style.opacity = objects ? '0.25' : '';
  }

  /** Shows a picture, or none, together with what is on it. */
  show(picture: ImageBitmap | undefined, items: readonly PaintedItem[], style: Omit<PaintStyle, 'scale'>): void {
    this.#pending = picture;
    this.#setItems(items, style);
  }

  /** Other objects on the same picture. */
  setItems(items: readonly PaintedItem[], style: Omit<PaintStyle, 'scale'>): void {
    this.#setItems(items, style);
  }

  #repaint(): void {
    clearTimeout(this.#resting);
    const { width: w, height: h } = this.#camera.view;
    if (!this.#style || w === 0 || h === 0) return;
    const camera = this.#camera;
    const ratio = this.#ratio;
    const area = areaFor(camera, this.#bounds, MOST_PIXELS / ratio ** 2) ?? {
      camera,
      left: 0,
      top: 0,
      width: 1,
      height: 1,
    };
    const [a, b, c, d, e, f] = matrixOf(camera);
    const matrix: RasterRequest['matrix'] = [
      a * ratio,
      b * ratio,
      c * ratio,
      d * ratio,
      (e - area.left) * ratio,
      (f - area.top) * ratio,
    ];
    const width = Math.ceil(area.width * ratio);
    const height = Math.ceil(area.height * ratio);
    const style = { ...this.#style, scale: camera.scale };
    const box = inImage(area);
    const items = this.#items.filter(({ geometry }) => boxesMeet(boundsOf(geometry), box));
    const picture = this.#pending;
    // A new picture never waits for a worker: number, picture and objects change in one paint.
    if (picture === undefined && costOf(items) > AT_ONCE) {
      const done = (bitmap: ImageBitmap, milliseconds: number): void => {
        this.lastRaster = milliseconds;
        this.#swap(bitmap, area, undefined);
        this.#objects.hidden = false;
      };
      this.#raster.paint({ width, height, matrix, style, items, done });
      return;
    }
    this.#raster.drop();
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d')!;
    context.setTransform(...matrix);
    for (const item of items) paintItem(context, item, style, this.#masks);
    this.#swap(canvas.transferToImageBitmap(), area, picture);
    // Nothing to see is nothing to composite.
    this.#objects.hidden = items.length === 0;
  }

  #swap(bitmap: ImageBitmap, area: Area, picture: ImageBitmap | undefined): void {
    if (picture && picture === this.#pending) {
      this.#pending = undefined;
      this.#draw(picture, area.camera.image);
    }
    this.#objects.width = bitmap.width;
    this.#objects.height = bitmap.height;
    this.#objects.style.width = `${bitmap.width / this.#ratio}px`;
    this.#objects.style.height = `${bitmap.height / this.#ratio}px`;
    this.#objects.getContext('bitmaprenderer')!.transferFromImageBitmap(bitmap);
    this.#area = area;
    this.#place();
  }

  #draw(picture: ImageBitmap, size: Size): void {
    if (this.#picture.width !== size.width || this.#picture.height !== size.height) {
      this.#picture.width = size.width;
      this.#picture.height = size.height;
    }
    // A closed bitmap has no size: another picture is on its way.
    if (picture.width > 0) this.#picture.getContext('2d')!.drawImage(picture, 0, 0, size.width, size.height);
  }

  /** Moves the raster to where the camera is now. */
  #place(): void {
    if (!this.#area) return;
    const { camera: then, left, top } = this.#area;
    const now = this.#camera;
    this.#objects.style.display = then.turn === now.turn ? '' : 'none';
    const s = now.scale / then.scale;
    const x = now.x - s * then.x + s * left;
    const y = now.y - s * then.y + s * top;
    this.#objects.style.transform = `matrix(${s},0,0,${s},${x},${y})`;
  }

  #setItems(items: readonly PaintedItem[], style: Omit<PaintStyle, 'scale'>): void {
    this.#items = items;
    this.#style = style;
    const { width, height } = this.#camera.image;
    const frame = { x0: 0, y0: 0, x1: width, y1: height };
    this.#bounds = items.reduce((bounds, { geometry }) => unionBoxes(bounds, boundsOf(geometry)), frame);
    this.#repaint();
  }
}

/** Time to paint, in points. */
export function costOf(items: readonly PaintedItem[]): number {
  let cost = 0;
  for (const { geometry } of items) {
    if (geometry.kind === 'mask')
      cost += ((geometry.right - geometry.left + 1) * (geometry.bottom - geometry.top + 1)) / PIXELS_PER_POINT;
    else for (const outline of outlinesOf(geometry)) cost += outline.length;
  }
  return cost;
}
