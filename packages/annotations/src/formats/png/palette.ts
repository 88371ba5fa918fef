/**
 * The colours of DAVIS' indexed masks, which are those of PASCAL VOC: the bits of the index, three at a time from the
 * lowest, become the red, green and blue bits from the highest. 0 is black, 1 dark red, 2 dark green, 3 olive …
 * 256 entries of [red, green, blue].
 */
export function davisPalette(): number[][] {
  return Array.from({ length: 256 }, (_, index) => {
    const colour = [0, 0, 0];
    for (let bit = 0; bit < 8; bit++) colour[bit % 3]! |= ((index >> bit) & 1) << (7 - Math.floor(bit / 3));
    return colour;
  });
}
