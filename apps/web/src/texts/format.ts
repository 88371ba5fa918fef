const plural = new Intl.PluralRules('en');
const number = new Intl.NumberFormat('en');

/** "1 object", "3 objects". */
export function count(value: number, noun: string): string {
  return `${number.format(value)} ${plural.select(value) === 'one' ? noun : `${noun}s`}`;
}

/** "1 min 40 s", "45 s", "2 h 5 min". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3_600) return s % 60 === 0 ? `${s / 60} min` : `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3_600)} h ${Math.round((s % 3_600) / 60)} min`;
}

const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export function clockTime(date: Date): string {
  return time.format(date);
}

export function rate(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

/** "1.5 MB", in powers of ten as files are named. */
export function fileSize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}
