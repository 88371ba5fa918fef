import { createHash } from 'node:crypto';
import { DataMeta, DataMetaChange, Quality } from '@roto/wire';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { attachment } from '../background/routes.ts';
import type { Context } from '../context.ts';
import { DONE, file, UNCHANGED } from '../http/answers.ts';
import type { App } from '../http/app.ts';
import { HttpError, notFound } from '../http/errors.ts';
import { chunkByIndex, chunkByNumber, zipChunk } from './chunks.ts';
import { Frames, type Picture } from './frames.ts';
import { originalKey } from './import.ts';
import { setDeletedFrames, showMeta } from './meta.ts';
import { checkFrame, findJobMedia, findTaskMedia, type MediaRange } from './task-media.ts';

const byId = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) });
const quality = Type.Optional(Quality);
const number = Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }));
const MetaQuery = Type.Object({
  compact: Type.Optional(Type.Boolean({ description: 'Sizes and names of frames in a few bytes: `roto.frames`.' })),
});
/** Widths that are made smaller pictures of; few, so that they are found made. */
const width = Type.Optional(Type.Union(([80, 160, 320, 640, 1280] as const).map((each) => Type.Literal(each))));
const MediaQuery = Type.Object({
  type: Type.Optional(Type.String({ description: 'frame, chunk, preview or strip.' })),
  number,
  /** Of jobs: chunks counted from the job's first frame. */
  index: number,
  quality,
  /** Of frames and strips: a JPEG of this width, or of the frame's own where that is less. */
  width,
  /** Of strips: the first frame, the distance of frames, and how many stand side by side. */
  from: number,
  step: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 })),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
});
type MediaQuery = {
  type?: string;
  number?: number;
  index?: number;
  quality?: 'original' | 'compressed';
  width?: number;
  from?: number;
  step?: number;
  count?: number;
};

/** Pictures never change once they are there; whether one may still see them is asked again within the hour. */
const KEEP = 'private, max-age=3600';

