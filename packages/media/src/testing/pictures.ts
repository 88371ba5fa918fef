/**
 * Test pictures: smooth bands that move, a bright square on its own path, and a little noise, so that no two frames
 * are alike, every frame depends on the one before when coded, and a picture shown upside down is told apart.
 */
export type Planes = { readonly y: Uint16Array; readonly u: Uint16Array; readonly v: Uint16Array };

/** A 4:2:0 picture of number `n`; 8-bit levels, to be shifted up for deeper formats. Sizes are even. */
export function testPicture(width: number, height: number, n: number): Planes {
  const y = new Uint16Array(width * height);
  const u = new Uint16Array((width / 2) * (height / 2));
  const v = new Uint16Array((width / 2) * (height / 2));
  const squareX = Math.round((0.5 + 0.4 * Math.sin(n / 7)) * (width - width / 4));
  const squareY = Math.round((0.5 + 0.4 * Math.cos(n / 5)) * (height - height / 4));
  let noise = (n * 2654435761) >>> 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
      const inSquare =
        column >= squareX && column < squareX + width / 4 && row >= squareY && row < squareY + height / 4;
      const band = 60 + 80 * (1 + Math.sin((column + 2 * n) / 17 + row / 29)) + (row * 30) / height;
      y[row * width + column] = Math.min(235, (inSquare ? 220 : band) + (noise >>> 30));
    }
  }
  for (let row = 0; row < height / 2; row++) {
    for (let column = 0; column < width / 2; column++) {
      u[(row * width) / 2 + column] = 128 + Math.round(60 * Math.sin((column - n) / 23));
      v[(row * width) / 2 + column] = 128 + Math.round(60 * Math.cos((row + n) / 19));
    }
  }
  return { y, u, v };
}

/** Bars across the top in which a number is written: one that is always bright, then one for each bit, lowest first. */
const BARS = 14;
const BAR_BITS = 12;

/** The test picture of number `n`, with that number drawn into its top sixth. */
export function numberedPicture(width: number, height: number, n: number): Planes {
  const planes = testPicture(width, height, n);
  const rows = barRows(height);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const bar = Math.floor(column / (width / BARS));
      const isBright = bar === 0 || (bar <= BAR_BITS && (n >> (bar - 1)) & 1);
      planes.y[row * width + column] = isBright ? 235 : 16;
    }
  }
  for (const plane of [planes.u, planes.v]) plane.fill(128, 0, (width / 2) * Math.ceil(rows / 2));
  return planes;
}

/** The number that is drawn into an RGB picture, however much it was compressed; -1 where there is none. */
export function numberOf({ rgb, width, height }: { rgb: Uint8Array; width: number; height: number }): number {
  const row = Math.floor(barRows(height) / 2);
  const isBright = (bar: number): boolean =>
    rgb[(row * width + Math.floor((bar + 0.5) * (width / BARS))) * 3 + 1]! > 128;
  if (!isBright(0)) return -1;
  let n = 0;
  for (let bit = 0; bit < BAR_BITS; bit++) if (isBright(bit + 1)) n |= 1 << bit;
  return n;
}

function barRows(height: number): number {
  return Math.max(8, Math.floor(height / 6));
}
