import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { APIRequestContext } from 'playwright-core';
import { makeOddVideo, type ODD_VIDEOS } from '../../../../packages/media/src/testing/odd-files.ts';
import type { Workspace } from '../world/workspace.ts';

/** Files with everything that makes people count frames differently. */
export const CLIPS = [
  'B-frames in MP4',
  'open groups of pictures',
  'variable frame rate',
  'edit list that begins within a group',
  'rotated by a quarter turn',
  'HEVC, open groups, non-zero start',
  'VP9 with invisible frames',
  'AV1 with 10 bits',
  'fragmented MP4',
  'gradual refresh, one key frame',
  'Matroska without an index',
  'interlaced, top field first',
  'MPEG-4 in AVI',
  'VP8 with invisible frames',
] as const satisfies readonly (keyof typeof ODD_VIDEOS)[];

/** Makes the clip, uploads it as a task of its own, and returns the address of its job. */
export async function uploadClip(work: Workspace, request: APIRequestContext, name: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-clip-'));
  try {
    const file = await makeOddVideo(folder, name);
    return await uploadFile(work, request, name, path.basename(file), await readFile(file));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function uploadFile(
  work: Workspace,
  request: APIRequestContext,
  name: string,
  file: string,
  buffer: Buffer,
): Promise<string> {
  const task = await work.ask<{ id: number }>('/api/tasks', 'POST', { name, labels: [{ name: 'thing' }] });
  const cookies = await work.page.context().cookies();
  const csrf = cookies.find((cookie) => cookie.name === 'csrftoken')?.value ?? '';
  const origin = new URL(work.page.url()).origin;
  const answer = await request.post(`${origin}/api/tasks/${task.id}/data`, {
    headers: { 'X-CSRFToken': csrf, Origin: origin },
    multipart: { image_quality: '95', 'client_files[0]': { name: file, mimeType: 'video/mp4', buffer } },
  });
  if (!answer.ok()) throw new Error(`${name} was not taken: ${answer.status()} ${await answer.text()}`);
  for (;;) {
    const { state, message } = await work.ask<{ state: string; message: string }>(`/api/tasks/${task.id}/status`);
    if (state === 'Finished') break;
    if (state === 'Failed') throw new Error(`${name} was not imported: ${message}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const jobs = await work.ask<{ results: { id: number }[] }>(`/api/jobs?task_id=${task.id}`);
  return `${origin}/tasks/${task.id}/jobs/${jobs.results[0]!.id}`;
}
