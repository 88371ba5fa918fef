export type Colour = readonly [red: number, green: number, blue: number];

/** Strong, far apart from each other, and legible on dark and on light pictures. */
const COLOURS: readonly Colour[] = [
  [255, 196, 0], // amber
  [0, 200, 255], // sky
  [255, 64, 129], // pink
  [118, 255, 3], // lime
  [186, 104, 255], // violet
  [255, 110, 64], // coral
  [29, 233, 182], // teal
  [255, 255, 120], // lemon
  [100, 149, 255], // blue
  [255, 158, 222], // rose
];

/** The colour of an object by its id; they repeat after ten. */
export function colourOf(id: number): Colour {
  return COLOURS[(id - 1) % COLOURS.length]!;
}
