import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { ENGINES } from '../testing/databases.ts';
import { clip, clipOf, picture, png } from '../testing/media.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { attach, makeTask, taskWith } from '../testing/tasks.ts';

const video = await clip(25);
const images = await Promise.all(Array.from({ length: 12 }, (_, n) => png(n)));

/** Gray of the lower right corner, which says the picture's number. */
async function gray(bytes: Uint8Array): Promise<number> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return data[data.length - info.channels]!;
}

/** Files of a zip archive, whose entries must be stored as they are. */
function unzip(bytes: Buffer): Promise<{ name: string; content: Buffer; stored: boolean }[]> {
  const { promise, resolve, reject } = Promise.withResolvers<{ name: string; content: Buffer; stored: boolean }[]>();
  yauzl.fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
    if (error) return reject(error);
    const files: { name: string; content: Buffer; stored: boolean }[] = [];
    zip.on('entry', (entry) =>
      zip.openReadStream(entry, async (failure, stream) => {
        if (failure) return reject(failure);
        files.push({ name: entry.fileName, content: await buffer(stream), stored: entry.compressionMethod === 0 });
        zip.readEntry();
      }),
    );
    zip.on('end', () => resolve(files));
    zip.on('error', reject);
    zip.readEntry();
  });
  return promise;
}