/** Media of tasks and jobs: metadata, frames, chunks, previews, and the original file (contract 2.5, 2.6). */
export function mediaRoutes(app: App, context: Context): void {
  const frames = new Frames(context.store, context.config.limits);
  app.addHook('onClose', () => frames.close());
  const kinds = [
    { noun: 'task', path: '/api/tasks/:id', find: (id: number) => findTaskMedia(context.db, id) },
    { noun: 'job', path: '/api/jobs/:id', find: (id: number) => findJobMedia(context.db, id) },
  ] as const;

  for (const { noun, path, find } of kinds) {
    const view = { access: { action: 'view', on: noun } } as const;
    const tags = [`${noun}s`];
    app.get(
      `${path}/data/meta`,
      {
        config: view,
        schema: {
          tags,
          summary: `Metadata of the media of a ${noun}`,
          params: byId,
          querystring: MetaQuery,
          response: { 200: DataMeta, ...UNCHANGED },
        },
      },
      async (request, reply) => {
        const meta = await showMeta(context.db, await find(request.params.id), request.query.compact ?? false);
        const etag = `"${createHash('sha256').update(JSON.stringify(meta)).digest('base64url').slice(0, 27)}"`;
        reply.headers({ ETag: etag, 'Cache-Control': 'private, no-cache' });
        if (isKnown(request, etag)) return reply.code(304).send();
        return meta;
      },
    );

    app.patch(
      `${path}/data/meta`,
      {
        config: { access: { action: noun === 'task' ? 'update' : 'annotate', on: noun } },
        schema: {
          tags,
          summary: `Delete and restore frames of a ${noun}`,
          params: byId,
          body: DataMetaChange,
          response: { 200: DataMeta },
        },
      },
      async (request) => {
        const { deleted_frames: deleted } = request.body;
        if (deleted) await setDeletedFrames(context, await find(request.params.id), deleted);
        return showMeta(context.db, await find(request.params.id));
      },
    );

    app.get(
      `${path}/data/frames`,
      {
        config: view,
        schema: {
          tags,
          summary: `Times and key frames of the media of a ${noun}`,
          description:
            'float64 (little endian) seconds from the first frame of the source, one for each frame; then one bit a frame, ' +
            'the lowest of each byte first: set when it can be decoded without any other.',
          params: byId,
          response: { 200: file('The table.', 'application/octet-stream'), ...UNCHANGED },
        },
      },
      async (request, reply) => {
        const range = await find(request.params.id);
        const { sha256, startFrame, step } = range.media;
        const tag = `"${sha256.slice(0, 24)}-${startFrame}-${step}-${range.first}-${range.last}-table"`;
        if (isFresh(request, reply, tag)) return reply.code(304).send();
        return reply.type('application/octet-stream').send(Buffer.from(await frames.table(range)));
      },
    );

    app.get(
      `${path}/data`,
      {
        config: view,
        schema: {
          tags,
          summary: `A frame, a chunk of frames, or the preview of a ${noun}`,
          params: byId,
          querystring: MediaQuery,
          response: {
            200: file('A picture, or a ZIP archive of pictures.', 'image/*', 'application/zip'),
            ...UNCHANGED,
          },
        },
      },
      async (request, reply) => sendMedia(frames, request, reply, await find(request.params.id)),
    );

    app.get(
      `${path}/preview`,
      {
        config: view,
        schema: {
          tags,
          summary: `A small picture of a ${noun}`,
          params: byId,
          response: { 200: file('A picture.', 'image/*'), ...DONE, ...UNCHANGED },
        },
      },
      async (request, reply) => {
        try {
          return await sendPreview(frames, request, reply, await find(request.params.id));
        } catch (error) {
          const rather = /handling=empty/.test(String(request.headers.prefer ?? ''));
          if (rather && error instanceof HttpError && error.status === 404) return reply.code(204).send();
          throw error;
        }
      },
    );
  }

  app.get(
    '/api/tasks/:id/data/original',
    {
      config: { access: { action: 'view', on: 'task' } },
      schema: {
        tags: ['tasks'],
        summary: 'The file that a video task was made of, whole or in a range',
        params: byId,
        response: {
          200: file('The file.', 'application/octet-stream'),
          206: file('The bytes of the range.', 'application/octet-stream'),
          ...UNCHANGED,
        },
      },
    },
    async (request, reply) => sendOriginal(context, request, reply, await findTaskMedia(context.db, request.params.id)),
  );
}

async function sendMedia(
  frames: Frames,
  request: FastifyRequest,
  reply: FastifyReply,
  range: MediaRange,
): Promise<FastifyReply> {
  const { type, number, index, quality = 'compressed', width } = request.query as MediaQuery;
  const { media } = range;
  const tag = `${media.sha256.slice(0, 24)}-${media.startFrame}-${media.step}`;
  const how = quality === 'original' ? 'o' : `c${media.imageQuality}`;
  switch (type) {
    case 'preview':
      return sendPreview(frames, request, reply, range);
    case 'frame': {
      if (number === undefined) throw new HttpError(400, 'Say which frame: number=0 is the first.');
      checkFrame(range, number);
      if (width !== undefined) {
        if (isFresh(request, reply, `"${tag}-f${number}-w${width}"`)) return reply.code(304).send();
        return sendPicture(reply, await frames.scaled(media, number, width));
      }
      if (isFresh(request, reply, `"${tag}-f${number}-${how}"`)) return reply.code(304).send();
      return sendPicture(reply, await frames.picture(media, number, quality));
    }
    case 'chunk': {
      if (number === undefined && index === undefined) {
        throw new HttpError(400, 'Say which chunk: number=0 is the first.');
      }
      const chunk = number !== undefined ? chunkByNumber(range, number) : chunkByIndex(range, index!);
      const name = `${tag}-${chunk.from}-${chunk.to}-${how}`;
      reply.headers({ 'X-Checksum': name, 'X-Updated-Date': media.chunksUpdatedDate.toISOString() });
      if (isFresh(request, reply, `"${name}"`)) return reply.code(304).send();
      return reply.type('application/zip').send(zipChunk(frames, range, chunk, quality));
    }
    case 'strip': {
      const strip = stripOf(range, request.query as MediaQuery);
      if (isFresh(request, reply, `"${tag}-s${strip.frames.join('.')}-w${strip.width}"`)) return reply.code(304).send();
      return sendPicture(reply, await frames.strip(media, strip.frames, strip.width));
    }
    case 'context_image':
      throw notFound('This frame has no related images.');
    default:
      throw new HttpError(
        400,
        `The type of media must be frame, chunk, preview or strip${type ? `, not ${type}` : ''}.`,
      );
  }
}

