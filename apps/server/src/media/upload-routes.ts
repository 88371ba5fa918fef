import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Access } from '../access/access.ts';
import type { Context } from '../context.ts';
import { DONE, empty } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { badRequest, HttpError } from '../http/errors.ts';
import { appendToUpload, beginUpload, findUpload, type Upload } from './uploads.ts';

/** What a message to an address that takes uploads is, by the presence of its headers (contract 2.3). */
export type MessageKind = 'finish' | 'start' | 'tus' | 'bulk' | 'direct';

export function messageKind(headers: IncomingHttpHeaders): MessageKind {
  if (headers['upload-finish'] !== undefined) return 'finish';
  if (headers['upload-start'] !== undefined) return 'start';
  if (headers['upload-length'] !== undefined) return 'tus';
  if (headers['upload-multiple'] !== undefined) return 'bulk';
  return 'direct';
}

const TUS = { 'Tus-Resumable': '1.0.0', 'Cache-Control': 'no-store' };

/** Answers the POST that makes a TUS upload: 201 with its address. `base` is the path of the POST. */
export async function createTusUpload(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  base: string,
  into: { readonly taskId: number; readonly purpose: Upload['purpose'] },
): Promise<FastifyReply> {
  const length = Number(request.headers['upload-length']);
  if (!/^\d{1,15}$/.test(String(request.headers['upload-length']))) {
    throw badRequest('Upload-Length', 'This must be the number of bytes that will come.');
  }
  const filename = readMetadata(String(request.headers['upload-metadata'] ?? '')).get('filename');
  if (!filename) throw badRequest('Upload-Metadata', 'This must hold the file name: "filename <its name in base64>".');
  const upload = await beginUpload(context, { userId: request.principal.userId, ...into, filename, length });
  return reply
    .code(201)
    .headers({
      ...TUS,
      'Tus-Version': '1.0.0',
      'Tus-Extension': '',
      'Tus-Max-Size': String(context.config.limits.uploadBytes),
      Location: `${request.base}${base}/${upload.id}`,
      // Names that are not Latin letters may stand in no header.
      'Upload-Filename': into.purpose === 'data' ? encodeHeader(upload.filename) : upload.id,
    })
    .send();
}

/**
 * The addresses of TUS uploads under `base` (`/api/tasks/:id/data`): PATCH takes the next bytes, HEAD says where they go
 * on. `taskIdOf` says which task the resource in the address belongs to.
 */
export function tusRoutes(
  app: App,
  context: Context,
  base: string,
  options: {
    readonly purpose: Upload['purpose'];
    readonly access: Access;
    readonly taskIdOf: (id: number) => Promise<number>;
  },
): void {
  const config = { access: options.access };
  const params = Type.Object({ id: Type.Integer(), upload: Type.String({ maxLength: 100 }) });
  const find = async (request: FastifyRequest): Promise<Upload> => {
    const { id, upload } = request.params as { id: number; upload: string };
    return findUpload(context.db, upload, await options.taskIdOf(id), options.purpose, request.principal.userId);
  };

  app.route({
    method: 'PATCH',
    url: `${base}/:upload`,
    config,
    schema: { summary: 'Send the next bytes of an upload (TUS)', params, response: DONE },
    bodyLimit: context.config.limits.uploadBytes,
    async handler(request, reply) {
      const upload = await find(request);
      const stated = String(request.headers['upload-offset'] ?? '');
      if (!/^\d{1,15}$/.test(stated)) throw badRequest('Upload-Offset', 'This must say where the bytes begin.');
      const body = request.body as Readable | undefined;
      if (typeof body?.pipe !== 'function') {
        throw new HttpError(415, { detail: 'Send the bytes as application/offset+octet-stream.' });
      }
      const offset = await appendToUpload(context, upload, Number(stated), body);
      return reply
        .code(204)
        .headers({ ...TUS, 'Upload-Offset': String(offset), 'Upload-Filename': encodeHeader(upload.filename) })
        .send();
    },
  });

  app.route({
    method: 'HEAD',
    url: `${base}/:upload`,
    config,
    schema: {
      summary: 'How much of an upload is here (TUS)',
      params,
      response: { 200: empty('`Upload-Offset` says where to go on.') },
    },
    async handler(request, reply) {
      const upload = await find(request);
      return reply
        .code(200)
        .headers({ ...TUS, 'Upload-Offset': String(upload.offset), 'Upload-Length': String(upload.length) })
        .send();
    },
  });
}

/** `key base64, key base64`: text by key. */
function readMetadata(header: string): Map<string, string> {
  return new Map(
    header.split(',').flatMap((pair) => {
      const [key, value = ''] = pair.trim().split(/\s+/, 2);
      return key ? [[key, Buffer.from(value, 'base64').toString('utf8')] as const] : [];
    }),
  );
}

/** As bytes of UTF-8 where it is not ASCII, which is what Python's clients read back. */
const encodeHeader = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
