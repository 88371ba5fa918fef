/** A colour for a label that came without one: hues a golden angle apart, the first that none of `used` has. */
export function freeColor(used: ReadonlySet<string>): string {
  for (let n = 0; ; n++) {
    const color = fromHue((n * 137.508 + 12) % 360, n % 2 === 0 ? 0.5 : 0.62);
    if (!used.has(color)) return color;
  }
}

/** #rrggbb of a hue in degrees at 75 % saturation and the given lightness. */
function fromHue(hue: number, lightness: number): string {
  const span = 0.75 * Math.min(lightness, 1 - lightness);
  const channel = (n: number): string => {
    const k = (n + hue / 30) % 12;
    const value = lightness - span * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
