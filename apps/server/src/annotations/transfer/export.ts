import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { AnnotationError } from '@roto/annotations';
import { type ExportedFile, findFormat, frameFile } from '@roto/annotations/formats';
import yazl from 'yazl';
import { type BackgroundRequest, RequestFailure, type RequestHandler } from '../../background/handlers.ts';
import { Frames } from '../../media/frames.ts';
import { jobRange, taskJobs, taskLabels } from '../scope.ts';
import { parseText, readTask } from '../task-parts.ts';
import { checkSizes } from './mixed-sizes.ts';
import { taskInfo } from './task-info.ts';

export const EXPORT_DATASET = 'export:dataset';
export const EXPORT_ANNOTATIONS = 'export:annotations';

/** Where the pictures lie in the archive, for the formats that have a place for them. */
const PICTURES: Readonly<Record<string, (file: string) => string>> = {
  'CVAT for video 1.1': (file) => `images/${file}`,
  'CVAT for images 1.1': (file) => `images/${file}`,
  'COCO 1.0': (file) => `images/default/${file}`,
  'COCO Keypoints 1.0': (file) => `images/default/${file}`,
  'Datumaro 1.0': (file) => `images/default/${file}`,
  'Ultralytics YOLO Segmentation 1.0': (file) => `images/train/${file}`,
  'Ultralytics YOLO Detection 1.0': (file) => `images/train/${file}`,
  'YOLO 1.1': (file) => `obj_train_data/${file}`,
  'PASCAL VOC 1.1': (file) => `JPEGImages/${file}`,
  'Segmentation mask 1.1': (file) => `JPEGImages/${file}`,
  'LabelMe 3.0': (file) => `default/${file}`,
};

/** Formats that can be exported together with the pictures. */
export function carriesPictures(format: string): boolean {
  return Object.hasOwn(PICTURES, format);
}

/** Writes the annotations of a task or job in a format, as a zip that grows in the media store while it is made. */
export const exportAnnotations: RequestHandler = {
  async run(context, request, progress, signal) {
    const { db, store } = context;
    const format = findFormat(request.format ?? '');
    if (!format?.export) throw new RequestFailure(`There is no format "${request.format}" to export to.`);
    progress(0, 'The annotations are being read');
    const job = request.jobId === null ? undefined : await jobRange(db, request.jobId);
    const taskId = request.taskId!;
    const labels = await taskLabels(db, taskId);
    const jobs = job ? [job] : await taskJobs(db, taskId);
    const data = parseText(await readTask(db, jobs, labels));
    const { info, media } = await taskInfo(db, taskId, job, String(request.params.base ?? ''));
    checkSizes(format.name, info);

    const zip = new yazl.ZipFile();
    const whole = zip.outputStream as Readable;
    const stop = () => whole.destroy(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    zip.on('error', (error) => whole.destroy(error));
    const written = store.write(keyOf(request), whole);
    written.catch(() => undefined);
    // A whole that broke reads no more, and then nobody would come for the next file.
    const broken = finished(whole, { writable: false });
    broken.catch(() => undefined);
    const frames = new Frames(store, { frameCacheBytes: 0 });
    try {
      progress(0.1, 'The files are being written');
      for (const file of format.export(data, { labels, task: info })) {
        signal.throwIfAborted();
        await Promise.race([addFile(zip, file), broken]);
      }
      if (request.params.saveImages === true) {
        const place = PICTURES[format.name]!;
        const { start, stop } = info.job ?? { start: 0, stop: info.frameCount - 1 };
        const deleted = new Set(info.deletedFrames);
        for (let frame = start; frame <= stop; frame++) {
          signal.throwIfAborted();
          if (deleted.has(frame)) continue;
          progress(0.1 + (0.9 * (frame - start)) / (stop - start + 1), 'The pictures are being written');
          const { bytes } = await frames.picture(media, frame, 'original', false);
          // Pictures are packed already.
          const picture = { path: place(frameFile(info, frame)), content: [bytes] };
          await Promise.race([addFile(zip, picture, false), broken]);
        }
      }
      zip.end();
      await written;
    } catch (error) {
      whole.destroy(error as Error);
      if (error instanceof AnnotationError) throw new RequestFailure(error.message);
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      await frames.close();
    }
    return { key: keyOf(request), name: nameOf(request) };
  },

  async release({ store }, request) {
    await store.remove(keyOf(request));
  },
};

/** Adds a file, and waits until it has been read: writers make one after the other. */
async function addFile(zip: yazl.ZipFile, { path, content }: ExportedFile, compress = true): Promise<void> {
  const pieces = function* () {
    for (const piece of content) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  };
  const stream = Readable.from(pieces(), { objectMode: false });
  zip.addReadStream(stream, path, { compress });
  await finished(stream);
}

/** The same for every attempt at one request, so that another attempt takes the place of a torn one. */
function keyOf(request: BackgroundRequest): string {
  const name = createHash('sha256').update(`${request.id} ${request.createdDate.getTime()}`).digest('hex').slice(0, 32);
  return `exports/${name}.zip`;
}

/** As CVAT calls its exports, reduced to the signs that its clients accept in a file name. */
function nameOf({ jobId, taskId, format, type }: BackgroundRequest): string {
  const what = jobId === null ? `task_${taskId}` : `job_${jobId}`;
  const kind = type === EXPORT_DATASET ? 'dataset' : 'annotations';
  const when = new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, '_');
  return `${what}_${kind}_${when}_${format!.toLowerCase()}.zip`.replaceAll(/[^a-z0-9_\-. ]/g, '_');
}
