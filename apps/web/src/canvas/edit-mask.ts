import { changedTiles, columnsOf, TILE, type TiledMask } from '../masks/tiled-mask.ts';
import { wordOf } from './mask-picture.ts';

/** The mask that is being painted, on a canvas of the frame's size. Only tiles that changed are uploaded. */
export class EditMask {
  readonly element = document.createElement('canvas');
  readonly #tile = new ImageData(TILE, TILE);
  readonly #words = new Uint32Array(this.#tile.data.buffer);
  #shown: TiledMask | undefined;
  #color = '';
  #opacity = 0;

  constructor() {
    this.element.hidden = true;
  }

  /** undefined: nothing is being painted. */
  show(mask: TiledMask | undefined, color: string, opacity: number): void {
    this.element.hidden = mask === undefined;
    if (!mask) {
      // An unused canvas of the frame's size holds no memory.
      this.element.width = 0;
      this.#shown = undefined;
      return;
    }
    const isFresh = !this.#shown || this.#shown.width !== mask.width || this.#shown.height !== mask.height;
    if (isFresh) {
      this.element.width = mask.width;
      this.element.height = mask.height;
    }
    const isRetinted = color !== this.#color || opacity !== this.#opacity;
    const context = this.element.getContext('2d')!;
    const word = wordOf(color, Math.round(opacity * 255));
    const columns = columnsOf(mask.width);
    const before = isFresh ? undefined : this.#shown;
    const numbers = isRetinted ? mask.tiles.keys().toArray() : changedTiles(before, mask);
    for (const i of numbers) {
      const left = (i % columns) * TILE;
      const top = Math.floor(i / columns) * TILE;
      const tile = mask.tiles[i];
      if (!tile) {
        context.clearRect(left, top, TILE, TILE);
        continue;
      }
      for (let p = 0; p < tile.length; p++) this.#words[p] = tile[p] === 1 ? word : 0;
      context.putImageData(this.#tile, left, top);
    }
    this.#shown = mask;
    this.#color = color;
    this.#opacity = opacity;
  }
}
