import { FORMATS, findFormat } from '@roto/annotations/formats';
import { FileFormats, ImportParameters, Problem, RqId } from '@roto/wire';
import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { demand } from '../../access/resource.ts';
import { enqueue } from '../../background/queue.ts';
import { requestId } from '../../background/request-id.ts';
import type { Context } from '../../context.ts';
import { requests, uploads } from '../../database/schema/index.ts';
import { transact } from '../../database/transact.ts';
import { empty } from '../../http/answers.ts';
import type { App } from '../../http/app.ts';
import { badRequest, HttpError } from '../../http/errors.ts';
import { createFields } from '../../http/form-fields.ts';
import { createTusUpload, messageKind, tusRoutes } from '../../media/upload-routes.ts';
import { dropUploads, findUpload, takeWhole, type Upload } from '../../media/uploads.ts';
import { jobRange } from '../scope.ts';
import { carriesPictures, EXPORT_ANNOTATIONS, EXPORT_DATASET } from './export.ts';
import { IMPORT_ANNOTATIONS } from './import.ts';

const params = Type.Object({ id: Type.Integer() });
const tags = ['annotations'];

/** Export and import of annotations as files (contract 3.6 and 3.7), for tasks and for single jobs. */
export function transferRoutes(app: App, context: Context): void {
  app.get(
    '/api/server/annotation/formats',
    {
      config: { access: { open: 'says what this server can do' } },
      schema: { tags, summary: 'Formats of annotation files', response: { 200: FileFormats } },
    },
    async () => ({
      importers: FORMATS.filter((format) => format.import).map(showFormat),
      exporters: FORMATS.filter((format) => format.export).map(showFormat),
      // Other servers ignore parameters that they do not know: a client asks before it sends dry_run.
      roto: { import_parameters: Object.keys(ImportParameters.properties) },
    }),
  );
  for (const target of ['task', 'job'] as const) {
    exportRoute(app, context, target);
    importRoutes(app, context, target);
  }
  refuseBackups(app);
}

function showFormat({ name, ext, version, dimension }: (typeof FORMATS)[number]) {
  return { name, ext, version, enabled: true, dimension };
}

const inCloud = { location: Type.Optional(Type.String()), cloud_storage_id: Type.Optional(Type.Integer()) };

function refuseCloud({ location, cloud_storage_id: id }: { location?: string; cloud_storage_id?: number }): void {
  if ((location !== undefined && location !== '' && location !== 'local') || id !== undefined)
    throw badRequest('location', 'This server has no cloud storage; leave location out, or say "local".');
}

/** The task of a task or job. */
async function taskOf({ db }: Context, target: 'task' | 'job', id: number): Promise<number> {
  return target === 'task' ? id : (await jobRange(db, id)).taskId;
}

function exportRoute(app: App, context: Context, target: 'task' | 'job'): void {
  app.post(
    `/api/${target}s/:id/dataset/export`,
    {
      config: { access: { action: 'take-out', on: target } },
      schema: {
        tags,
        summary: `Have the annotations of a ${target} written to a file`,
        params,
        querystring: Type.Object({
          ...inCloud,
          format: Type.String({ maxLength: 64 }),
          save_images: Type.Optional(Type.Boolean()),
          filename: Type.Optional(Type.String()),
        }),
        response: { 202: RqId },
      },
    },
    async (request, reply) => {
      const { format: name, save_images: saveImages = false } = request.query;
      refuseCloud(request.query);
      if (!findFormat(name)?.export) throw noFormat(name, 'export');
      if (saveImages && !carriesPictures(name))
        throw badRequest('save_images', `${name} has no place for pictures; export it with save_images=False.`);
      const targetId = request.params.id;
      const { userId } = request.principal;
      const subresource = saveImages ? 'dataset' : 'annotations';
      const id = requestId({ action: 'export', target, targetId, userId, subresource, format: name });
      const taskId = await taskOf(context, target, targetId);
      await transact(context.db, (tx) =>
        enqueue(context, tx, {
          id,
          type: saveImages ? EXPORT_DATASET : EXPORT_ANNOTATIONS,
          taskId,
          ...(target === 'job' ? { jobId: targetId } : {}),
          ownerId: userId,
          format: name,
          params: { saveImages, base: request.base },
        }),
      );
      return reply.code(202).send({ rq_id: id });
    },
  );
}

