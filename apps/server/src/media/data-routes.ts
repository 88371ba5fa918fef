import { RqId, TaskStatus } from '@roto/wire';
import { eq, sql } from 'drizzle-orm';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { requestId } from '../background/request-id.ts';
import type { Context } from '../context.ts';
import { requests, taskMedia } from '../database/schema/index.ts';
import { empty } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, HttpError } from '../http/errors.ts';
import { createFields } from '../http/form-fields.ts';
import { attachData, startUploads } from './attach.ts';
import { isDataField, readDataFields } from './data-fields.ts';
import { createTusUpload, messageKind, tusRoutes } from './upload-routes.ts';
import { assertWantsData, type FormFile, takeFiles } from './uploads.ts';

const byId = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) });

/** Attaching data to a task (contract 2.3): five kinds of messages to one address, and TUS uploads under it. */
export function dataRoutes(app: App, context: Context): void {
  const access = { action: 'update', on: 'task' } as const;

  app.post(
    '/api/tasks/:id/data',
    {
      config: { access },
      schema: {
        summary: 'Attach files to a task',
        description:
          'By the header: `Upload-Start` begins, `Upload-Multiple` sends files of a form, `Upload-Length` begins a TUS upload, ' +
          '`Upload-Finish` has the server read what was sent, by the fields of DataFields. Without any of them a form with ' +
          'files and fields does it all.',
        params: byId,
        response: {
          200: empty('The files are here.'),
          201: empty('The upload is begun; `Location` says where its bytes go.'),
          202: Type.Union([RqId, empty('')], {
            description: 'The upload is begun, or the server reads what was sent.',
          }),
        },
      },
      bodyLimit: context.config.limits.uploadBytes,
    },
    async (request, reply) => {
      const taskId = request.params.id;
      const { userId } = request.principal;
      const path = `/api/tasks/${taskId}/data`;
      switch (messageKind(request.headers)) {
        case 'start':
          await startUploads(context, taskId);
          return reply.code(202).send();
        case 'tus':
          return createTusUpload(context, request, reply, path, { taskId, purpose: 'data' });
        case 'bulk':
          if (!request.isMultipart()) throw new HttpError(415, { detail: 'Send the files as multipart/form-data.' });
          await takeForm(context, request, taskId);
          return reply.code(200).send();
        default: {
          const form = request.isMultipart();
          const raw = form ? await takeForm(context, request, taskId) : fieldsOf(request.body);
          return accept(reply, await attachData(context, taskId, userId, readDataFields(raw)));
        }
      }
    },
  );

  tusRoutes(app, context, '/api/tasks/:id/data', { purpose: 'data', access, taskIdOf: async (id) => id });

  app.get(
    '/api/tasks/:id/status',
    {
      config: { access: { action: 'view', on: 'task' } },
      schema: {
        summary: 'How far the server is with the data of a task',
        params: byId,
        response: { 200: TaskStatus },
      },
    },
    async (request) => {
      const taskId = request.params.id;
      const id = requestId({ action: 'create', target: 'task', targetId: taskId });
      const [row] = await context.db.select().from(requests).where(eq(requests.id, id));
      const [media] = await context.db.select({ one: sql`1` }).from(taskMedia).where(eq(taskMedia.taskId, taskId));
      if (media) return { state: 'Finished' as const, message: '', progress: 1 };
      if (!row) return { state: 'Unknown' as const, message: '', progress: 0 };
      const state = STATES[row.status];
      return { state, message: row.message, progress: row.progress ?? 0 };
    },
  );
}

const STATES = { queued: 'Queued', started: 'Started', finished: 'Finished', failed: 'Failed' } as const;

const accept = (reply: FastifyReply, rqId: string): FastifyReply => reply.code(202).send({ rq_id: rqId });

function fieldsOf(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null || body === '') return {};
  if (typeof body !== 'object' || Array.isArray(body)) throw new HttpError(400, 'The body must be a JSON object.');
  return body as Record<string, unknown>;
}

/** Stores the files of a form as they come in, and returns its other fields. */
async function takeForm(
  context: Context,
  request: FastifyRequest,
  taskId: number,
): Promise<Readonly<Record<string, unknown>>> {
  await context.db.transaction((tx) => assertWantsData(tx, taskId));
  const { userId } = request.principal;
  const fields = createFields(isDataField);
  const files = (async function* (): AsyncGenerator<FormFile> {
    for await (const part of readForm(() => request.parts())) {
      if (part.type === 'field') {
        fields.add(part);
      } else if (/^client_files(\[\d*\])?$/.test(part.fieldname)) {
        yield { filename: part.filename ?? '', bytes: part.file };
      } else {
        const what = 'There is no such file field; send files as client_files[0], client_files[1], …';
        throw badRequest(part.fieldname, what);
      }
    }
  })();
  await takeFiles(context, { userId, taskId, purpose: 'data' }, files);
  return fields.values;
}

/** The parts of a form; what the parser says of one that is broken is the sender's fault, and told as such. */
async function* readForm<T>(open: () => AsyncIterableIterator<T>): AsyncGenerator<T> {
  const broken = (error: unknown): unknown =>
    (error as { statusCode?: number }).statusCode !== undefined
      ? error
      : new HttpError(400, { detail: `The form cannot be read: ${(error as Error).message}.` });
  let parts: AsyncIterableIterator<T>;
  try {
    parts = open();
  } catch (error) {
    throw broken(error);
  }
  for (;;) {
    const next = await parts.next().catch((error) => {
      throw broken(error);
    });
    if (next.done) return;
    yield next.value;
  }
}
