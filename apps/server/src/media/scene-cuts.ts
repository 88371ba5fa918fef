import { openSource, SceneCuts } from '@roto/media';
import { eq } from 'drizzle-orm';
import type { RequestHandler } from '../background/handlers.ts';
import { assertHeld } from '../background/queue.ts';
import { taskMedia } from '../database/schema/index.ts';
import { transact } from '../database/transact.ts';
import { originalKey } from './import.ts';
import { findTaskMedia, type MediaRange } from './task-media.ts';

/** Looks for the first frames of scenes in a task's video, once it is there; people need not wait for it. */
export const findCuts: RequestHandler = {
  async run({ db, store, events }, request, progress, signal) {
    const { media } = await findTaskMedia(db, request.taskId!);
    if (media.kind !== 'video' || media.sceneCuts !== null) return undefined;
    const path = await store.path(originalKey(media.storageKey, 0));
    // One thread: somebody may be looking at frames.
    await using source = await openSource(path, { cacheBytes: 0, threads: 1 });
    const cuts = new SceneCuts();
    const found: number[] = [];
    for (let index = 0; index < source.info.frameCount; index++) {
      const frame = await source.read(index, signal).catch((error: unknown) => {
        // A frame that cannot be decoded tells nothing.
        if ((error as { code?: unknown }).code === 'frame-undecodable') return undefined;
        throw error;
      });
      const cut = frame && cuts.add(frame);
      if (cut !== undefined) found.push(cut);
      progress(index / source.info.frameCount, 'Looking for scene cuts');
    }
    const last = cuts.end();
    const sceneCuts = last === undefined ? found : [...found, last];
    await transact(db, async (tx) => {
      await assertHeld(tx, request);
      await tx.update(taskMedia).set({ sceneCuts }).where(eq(taskMedia.taskId, media.taskId));
      await events.tell(tx, { on: 'media', taskId: media.taskId });
    });
    return undefined;
  },
};

/** Task frames of a range that begin a scene; null: not looked for yet. Of images nobody knows. */
export function cutsOfTask({ media, first, last }: MediaRange): number[] | null {
  if (media.sceneCuts === null) return media.kind === 'images' ? [] : null;
  const frames = media.sceneCuts
    // A frame that the task passes over: its scene begins with the next that it has.
    .map((source) => Math.ceil((source - media.startFrame) / media.step))
    .filter((frame) => frame > first && frame <= last);
  return [...new Set(frames)];
}
