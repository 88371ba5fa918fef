import type { MaskGeometry } from '../document/records.ts';
import { eachSpan } from '../masks/runs.ts';

/** How a mask is tinted. */
export type Tint = {
  /** `#rrggbb` */
  readonly color: string;
  /** Of the inside, 0…1. */
  readonly opacity: number;
};

/** Alpha of the pixels at the border of a mask, 0…255. */
const BORDER = 230;

/** RGBA bytes of a mask in its box: the inside at the tint's opacity, the pixels at the border nearly opaque. */
export function tintedPixels(mask: MaskGeometry, tint: Tint): ImageData {
  const width = mask.right - mask.left + 1;
  const height = mask.bottom - mask.top + 1;
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  const inside = wordOf(tint.color, Math.round(tint.opacity * 255));
  const border = wordOf(tint.color, BORDER);
  eachSpan(mask, (y, from, to) => {
    const row = (y - mask.top) * width - mask.left;
    words.fill(inside, row + from, row + to);
  });
  // A pixel is at the border when a neighbour above, below, left or right is not set.
  const edge = new Uint8Array(words.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (words[i] === 0) continue;
      const inner =
        x > 0 &&
        x < width - 1 &&
        y > 0 &&
        y < height - 1 &&
        words[i - 1] !== 0 &&
        words[i + 1] !== 0 &&
        words[i - width] !== 0 &&
        words[i + width] !== 0;
      if (!inner) edge[i] = 1;
    }
  for (let i = 0; i < edge.length; i++) if (edge[i] === 1) words[i] = border;
  return image;
}

/** A pixel of `ImageData` as one little-endian number. A fully transparent inside still counts as set. */
export function wordOf(color: string, alpha: number): number {
  const rgb = Number.parseInt(color.slice(1), 16);
  const red = (rgb >> 16) & 255;
  const green = (rgb >> 8) & 255;
  const blue = rgb & 255;
  return ((Math.max(1, alpha) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

const LIMIT = 96e6;

/** Tinted masks as pictures, the ones not used for longest dropped first. For the page and for the worker. */
export class MaskPictures {
  readonly #kept = new Map<string, OffscreenCanvas>();
  readonly #ids = new WeakMap<MaskGeometry, number>();
  #bytes = 0;
  #nextId = 0;

  get(mask: MaskGeometry, tint: Tint): OffscreenCanvas {
    let id = this.#ids.get(mask);
    if (id === undefined) {
      id = this.#nextId++;
      this.#ids.set(mask, id);
    }
    const key = `${id} ${tint.color} ${tint.opacity}`;
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const pixels = tintedPixels(mask, tint);
    const canvas = new OffscreenCanvas(pixels.width, pixels.height);
    canvas.getContext('2d')!.putImageData(pixels, 0, 0);
    this.#kept.set(key, canvas);
    this.#bytes += pixels.data.length;
    for (const [oldest, picture] of this.#kept) {
      if (this.#bytes <= LIMIT || oldest === key) break;
      this.#bytes -= picture.width * picture.height * 4;
      this.#kept.delete(oldest);
    }
    return canvas;
  }
}
