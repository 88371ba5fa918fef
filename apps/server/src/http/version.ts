import { readFileSync } from 'node:fs';

/** The release of Roto that runs. */
export const ROTO_VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
