import { readFileSync } from 'node:fs';

/** The release of Roto that runs. */
export const ROTO_VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** Whether release `a` came after `b`; pre-releases count as the release. */
export function isNewer(a: string, b: string): boolean {
  const [x, y] = [a, b].map((version) => version.split(/[.+-]/).slice(0, 3).map(Number)) as [number[], number[]];
  for (let i = 0; i < 3; i++) if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) > (y[i] ?? 0);
  return false;
}
