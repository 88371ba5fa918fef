import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { AnnotationError, type Label, type LabeledData, sliceLabeledData } from '@roto/annotations';
import {
  findFormat,
  type ImportContext,
  type ImportedAnnotations,
  type ImportedFile,
  relabel,
  summarise,
} from '@roto/annotations/formats';
import type { ImportReport, LabelInput } from '@roto/wire';
import { eq } from 'drizzle-orm';
import { RequestFailure, type RequestHandler } from '../../background/handlers.ts';
import { assertHeld } from '../../background/queue.ts';
import type { Db } from '../../database/open.ts';
import { requests, uploads } from '../../database/schema/index.ts';
import { transact } from '../../database/transact.ts';
import { HttpError } from '../../http/errors.ts';
import { type ArchiveLimits, openZip } from '../../media/archive.ts';
import { dropUploads, uploadKey } from '../../media/uploads.ts';
import { changeLabels } from '../../tasks/labels.ts';
import { type JobRange, jobRange, taskLabels } from '../scope.ts';
import { importInto } from '../task-edit.ts';
import { checkSizes } from './mixed-sizes.ts';
import { taskInfo } from './task-info.ts';

export const IMPORT_ANNOTATIONS = 'import:annotations';

const LIMITS: ArchiveLimits = {
  maxEntries: 200_000,
  maxFileBytes: 1024 * 1024 * 1024,
  maxBytes: 8 * 1024 * 1024 * 1024,
};

/** Reads an uploaded file of annotations into a task or job, all or nothing. */
export const importAnnotations: RequestHandler = {
  async run(context, request, progress) {
    const { db, store } = context;
    const format = findFormat(request.format ?? '');
    if (!format?.import) throw new RequestFailure(`There is no format "${request.format}" to import from.`);
    const [upload] = await db
      .select()
      .from(uploads)
      .where(eq(uploads.id, String(request.params.uploadId)));
    if (!upload) throw new RequestFailure('The uploaded file is gone; upload it again.');
    const taskId = request.taskId!;
    const job = request.jobId === null ? undefined : await jobRange(db, request.jobId);
    const labels = await taskLabels(db, taskId);
    const { info } = await taskInfo(db, taskId, job);
    checkSizes(format.name, info);

    const asked = optionsOf(request.params);
    progress(0.1, 'The file is being read');
    const source = await openFiles(await store.path(uploadKey(upload)), upload.filename);
    try {
      const found = await format.import(source.files, { labels, task: info, ...asked.reading });
      const { data, notes } = inJob(found, job);
      const report: ImportReport = {
        format: format.name,
        dry_run: asked.dryRun,
        ...summarise(data, found.labels, info),
        new_labels: found.newLabels.map(({ name }) => name),
        notes: [...notes],
      };
      progress(0.7, asked.dryRun ? 'The report is being written' : 'The annotations are being saved');
      await transact(db, async (tx) => {
        await assertHeld(tx, request);
        if (!asked.dryRun) {
          const made = await makeLabels(tx, taskId, found);
          const author = { userId: request.ownerId, origin: 'import' as const };
          const edit = { db: tx, taskId, labels: made ?? labels, author };
          const own = made ? relabel(data, found.labels, made) : data;
          await importInto(edit, own, { job, append: request.params.mode === 'append' });
        }
        await tx
          .update(requests)
          .set({ params: { ...request.params, report } })
          .where(eq(requests.id, request.id));
      });
    } catch (error) {
      if (error instanceof AnnotationError) throw new RequestFailure(error.message);
      throw error;
    } finally {
      source.close();
    }
    await dropUploads(context, [upload]);
    return undefined;
  },

  async release(context, request) {
    const gone = await context.db
      .select()
      .from(uploads)
      .where(eq(uploads.id, String(request.params.uploadId)));
    await dropUploads(context, gone);
  },
};

type Asked = {
  readonly dryRun: boolean;
  readonly reading: Pick<ImportContext, 'labelMap' | 'createLabels' | 'firstFrame'>;
};

function optionsOf({ dryRun, createLabels, labelMap, firstFrame }: Record<string, unknown>): Asked {
  return {
    dryRun: dryRun === true,
    reading: {
      ...(createLabels === true && { createLabels }),
      ...(labelMap !== undefined && { labelMap: new Map(Object.entries(labelMap as Record<string, string>)) }),
      ...((firstFrame === 0 || firstFrame === 1) && { firstFrame }),
    },
  };
}

/** Of a job's import only what lies on its frames; nothing there is no reason to empty the job. */
function inJob(found: ImportedAnnotations, job: JobRange | undefined): Pick<ImportedAnnotations, 'data' | 'notes'> {
  if (!job) return found;
  const data = sliceLabeledData(found.data, job);
  const count = ({ tags, shapes, tracks }: LabeledData): number => tags.length + shapes.length + tracks.length;
  const left = count(found.data) - count(data);
  const frames = `frames ${job.start} to ${job.stop} of job ${job.id}`;
  if (count(data) === 0)
    throw new RequestFailure(
      `No annotations were found for ${frames}, so nothing was changed; the file has ${left} objects on other frames of the task.`,
    );
  return {
    data,
    notes: left === 0 ? found.notes : [...found.notes, `${left} objects outside of ${frames}: passed over.`],
  };
}

/** The task's labels with those that the file brought; undefined where it brought none. */
async function makeLabels(tx: Db, taskId: number, { newLabels }: ImportedAnnotations): Promise<Label[] | undefined> {
  if (newLabels.length === 0) return undefined;
  try {
    await changeLabels(tx, taskId, newLabels.map(labelInput));
  } catch (error) {
    if (error instanceof HttpError && error.status < 500)
      throw new RequestFailure(`The labels of the file cannot be made: ${JSON.stringify(error.body)}`);
    throw error;
  }
  return taskLabels(tx, taskId);
}

function labelInput({ name, type, color, attributes, sublabels, svg }: Label): LabelInput {
  return {
    name,
    type,
    color,
    ...(svg === undefined ? {} : { svg }),
    attributes: attributes.map(({ id: _, values, ...attribute }) => ({ ...attribute, values: [...values] })),
    sublabels: sublabels.map(labelInput),
  };
}

/** The files of an upload: those of a zip archive, else itself. */
async function openFiles(path: string, name: string): Promise<{ files: ImportedFile[]; close(): void }> {
  const head = Buffer.alloc(4);
  const file = await open(path);
  await file.read(head, 0, 4, 0).finally(() => file.close());
  if (head.toString('latin1') !== 'PK\x03\x04' && head.toString('latin1') !== 'PK\x05\x06')
    return { files: [{ path: name, open: () => createReadStream(path) }], close: () => undefined };
  const zip = await openZip(path, name, LIMITS, () => true);
  return {
    files: zip.files.map(({ name }, i) => ({
      path: name,
      async *open() {
        yield* (await zip.open(i)) as AsyncIterable<Uint8Array>;
      },
    })),
    close: () => zip.close(),
  };
}