/** The frames of a strip: as many as there are. */
function stripOf(range: MediaRange, { from = range.first, step = 1, count = 10, width = 160 }: MediaQuery) {
  checkFrame(range, from);
  const frames = Array.from({ length: count }, (_, i) => from + step * i).filter((frame) => frame <= range.last);
  if (frames.length * width > MOST_STRIP_WIDTH)
    throw new HttpError(400, `A strip may be ${MOST_STRIP_WIDTH} pixels wide; ask for fewer frames, or smaller ones.`);
  return { frames, width };
}

/** Wider pictures are not shown by every browser. */
const MOST_STRIP_WIDTH = 16_000;

async function sendPreview(
  frames: Frames,
  request: FastifyRequest,
  reply: FastifyReply,
  { media, first }: MediaRange,
): Promise<FastifyReply> {
  if (isFresh(request, reply, `"${media.sha256.slice(0, 24)}-${media.startFrame}-${media.step}-p${first}"`)) {
    return reply.code(304).send();
  }
  return sendPicture(reply, await frames.preview(media, first));
}

function sendPicture(reply: FastifyReply, { bytes, type }: Picture): FastifyReply {
  return reply.type(type).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** Says how the answer may be kept, and whether what the client keeps is still it. */
function isFresh(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  reply.headers({ ETag: etag, 'Cache-Control': KEEP });
  return isKnown(request, etag);
}

function isKnown(request: FastifyRequest, etag: string): boolean {
  const known = request.headers['if-none-match'] ?? '';
  return known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** The file of a video, whole or in a range: what a program nearby copies to decode by itself. */
async function sendOriginal(
  { store }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  { media }: MediaRange,
): Promise<FastifyReply> {
  if (media.kind !== 'video') {
    throw notFound('The original of this task is many images; read them with type=frame&quality=original.');
  }
  const etag = `"${media.sha256}"`;
  reply.headers({
    ETag: etag,
    'Cache-Control': KEEP,
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': attachment(`task_${media.taskId}_original.bin`),
  });
  if (isFresh(request, reply, etag)) return reply.code(304).send();
  const key = originalKey(media.storageKey, 0);
  const asked = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const range = asked ? readRange(request.headers.range, media.bytes) : null;
  if (range === 'unsatisfiable') {
    throw new HttpError(
      416,
      { detail: `The file has ${media.bytes} bytes.` },
      { 'Content-Range': `bytes */${media.bytes}` },
    );
  }
  if (!range) return reply.header('Content-Length', media.bytes).send(store.read(key));
  return reply
    .code(206)
    .headers({
      'Content-Length': range.end - range.start + 1,
      'Content-Range': `bytes ${range.start}-${range.end}/${media.bytes}`,
    })
    .send(store.read(key, range));
}

/** One range of bytes, both inclusive (RFC 9110, section 14); null: send the whole. */
function readRange(header: string | undefined, size: number): { start: number; end: number } | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return null;
  return start >= size || end < start ? 'unsatisfiable' : { start, end };
}
