/**
 * Where an edge crosses the line of pixel centres of row `row`: the first column whose centre (column + 0.5, row + 0.5)
 * lies on the crossing or to the right of it, within 0…width. The answer is that of exact arithmetic for every pair
 * of finite doubles, and does not depend on the direction of the edge: two polygons that share an edge get the same
 * column, so they neither overlap nor leave a gap. The edge must cross the line (min y ≤ row + 0.5 < max y).
 */
export function crossingColumn(ax: number, ay: number, bx: number, by: number, row: number, width: number): number {
  const down = ay < by;
  const x0 = down ? ax : bx;
  const y0 = down ? ay : by;
  const x1 = down ? bx : ax;
  const y1 = down ? by : ay;
  const centreY = row + 0.5;
  const x = x0 + ((centreY - y0) / (y1 - y0)) * (x1 - x0) - 0.5;
  // Each of the six roundings above is within 2^-53 of a value of at most 2·(|x0| + |x1|).
  const doubt = (Math.abs(x0) + Math.abs(x1) + 1) * 2 ** -49;
  if (doubt < 0.25) {
    const near = Math.round(x);
    if (Math.abs(x - near) > doubt) return Math.min(width, Math.max(0, Math.ceil(x)));
    if (near < 0) return 0;
    if (near >= width) return width;
    return isAtOrRightOf(near, x0, y0, x1, y1, centreY) ? near : near + 1;
  }
  // Coordinates so large that a double cannot tell the columns apart (or NaN from an overflow): search exactly.
  let low = 0;
  let high = width;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAtOrRightOf(middle, x0, y0, x1, y1, centreY)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Exactly: (column + 0.5) ≥ x0 + (centreY − y0) · (x1 − x0) / (y1 − y0), where y0 < y1. */
function isAtOrRightOf(column: number, x0: number, y0: number, x1: number, y1: number, centreY: number): boolean {
  const centreX = column + 0.5;
  if (isFine(x0) && isFine(y0) && isFine(x1) && isFine(y1))
    return (centreX - x0) * (y1 - y0) - (centreY - y0) * (x1 - x0) >= 0;
  const parts = [centreX, x0, x1, centreY, y0, y1].map(dissect);
  const lowest = parts.reduce((least, part) => Math.min(least, part.exponent), 0);
  const [cx, ax, bx, cy, ay, by] = parts.map((part) => part.mantissa << BigInt(part.exponent - lowest)) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return (cx - ax) * (by - ay) - (cy - ay) * (bx - ax) >= 0n;
}

/** Multiples of 1/1024 up to 8192 px: differences and products of two then fit a double without rounding. */
function isFine(value: number): boolean {
  const scaled = value * 1024;
  return Math.abs(scaled) <= 2 ** 23 && Number.isInteger(scaled);
}

const view = new DataView(new ArrayBuffer(8));

/** A finite double as mantissa · 2^exponent, both whole. */
function dissect(value: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = field === 0 ? fraction : fraction | 0x10000000000000n;
  return { mantissa: value < 0 ? -mantissa : mantissa, exponent: Math.max(field, 1) - 1075 };
}