function importRoutes(app: App, context: Context, target: 'task' | 'job'): void {
  const access = { action: 'annotate', on: target } as const;
  const base = `/api/${target}s/:id/annotations`;
  app.post(
    base,
    {
      config: { access },
      schema: {
        tags,
        summary: `Import a file of annotations into a ${target}`,
        params,
        querystring: Type.Object({
          ...inCloud,
          format: Type.Optional(Type.String({ maxLength: 64 })),
          filename: Type.Optional(Type.String({ maxLength: 1024 })),
          ...ImportParameters.properties,
        }),
        response: {
          201: empty('The upload is begun; `Location` says where its bytes go.'),
          202: Type.Union([RqId, empty('')], {
            description: 'The upload is begun, or the server reads what was sent.',
          }),
        },
      },
      bodyLimit: context.config.limits.uploadBytes,
    },
    async (request, reply) => {
      const { format, filename, import_mode: mode = 'replace' } = request.query;
      refuseCloud(request.query);
      if (format !== undefined && !findFormat(format)?.import) throw noFormat(format, 'import');
      const targetId = request.params.id;
      const taskId = await taskOf(context, target, targetId);
      const { userId } = request.principal;
      const params = { mode, ...paramsOf(request.query) };
      if (request.query.create_labels) await demand(context.db, request.principal, 'update', 'task', taskId);
      const kind = messageKind(request.headers);
      if (kind === 'start') {
        await dropOthers(context, taskId, userId);
        // As CVAT: no body, which its SDK would try to read.
        return reply.code(202).send();
      }
      const path = base.replace(':id', String(targetId));
      if (kind === 'tus') return createTusUpload(context, request, reply, path, { taskId, purpose: 'annotations' });
      if (format === undefined) throw badRequest('format', 'Say which format the file has.');
      const upload = request.isMultipart()
        ? await takeForm(context, request, taskId)
        : await findUpload(context.db, filename ?? '', taskId, 'annotations', userId);
      return begin(context, reply, { target, targetId, taskId, userId, format, params, upload });
    },
  );
  tusRoutes(app, context, base, { purpose: 'annotations', access, taskIdOf: (id) => taskOf(context, target, id) });
}

async function begin(
  context: Context,
  reply: FastifyReply,
  asked: {
    readonly target: 'task' | 'job';
    readonly targetId: number;
    readonly taskId: number;
    readonly userId: number;
    readonly format: string;
    readonly params: Record<string, unknown>;
    readonly upload: Upload;
  },
): Promise<FastifyReply> {
  const { target, targetId, taskId, userId, format, params, upload } = asked;
  if (upload.offset !== upload.length)
    throw badRequest('filename', `The upload is not complete: ${upload.offset} of ${upload.length} bytes are here.`);
  const id = requestId({ action: 'import', target, targetId, subresource: 'annotations' });
  await transact(context.db, (tx) =>
    enqueue(context, tx, {
      id,
      type: IMPORT_ANNOTATIONS,
      taskId,
      ...(target === 'job' ? { jobId: targetId } : {}),
      ownerId: userId,
      format,
      params: { uploadId: upload.id, ...params },
    }),
  );
  return reply.code(202).send({ rq_id: id });
}

/** What the work is given of the address. @throws HttpError 400 for a map of labels that is none */
function paramsOf({
  dry_run: dryRun,
  create_labels: createLabels,
  label_map: map,
  first_frame: firstFrame,
}: ImportParameters) {
  return {
    ...(dryRun && { dryRun }),
    ...(createLabels && { createLabels }),
    ...(firstFrame === undefined ? {} : { firstFrame }),
    ...(map === undefined ? {} : { labelMap: labelMapOf(map) }),
  };
}

function labelMapOf(text: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const isMap =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((name) => typeof name === 'string');
  if (!isMap) throw badRequest('label_map', 'It must be a JSON object of names, such as {"Canis": "dog"}.');
  return value as Record<string, string>;
}

/** Takes the one file of a form, whatever its field is called. */
async function takeForm(context: Context, request: FastifyRequest, taskId: number): Promise<Upload> {
  // Stock clients send a few fields along, which say nothing here.
  const fields = createFields(() => true);
  for await (const part of request.parts()) {
    if (part.type !== 'file') {
      fields.add(part);
      continue;
    }
    const { userId } = request.principal;
    return takeWhole(context, { userId, taskId, purpose: 'annotations', filename: part.filename ?? '' }, part.file);
  }
  throw badRequest('annotation_file', 'Send the file of annotations in this field.');
}

/** Drops what one began to upload and never finished, unless an import under way reads it. */
async function dropOthers(context: Context, taskId: number, userId: number): Promise<void> {
  const busy = context.db
    .select({ id: sql<string>`${requests.params}->>'uploadId'` })
    .from(requests)
    .where(
      and(
        eq(requests.taskId, taskId),
        eq(requests.type, IMPORT_ANNOTATIONS),
        inArray(requests.status, ['queued', 'started']),
      ),
    );
  const left = await context.db
    .select()
    .from(uploads)
    .where(
      and(
        eq(uploads.taskId, taskId),
        eq(uploads.userId, userId),
        eq(uploads.purpose, 'annotations'),
        ne(uploads.offset, uploads.length),
        sql`${uploads.id} not in ${busy}`,
      ),
    );
  await dropUploads(context, left);
}

function noFormat(name: string, way: 'import' | 'export'): HttpError {
  const names = FORMATS.filter((format) => format[way]).map((format) => format.name);
  return new HttpError(400, { format: [`There is no format "${name}" to ${way}; there are: ${names.join(', ')}.`] });
}

/** Backups are CVAT's own form of whole tasks. What its command prints is the body of the answer. */
function refuseBackups(app: App): void {
  const detail =
    'This server does not offer backups of tasks. Export the annotations ("CVAT for video 1.1" or "CVAT for images 1.1", with save_images for the pictures), and make a task from the media to bring them back.';
  const refuse = async (): Promise<never> => {
    throw new HttpError(405, { detail });
  };
  const config = { access: { signedIn: 'answers that there are no backups' } } as const;
  const schema = { tags, summary: 'Not offered: backups of tasks', response: { 405: Problem } };
  app.post('/api/tasks/:id/backup/export', { config: { access: { action: 'view', on: 'task' } }, schema }, refuse);
  app.post('/api/tasks/backup', { config, schema }, refuse);
  app.post('/api/projects/backup', { config, schema }, refuse);
}
