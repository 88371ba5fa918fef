import { HttpError } from './errors.ts';

export const MEDIA_TYPE = 'application/vnd.cvat+json';
const VERSION = '2.0';

/**
 * Refuses a request that asks for a version of the interface that is not there:
 * `Accept: application/vnd.cvat+json; version=1.0` and nothing that could be sent instead.
 */
export function checkAccept(accept: string | undefined): void {
  if (!accept?.includes('version')) return;
  const ranges = accept.split(',').map((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice('version='.length);
    return { type, version: version?.replaceAll('"', '') };
  });
  if (ranges.some(({ version }) => version === undefined || version === VERSION)) return;
  throw new HttpError(406, { detail: `This server speaks version ${VERSION} of ${MEDIA_TYPE} only.` });
}
