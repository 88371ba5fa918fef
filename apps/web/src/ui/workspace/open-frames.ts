// Where the pictures of a job come from: first the server, then also the file itself.
import { send } from '../../api/http.ts';
import type { Job, Meta } from '../../api/types.ts';
import {
  adoptVideo,
  evenTable,
  FrameSource,
  type Quality,
  readServerTable,
  ServerFeeder,
  tableOf,
} from '../../frames/index.ts';
import { t } from '../../texts/en.ts';

/** The server's pictures, at times made from the rate of the source. */
export function openFrames(job: Job, meta: Meta): FrameSource {
  const { start_frame: first, stop_frame: last } = job;
  const original = meta.roto?.original;
  const table = evenTable(last + 1, original?.frame_rate ?? null, original?.start_frame ?? 0, original?.step ?? 1);
  const server = new ServerFeeder({
    load: (frame, quality, signal) => loadFrame(job.id, frame, quality, signal),
    decode,
  });
  return new FrameSource({ table, first, last, server });
}

/** Exact times, then the file beside the server's pictures. Says why the file is not used; the page then is only slower. */
export async function sharpen(
  job: Job,
  meta: Meta,
  source: FrameSource,
  size: { readonly width: number; readonly height: number },
): Promise<string | undefined> {
  if (meta.roto?.original.kind !== 'video') return t.player.fromServer;
  const answer = await send('GET', `/api/jobs/${job.id}/data/frames`, { headers: { Accept: '*/*' } });
  const { times } = readServerTable(await answer.arrayBuffer());
  if (times.length !== source.last - source.first + 1) return t.player.fromServer;
  source.table = tableOf(times, source.first);
  return adoptVideo({
    source,
    url: `/api/tasks/${job.task_id}/data/original`,
    times,
    size,
    fromServer: async (frame) => decode(await loadFrame(job.id, frame, 'preview', new AbortController().signal)),
  });
}

async function loadFrame(job: number, frame: number, quality: Quality, signal: AbortSignal): Promise<Blob> {
  const query = { type: 'frame', number: frame, quality: quality === 'original' ? 'original' : 'compressed' };
  const answer = await send('GET', `/api/jobs/${job}/data`, { query, signal, headers: { Accept: 'image/*' } });
  return answer.blob();
}

function decode(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
}
