import path from 'node:path';
import type { NodeClient } from '@roto/client/node';
import { ringArea, ringToFlat } from '@roto/geometry';
import { makeClip } from '../clip/make-clip.ts';
import { readPromptsFile } from '../prompts/prompts-file.ts';

const CLIP = { seed: 1, difficulty: 'plain', frameCount: 90, width: 960, height: 540 } as const;

/**
 * Renders the sample clip and makes a task of it, by the way that everybody's tasks are made: with a label for each object,
 * and its outline as a polygon where it is seen first. Returns the task's id; a half-made task is taken away.
 */
export async function makeSampleTask(client: NodeClient, folder: string, signal: AbortSignal): Promise<number> {
  // The folder is the server's own.
  const work = { signal, report: () => undefined, overwrite: true };
  const clip = await makeClip(path.join(folder, 'sample'), CLIP, work);
  const objects = await readPromptsFile(clip.prompts);
  const labels = objects.map(({ label }) => ({ name: label, type: 'polygon' }));
  const { id } = await client.tasks.create({ name: 'Sample: moving shapes', labels }, signal);
  try {
    await client.tasks.attach(id, [clip.video], { image_quality: 70 }, { signal });
    const labelIds = new Map<string, number>();
    for await (const label of client.tasks.labels(id, signal)) labelIds.set(label.name, label.id);
    const shapes = objects.flatMap(({ label, prompts }) =>
      prompts.flatMap(({ frame, shape }) => {
        if (shape.kind !== 'polygon') return [];
        // CVAT's polygons have one ring: the largest says what is meant.
        const rings = shape.region.map(({ outer }) => outer);
        const largest = rings.toSorted((a, b) => Math.abs(ringArea(b)) - Math.abs(ringArea(a)))[0];
        const points = largest && ringToFlat(largest);
        return points
          ? [{ type: 'polygon' as const, frame, label_id: labelIds.get(label)!, points, attributes: [] }]
          : [];
      }),
    );
    for await (const job of client.tasks.jobs(id, signal))
      await client.patchJobAnnotations(job.id, 'create', { version: 0, tags: [], shapes, tracks: [] }, signal);
    return id;
  } catch (error) {
    await client.tasks.delete(id).catch(() => undefined);
    throw error;
  }
}
