import type { TaskInfo } from '@roto/annotations/formats';
import { eq } from 'drizzle-orm';
import { RequestFailure } from '../../background/handlers.ts';
import type { Db } from '../../database/open.ts';
import { taskMedia, tasks, users } from '../../database/schema/index.ts';
import { frameSizesOf, type TaskMedia, toSourceFrame } from '../../media/task-media.ts';
import { type JobRange, taskJobs } from '../scope.ts';

/** What files of annotations say of a task, or of one job of it. @throws RequestFailure while the task has no media */
export async function taskInfo(
  db: Db,
  taskId: number,
  job?: JobRange,
  base = '',
): Promise<{ readonly info: TaskInfo; readonly media: TaskMedia }> {
  const [row] = await db
    .select({ task: tasks, media: taskMedia })
    .from(tasks)
    .innerJoin(taskMedia, eq(taskMedia.taskId, tasks.id))
    .where(eq(tasks.id, taskId));
  if (!row) throw new RequestFailure(`Task ${taskId} has no data yet.`);
  const { task, media } = row;
  const [owner, assignee] = [await person(db, task.ownerId), await person(db, task.assigneeId)];
  const frames = Array.from({ length: media.size }, (_, frame) => frame);
  return {
    media,
    info: {
      id: taskId,
      name: task.name,
      kind: media.kind,
      names:
        media.kind === 'video' ? media.names : frames.map((frame) => media.names[toSourceFrame(media, frame)] ?? ''),
      frameRate: media.frameRate,
      frameCount: media.size,
      width: media.width,
      height: media.height,
      ...(media.frameSizes && { sizes: frameSizesOf({ ...media, frameSizes: media.frameSizes }) }),
      startFrame: media.startFrame,
      step: media.step,
      deletedFrames: media.deletedFrames,
      ...(job ? { job: { id: job.id, start: job.start, stop: job.stop } } : {}),
      overlap: task.overlap ?? 0,
      subset: task.subset,
      segments: (await taskJobs(db, taskId)).map(({ id, start, stop }) => ({
        id,
        start,
        stop,
        url: `${base}/api/jobs/${id}`,
      })),
      ...(owner && { owner }),
      ...(assignee && { assignee }),
      dumpedDate: new Date().toISOString(),
      createdDate: task.createdDate.toISOString(),
      updatedDate: task.updatedDate.toISOString(),
    },
  };
}

async function person(db: Db, userId: number | null): Promise<{ username: string; email: string } | undefined> {
  if (userId === null) return undefined;
  const [row] = await db
    .select({ username: users.username, email: users.email })
    .from(users)
    .where(eq(users.id, userId));
  return row;
}