describe.each(ENGINES)('media on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let videoTask: number;
  let imageTask: number;
  const bytes = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await ann.fetch(path, { headers });
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  };

  beforeAll(async () => {
    server = await testServer(engine);
    ann = await server.user('ann');
    videoTask = await taskWith(
      ann,
      [['/home/ann/walk.mp4', video]],
      { chunk_size: 10 },
      { segment_size: 10, overlap: 2 },
    );
    imageTask = await taskWith(
      ann,
      images.map((image, n) => [`img${n}.png`, image] as const),
      {
        sorting_method: 'natural',
        chunk_size: 5,
      },
    );
  });
  afterAll(() => server.close());

  it('makes a task of a video, with jobs by segment size and overlap', async () => {
    const { body: task } = await ann.get(`/api/tasks/${videoTask}`);
    expect(task).toMatchObject({
      size: 25,
      mode: 'interpolation',
      segment_size: 10,
      overlap: 2,
      data_chunk_size: 10,
      image_quality: 70,
      data_original_chunk_type: 'imageset',
      status: 'annotation',
      jobs: { count: 3, completed: 0, validation: 0 },
    });
    const { body: jobs } = await ann.get(`/api/jobs?task_id=${videoTask}&sort=id`);
    expect(
      jobs.results.map((job: { start_frame: number; stop_frame: number }) => [job.start_frame, job.stop_frame]),
    ).toEqual([
      [0, 9],
      [8, 17],
      [16, 24],
    ]);
    expect(jobs.results[0]).toMatchObject({
      frame_count: 10,
      mode: 'interpolation',
      state: 'new',
      stage: 'annotation',
    });
  });

  it('describes the media, of the task and of a job', async () => {
    const { body: meta } = await ann.get(`/api/tasks/${videoTask}/data/meta`);
    expect(meta).toMatchObject({
      size: 25,
      start_frame: 0,
      stop_frame: 24,
      frame_filter: '',
      chunk_size: 10,
      deleted_frames: [],
      included_frames: null,
      roto: {
        original: {
          kind: 'video',
          bytes: video.length,
          sha256: createHash('sha256').update(video).digest('hex'),
          start_frame: 0,
          step: 1,
        },
      },
    });
    expect(meta.frames).toHaveLength(25);
    expect(meta.frames[3]).toEqual({
      name: 'frame_000003.png',
      width: 64,
      height: 48,
      related_files: 0,
      has_related_context: false,
    });
    const { body: jobs } = await ann.get(`/api/jobs?task_id=${videoTask}&sort=id`);
    const { body: part } = await ann.get(`/api/jobs/${jobs.results[1].id}/data/meta`);
    expect(part).toMatchObject({ size: 10, start_frame: 8, stop_frame: 17 });
    expect(part.frames[0].name).toBe('frame_000008.png');
    const { body: imageMeta } = await ann.get(`/api/tasks/${imageTask}/data/meta`);
    expect(imageMeta.frames.map(({ name }: { name: string }) => name)).toEqual(images.map((_, n) => `img${n}.png`));
  });

  it('serves times and key frames of a video, of the task and of a job', async () => {
    const { body, headers } = await bytes(`/api/tasks/${videoTask}/data/frames`);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(body.length).toBe(25 * 8 + 4);
    const times = Array.from({ length: 25 }, (_, n) => body.readDoubleLE(8 * n));
    expect(times[0]).toBe(0);
    const gaps = times.slice(1).map((time, n) => time - times[n]!);
    for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0]!, 6);
    expect(body[200]! & 1).toBe(1);
    const { body: jobs } = await ann.get(`/api/jobs?task_id=${videoTask}&sort=id`);
    const part = await bytes(`/api/jobs/${jobs.results[1].id}/data/frames`);
    expect(part.body.length).toBe(10 * 8 + 2);
    expect(part.body.readDoubleLE(0)).toBe(times[8]);
    const images = await bytes(`/api/tasks/${imageTask}/data/frames`);
    expect(images.body.readDoubleLE(8)).toBe(0);
  });

  it('describes the media in few bytes, and not again to those who know it', async () => {
    const path = `/api/tasks/${videoTask}/data/meta?compact=true`;
    const { body, headers } = await ann.get(path);
    expect(body.frames).toEqual([]);
    const pattern = { prefix: 'frame_', first: 0, digits: 6, suffix: '.png' };
    expect(body.roto.frames).toEqual({ count: 25, width: 64, height: 48, pattern });
    expect((await ann.get(path, { 'If-None-Match': headers.get('etag')! })).status).toBe(304);
    const { body: images } = await ann.get(`/api/tasks/${imageTask}/data/meta?compact=true`);
    expect(images.roto.frames.pattern).toEqual({ prefix: 'img', first: 0, digits: 1, suffix: '.png' });
    const whole = await ann.fetch(`/api/tasks/${videoTask}/data/meta`, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(whole.headers.get('content-encoding')).toBe('gzip');
    expect(((await whole.json()) as { frames: unknown[] }).frames).toHaveLength(25);
  });

  it('serves small pictures, and strips of them', async () => {
    const small = await bytes(`/api/tasks/${videoTask}/data?type=frame&number=3&width=80`);
    // The video is 64 pixels wide, and is not made larger.
    expect(await sharp(small.body).metadata()).toMatchObject({ width: 64, height: 48, format: 'jpeg' });
    const strip = await bytes(`/api/tasks/${videoTask}/data?type=strip&from=5&step=4&count=10&width=80`);
    expect(await sharp(strip.body).metadata()).toMatchObject({ width: 5 * 64, height: 48, format: 'jpeg' });
    for (const [i, n] of [5, 9, 13, 17, 21].entries()) {
      const field = await sharp(strip.body)
        .extract({ left: i * 64, top: 0, width: 64, height: 48 })
        .png()
        .toBuffer();
      expect(Math.abs((await gray(field)) - ((n * 8) % 200))).toBeLessThan(6);
    }
    for (const query of ['type=frame&number=0&width=100', 'type=strip&from=25', 'type=strip&count=101'])
      expect((await ann.get(`/api/tasks/${videoTask}/data?${query}`)).status).toBe(400);
  });

  it('says where scenes begin, once they have been looked for', async () => {
    const scenes = await clipOf(Array.from({ length: 12 }, (_, i) => (i < 7 ? 0 : 20)));
    const taskId = await taskWith(ann, [['scenes.mp4', scenes]], {});
    await expect
      .poll(async () => (await ann.get(`/api/tasks/${taskId}/data/meta?compact=true`)).body.roto.scene_cuts, {
        timeout: 20_000,
      })
      .toEqual([7]);
  });

  it('serves frames of a video: PNG as original, JPEG as compressed', async () => {
    for (const n of [0, 13, 24, 5]) {
      const original = await bytes(`/api/tasks/${videoTask}/data/?type=frame&number=${n}&quality=original`);
      expect(original.status).toBe(200);
      expect(original.headers.get('content-type')).toBe('image/png');
      expect(Math.abs((await gray(original.body)) - ((n * 8) % 200))).toBeLessThan(4);
    }
    const compressed = await bytes(`/api/tasks/${videoTask}/data?type=frame&number=3`);
    expect(compressed.headers.get('content-type')).toBe('image/jpeg');
    expect(await sharp(compressed.body).metadata()).toMatchObject({ format: 'jpeg', width: 64, height: 48 });
  });

  it('serves images as they were stored, and compressed as JPEG', async () => {
    const original = await bytes(`/api/tasks/${imageTask}/data?type=frame&number=10&quality=original`);
    expect(original.body.equals(images[10]!)).toBe(true);
    expect(original.headers.get('content-type')).toBe('image/png');
    const compressed = await bytes(`/api/tasks/${imageTask}/data?type=frame&number=10`);
    expect((await sharp(compressed.body).metadata()).format).toBe('jpeg');
  });

  it('gives every quality upright where the file is stored turned, frames and chunks', async () => {
    const [width, height] = [48, 64];
    const raw = Buffer.alloc(width * height * 3).fill(200, 0, width * 3 * 8);
    const turned: (readonly [string, Buffer])[] = [];
    for (const orientation of [1, 3, 6, 8])
      turned.push([
        `exif${orientation}.jpg`,
        await sharp(raw, {
          raw: { width: orientation > 4 ? height : width, height: orientation > 4 ? width : height, channels: 3 },
        })
          .withMetadata({ orientation })
          .jpeg({ quality: 100 })
          .toBuffer(),
      ]);
    const id = await taskWith(ann, turned);
    const { body: meta } = await ann.get(`/api/tasks/${id}/data/meta`);
    for (const quality of ['original', 'compressed']) {
      const chunk = await unzip((await bytes(`/api/tasks/${id}/data?type=chunk&number=0&quality=${quality}`)).body);
      for (const n of [0, 1, 2, 3]) {
        const { body } = await bytes(`/api/tasks/${id}/data?type=frame&number=${n}&quality=${quality}`);
        const { width: w, height: h, orientation = 1 } = await sharp(body).metadata();
        expect({ n, quality, w, h, orientation }).toEqual({ n, quality, w: width, h: height, orientation: 1 });
        expect(meta.frames[n]).toMatchObject({ width, height });
        expect(chunk[n]!.content.equals(body)).toBe(true);
        // The upright pixels, not only the size.
        const upright = await sharp(turned[n]![1]).autoOrient().raw().toBuffer();
        const served = await sharp(body).raw().toBuffer();
        const differ = served.reduce((sum, value, i) => sum + Math.abs(value - upright[i]!), 0) / served.length;
        expect(differ).toBeLessThan(quality === 'original' ? 0.01 : 8);
      }
    }
    const plain = await bytes(`/api/tasks/${id}/data?type=frame&number=0&quality=original`);
    expect(plain.body.equals(turned[0]![1])).toBe(true);
  });

  it('makes frames of the pages of one file', async () => {
    const [width, height] = [16, 8];
    const pages = Buffer.concat([50, 100, 200].map((level) => Buffer.alloc(width * height * 3, level)));
    const animation = await sharp(pages, { raw: { width, height: height * 3, channels: 3, pageHeight: height } })
      .webp({ lossless: true, delay: [100, 100, 100] })
      .toBuffer();
    const id = await taskWith(ann, [['pages/stack.webp', animation]]);
    const { body: meta } = await ann.get(`/api/tasks/${id}/data/meta`);
    expect(meta.size).toBe(3);
    expect(meta.frames.map(({ name }: { name: string }) => name.split('/').at(-1))).toEqual([
      'stack_0001.png',
      'stack_0002.png',
      'stack_0003.png',
    ]);
    for (const [n, level] of [50, 100, 200].entries()) {
      const { body } = await bytes(`/api/tasks/${id}/data?type=frame&number=${n}&quality=original`);
      expect(await gray(body)).toBe(level);
    }
  });

  it('may be kept by the one who got it, and is asked for again cheaply', async () => {
    const path = `/api/tasks/${videoTask}/data?type=frame&number=2&quality=original`;
    const first = await bytes(path);
    expect(first.headers.get('cache-control')).toContain('private');
    const etag = first.headers.get('etag')!;
    const again = await bytes(path, { 'If-None-Match': etag });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await bytes(path, { 'If-None-Match': '"other"' })).status).toBe(200);
    const other = await bytes(`/api/tasks/${videoTask}/data?type=frame&number=3&quality=original`);
    expect(other.headers.get('etag')).not.toBe(etag);
  });

  it('packs chunks as stored entries, numbered from 0 within each', async () => {
    const last = await bytes(`/api/tasks/${videoTask}/data/?type=chunk&number=2&quality=original`);
    expect(last.status).toBe(200);
    expect(last.headers.get('content-type')).toBe('application/zip');
    expect(last.headers.get('x-checksum')).toBeTruthy();
    expect(Date.parse(last.headers.get('x-updated-date')!)).toBeGreaterThan(0);
    const files = await unzip(last.body);
    expect(files.map(({ name }) => name)).toEqual([0, 1, 2, 3, 4].map((n) => `00000${n}.png`));
    expect(files.every(({ stored }) => stored)).toBe(true);
    expect(Math.abs((await gray(files[1]!.content)) - ((21 * 8) % 200))).toBeLessThan(4);
    const compressed = await unzip((await bytes(`/api/tasks/${imageTask}/data?type=chunk&number=0`)).body);
    expect(compressed.map(({ name }) => name)).toEqual([0, 1, 2, 3, 4].map((n) => `00000${n}.jpeg`));
    const stored = await unzip((await bytes(`/api/tasks/${imageTask}/data?type=chunk&number=2&quality=original`)).body);
    expect(stored.map(({ content }) => content)).toEqual(images.slice(10));
  });

  it('serves what a job is about, by chunk index too', async () => {
    const { body } = await ann.get(`/api/jobs?task_id=${videoTask}&sort=id`);
    const job = `/api/jobs/${body.results[1].id}`;
    const chunk = await unzip((await bytes(`${job}/data?type=chunk&index=0&quality=original`)).body);
    expect(chunk).toHaveLength(10);
    expect(Math.abs((await gray(chunk[0]!.content)) - 64)).toBeLessThan(4);
    expect((await bytes(`${job}/data?type=frame&number=8`)).status).toBe(200);
    expect((await bytes(`${job}/data?type=frame&number=7`)).status).toBe(400);
    expect((await bytes(`${job}/data?type=chunk&index=1`)).status).toBe(400);
    expect((await bytes(`${job}/data?type=chunk&number=1`)).status).toBe(200);
    expect((await bytes(`${job}/preview`)).status).toBe(200);
  });

  it.each([
    ['a frame past the end', 'type=frame&number=25', 'There is no frame 25; the frames are 0 to 24.'],
    ['no number', 'type=frame', 'Say which frame'],
    ['a chunk past the end', 'type=chunk&number=3', 'There is no chunk 3; the chunks are 0 to 2.'],
    ['no type', 'number=0', 'The type of media must be'],
    ['an unknown type', 'type=film&number=0', 'not film'],
    ['a negative number', 'type=frame&number=-1', 'number'],
    ['no number at all', 'type=frame&number=x', 'number'],
    ['an unknown quality', 'type=frame&number=0&quality=best', 'quality'],
  ])('refuses %s', async (_, query, message) => {
    const { status, body } = await ann.get(`/api/tasks/${videoTask}/data?${query}`);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain(message);
  });

  it('has previews within 256 × 256, and says when there is none', async () => {
    const preview = await bytes(`/api/tasks/${videoTask}/preview`);
    expect(await sharp(preview.body).metadata()).toMatchObject({ format: 'jpeg', width: 64, height: 48 });
    const empty = await makeTask(ann);
    expect((await ann.get(`/api/tasks/${empty}/preview`)).status).toBe(404);
    expect((await ann.get(`/api/tasks/${empty}/preview`, { Prefer: 'handling=empty' })).status).toBe(204);
    expect((await ann.get(`/api/tasks/${empty}/data/meta`)).status).toBe(404);
    expect((await ann.get(`/api/tasks/${empty}/data?type=frame&number=0`)).status).toBe(404);
  });

  it('gives the original of a video, whole and in ranges', async () => {
    const path = `/api/tasks/${videoTask}/data/original`;
    const whole = await bytes(path);
    expect(whole.body.equals(video)).toBe(true);
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    const part = await bytes(path, { Range: 'bytes=100-199' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${video.length}`]);
    expect(part.body.equals(video.subarray(100, 200))).toBe(true);
    const tail = await bytes(path, { Range: 'bytes=-10' });
    expect(tail.body.equals(video.subarray(-10))).toBe(true);
    const rest = await bytes(path, { Range: `bytes=${video.length - 5}-` });
    expect(rest.body.equals(video.subarray(-5))).toBe(true);
    const past = await bytes(path, { Range: `bytes=${video.length}-` });
    expect([past.status, past.headers.get('content-range')]).toEqual([416, `bytes */${video.length}`]);
    const etag = whole.headers.get('etag')!;
    expect((await bytes(path, { 'If-None-Match': etag })).status).toBe(304);
    expect((await bytes(path, { Range: 'bytes=0-1', 'If-Range': '"old"' })).status).toBe(200);
    expect((await bytes(`/api/tasks/${imageTask}/data/original`)).status).toBe(404);
  });

  it('deletes frames, of the task and of a job, and keeps serving them', async () => {
    const before = (await ann.get(`/api/tasks/${videoTask}`)).body.updated_date;
    const path = `/api/tasks/${videoTask}/data/meta`;
    const set = await ann.patch(path, { deleted_frames: [9, 3, 3] });
    expect([set.status, set.body.deleted_frames, set.body.size]).toEqual([200, [3, 9], 25]);
    const { body } = await ann.get(`/api/jobs?task_id=${videoTask}&sort=id`);
    const job = `/api/jobs/${body.results[2].id}/data/meta`;
    expect((await ann.patch(job, { deleted_frames: [20] })).body.deleted_frames).toEqual([20]);
    expect((await ann.get(path)).body.deleted_frames).toEqual([3, 9, 20]);
    expect((await ann.patch(job, { deleted_frames: [3] })).status).toBe(400);
    expect((await ann.patch(path, { deleted_frames: [25] })).status).toBe(400);
    expect((await ann.patch(path, { deleted_frames: ['1'] })).status).toBe(400);
    expect((await ann.get(path)).body.deleted_frames).toEqual([3, 9, 20]);
    expect((await bytes(`/api/tasks/${videoTask}/data?type=frame&number=3`)).status).toBe(200);
    expect(Date.parse((await ann.get(`/api/tasks/${videoTask}`)).body.updated_date)).toBeGreaterThan(
      Date.parse(before),
    );
    await ann.patch(path, { deleted_frames: [] });
  });

  it('takes every third frame from the fourth to the twentieth', async () => {
    const id = await taskWith(ann, [['v.mp4', video]], { start_frame: 3, stop_frame: 19, frame_filter: 'step=3' });
    const { body: meta } = await ann.get(`/api/tasks/${id}/data/meta`);
    // The last frame that is there, not the one that was asked for.
    expect(meta).toMatchObject({ size: 6, start_frame: 3, stop_frame: 18, frame_filter: 'step=3' });
    const frame = await bytes(`/api/tasks/${id}/data?type=frame&number=5&quality=original`);
    expect(Math.abs((await gray(frame.body)) - ((18 * 8) % 200))).toBeLessThan(4);
    expect((await bytes(`/api/tasks/${id}/data?type=frame&number=6`)).status).toBe(400);
  });

  it('orders images as asked', async () => {
    const files = ['b10.png', 'a.png', 'b9.png'].map((name, n) => [name, images[n]!] as const);
    const names = async (fields: Record<string, unknown>) => {
      const id = await taskWith(ann, files, fields);
      const { body } = await ann.get(`/api/tasks/${id}/data/meta`);
      return body.frames.map(({ name }: { name: string }) => name);
    };
    expect(await names({})).toEqual(['a.png', 'b10.png', 'b9.png']);
    expect(await names({ sorting_method: 'natural' })).toEqual(['a.png', 'b9.png', 'b10.png']);
    expect(await names({ sorting_method: 'predefined' })).toEqual(['b10.png', 'a.png', 'b9.png']);
    const order = ['b9.png', 'b10.png', 'a.png'];
    expect(await names({ sorting_method: 'predefined', upload_file_order: order })).toEqual(order);
    expect((await names({ sorting_method: 'random' })).sort()).toEqual(['a.png', 'b10.png', 'b9.png']);
  });

  it('shares one decode among requests for one frame, and gives all the same bytes', async () => {
    const path = `/api/tasks/${videoTask}/data?type=frame&number=17&quality=original`;
    const answers = await Promise.all(Array.from({ length: 8 }, () => bytes(path)));
    expect(new Set(answers.map(({ body }) => createHash('sha256').update(body).digest('hex'))).size).toBe(1);
  });

  it('frees the disk when a task is deleted', async () => {
    const id = await taskWith(ann, [['v.mp4', video]]);
    expect(await server.context.store.list(`tasks/${id}/`)).toEqual([`tasks/${id}/media/000000`]);
    expect((await ann.delete(`/api/tasks/${id}`)).status).toBe(204);
    expect(await server.context.store.list(`tasks/${id}/`)).toEqual([]);
    for (const path of ['', '/data/meta', '/data?type=frame&number=0', '/preview', '/data/original', '/status']) {
      expect((await ann.get(`/api/tasks/${id}${path}`)).status).toBe(404);
    }
    expect((await ann.delete(`/api/tasks/${id}`)).status).toBe(404);
  });

  it('refuses a second attachment', async () => {
    const again = await ann.post(`/api/tasks/${videoTask}/data/`, undefined, { 'Upload-Start': '' });
    expect(again.status).toBe(400);
    expect(again.body).toContain('has data already');
    await expect(attach(ann, videoTask, [['v.mp4', video]])).rejects.toThrow(/400.*has data already/);
    const form = new FormData();
    form.set('client_files[0]', new Blob([picture(0) as Uint8Array<ArrayBuffer>]), 'x.png');
    expect((await ann.post(`/api/tasks/${videoTask}/data`, form)).status).toBe(400);
  });
});
