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

/** The bytes of a picture in planar form, 8 or 10 bits (10: two bytes each, low byte first). */
export function planarBytes({ y, u, v }: Planes, bits: 8 | 10): Buffer {
  const levels = [...[y, u, v]];
  if (bits === 8) return Buffer.concat(levels.map((plane) => Buffer.from(Uint8Array.from(plane))));
  return Buffer.concat(levels.map((plane) => Buffer.from(Uint16Array.from(plane, (level) => level * 4).buffer)));
}
