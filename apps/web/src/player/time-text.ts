/** "00:04.70": minutes, seconds and hundredths; with hours from one hour on. */
export function timeText(seconds: number): string {
  const hundredths = Math.round(Math.max(0, seconds) * 100);
  const two = (value: number): string => String(value).padStart(2, '0');
  const rest = hundredths % 100;
  const s = Math.floor(hundredths / 100) % 60;
  const m = Math.floor(hundredths / 6_000) % 60;
  const h = Math.floor(hundredths / 360_000);
  return `${h > 0 ? `${h}:` : ''}${two(m)}:${two(s)}.${two(rest)}`;
}
