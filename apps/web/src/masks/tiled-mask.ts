import { createMask, type Mask } from '@roto/geometry';

/**
 * A mask in tiles of 64 × 64 bytes (0 or 1) that are never written in place: a change copies the tiles that it touches.
 * So a value of it is a snapshot, undo is keeping the value from before, and what has to be painted again after a
 * stroke are the tiles that are not the same array. A tile without a pixel is absent.
 */
export type TiledMask = {
  readonly width: number;
  readonly height: number;
  /** Row by row, `columns` in a row. */
  readonly tiles: readonly (Uint8Array | undefined)[];
};

export const TILE = 64;

export function emptyTiledMask(width: number, height: number): TiledMask {
  const tiles = new Array<undefined>(columnsOf(width) * columnsOf(height)).fill(undefined);
  return { width, height, tiles };
}

export function columnsOf(width: number): number {
  return Math.ceil(width / TILE);
}

export function tiledMaskOf(mask: Mask): TiledMask {
  const draft = draftOf(emptyTiledMask(mask.width, mask.height));
  for (let y = 0; y < mask.height; y++) {
    const row = y * mask.width;
    let x = mask.data.indexOf(1, row) - row;
    while (x >= 0 && x < mask.width) {
      let end = x + 1;
      while (end < mask.width && mask.data[row + end] === 1) end++;
      draft.fill(y, x, end, 1);
      x = mask.data.indexOf(1, row + end) - row;
    }
  }
  return draft.done();
}

export function maskOfTiles(tiled: TiledMask): Mask {
  const mask = createMask(tiled.width, tiled.height);
  const columns = columnsOf(tiled.width);
  for (const [i, tile] of tiled.tiles.entries()) {
    if (!tile) continue;
    const left = (i % columns) * TILE;
    const top = Math.floor(i / columns) * TILE;
    const width = Math.min(TILE, tiled.width - left);
    const height = Math.min(TILE, tiled.height - top);
    for (let y = 0; y < height; y++)
      mask.data.set(tile.subarray(y * TILE, y * TILE + width), (top + y) * tiled.width + left);
  }
  return mask;
}

export function isEmptyTiledMask(tiled: TiledMask): boolean {
  return !tiled.tiles.some((tile) => tile?.includes(1));
}

/** Numbers of the tiles that differ between two masks of one size; all of `after` when there is none before. */
export function changedTiles(before: TiledMask | undefined, after: TiledMask): number[] {
  const changed: number[] = [];
  for (let i = 0; i < after.tiles.length; i++) if (before?.tiles[i] !== after.tiles[i]) changed.push(i);
  return changed;
}

/** Bytes of tiles that `after` does not share with `before`. */
export function ownBytes(before: TiledMask, after: TiledMask): number {
  let bytes = 0;
  for (const i of changedTiles(before, after)) bytes += after.tiles[i]?.length ?? 0;
  return bytes;
}

export type Draft = {
  /** Sets pixels [from, to) of row `y`; what lies outside the mask is cut off. */
  fill(y: number, from: number, to: number, value: 0 | 1): void;
  done(): TiledMask;
};

/** Collects changes; each tile is copied once, the first time that it is written. */
export function draftOf(mask: TiledMask): Draft {
  const columns = columnsOf(mask.width);
  const tiles = mask.tiles.slice();
  const own = new Set<number>();
  const writable = (i: number): Uint8Array => {
    const tile = tiles[i];
    if (tile && own.has(i)) return tile;
    const copy = tile ? tile.slice() : new Uint8Array(TILE * TILE);
    own.add(i);
    tiles[i] = copy;
    return copy;
  };
  return {
    fill(y, from, to, value) {
      if (y < 0 || y >= mask.height) return;
      const end = Math.min(to, mask.width);
      const row = Math.floor(y / TILE) * columns;
      const inTile = (y % TILE) * TILE;
      for (let x = Math.max(0, from); x < end; ) {
        const column = Math.floor(x / TILE);
        const stop = Math.min(end, (column + 1) * TILE);
        const i = row + column;
        if (value === 1 || tiles[i]) {
          const tile = tiles[i];
          const start = inTile + x - column * TILE;
          const length = stop - x;
          if (!tile || !isFilled(tile, start, length, value)) writable(i).fill(value, start, start + length);
        }
        x = stop;
      }
    },
    done() {
      for (const i of own) if (!tiles[i]!.includes(1)) tiles[i] = undefined;
      return own.size === 0 ? mask : { ...mask, tiles };
    },
  };
}

function isFilled(tile: Uint8Array, start: number, length: number, value: 0 | 1): boolean {
  for (let i = start; i < start + length; i++) if (tile[i] !== value) return false;
  return true;
}
