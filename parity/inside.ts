// Reads what the image encoder wrote, and puts it into the official code's order of axes.
import type { Sam2 } from '@roto/model';
import type { Inside } from './cases.ts';

export function insideOf(model: Sam2): Inside {
  const { gridSize, hiddenDim: D } = model.config;
  return {
    encoderOutputs(image) {
      const { features, s0, s1 } = model.inspect(image);
      return {
        s0: toPlanes(s0!, gridSize, 4, D / 8),
        s1: toPlanes(s1!, gridSize, 2, D / 4),
        f: toPlanes(features!, gridSize, 1, D),
      };
    },
    attended: (image, read) => model.attend(image, read),
  };
}

/**
 * [cells · cell², width] to [width, side, side], side = cells per row · cell. Cells of cell × cell tokens follow each
 * other row by row; the tokens of a cell are halved in y and x, y first, down to single ones: for 2 × 2 that is plain
 * row order, for 4 × 4 the 2 × 2 groups come row by row.
 */
function toPlanes(tokens: Float32Array, cellsPerRow: number, cell: 1 | 2 | 4, width: number): Float32Array {
  const side = cellsPerRow * cell;
  const planes = new Float32Array(width * side * side);
  let token = 0;
  for (let top = 0; top < side; top += cell)
    for (let left = 0; left < side; left += cell)
      for (const [y, x] of inCell(cell)) {
        const pixel = (top + y) * side + left + x;
        for (let c = 0; c < width; c++) planes[c * side * side + pixel] = tokens[token * width + c]!;
        token++;
      }
  return planes;
}

function inCell(cell: number): readonly (readonly [y: number, x: number])[] {
  if (cell === 1) return [[0, 0]];
  const half = cell / 2;
  const within = inCell(half);
  return [0, 1].flatMap((row) =>
    [0, 1].flatMap((column) => within.map(([y, x]) => [row * half + y, column * half + x] as const)),
  );
}
