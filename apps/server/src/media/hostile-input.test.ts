import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../testing/databases.ts';
import { clip, png, zip } from '../testing/media.ts';
import { type TestServer, type TestUser, testServer } from '../testing/server.ts';
import { attach, ended, finish, makeTask, type NamedFile, sendFiles } from '../testing/tasks.ts';

const image = await png(1);
const video = await clip(5);
const text = (content: string) => Buffer.from(content);

/** A PNG's header that promises a size, with no pixels behind it. */
async function pngOfSize(width: number, height: number): Promise<Buffer> {
  const whole = Buffer.from(await png(0));
  whole.writeUInt32BE(width, 16);
  whole.writeUInt32BE(height, 20);
  return whole;
}

/** A zip archive of one entry that unpacks to `bytes` zeros, and says `stated`. */
function bomb(name: string, bytes: number, stated = bytes): Buffer {
  const packed = deflateRawSync(Buffer.alloc(bytes));
  const header = (signature: number, central: boolean): Buffer => {
    const head = Buffer.alloc(central ? 46 : 30);
    head.writeUInt32LE(signature, 0);
    const at = central ? 6 : 4;
    head.writeUInt16LE(20, at);
    head.writeUInt16LE(8, at + 4);
    head.writeUInt32LE(packed.length, at + 14);
    head.writeUInt32LE(stated, at + 18);
    head.writeUInt16LE(name.length, at + 22);
    return Buffer.concat([head, Buffer.from(name)]);
  };
  const local = Buffer.concat([header(0x04034b50, false), packed]);
  const central = header(0x02014b50, true);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

describe.each(ENGINES)('hostile media on %s', (engine) => {
  let server: TestServer;
  let ann: TestUser;
  let bob: TestUser;
  beforeAll(async () => {
    server = await testServer(engine, { limits: { uploadBytes: 400_000 } });
    [ann, bob] = [await server.user('ann'), await server.user('bob')];
  });
  afterAll(() => server.close());

  const refused: readonly (readonly [what: string, files: () => Promise<readonly NamedFile[]>, why: RegExp])[] = [
    [
      'an SVG as an image',
      async () => [['a.png', text('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')]],
      /a\.png.*an SVG drawing/,
    ],
    ['HTML as a video', async () => [['a.mp4', text('<!doctype html><script>alert(1)</script>')]], /a\.mp4.*a text/],
    [
      'a playlist',
      async () => [['a.mp4', text('#EXTM3U\n#EXTINF:1,\nhttp://10.0.0.1/x.ts\n')]],
      /a\.mp4.*HLS playlist/,
    ],
    [
      'a concat script',
      async () => [['a.mp4', text("ffconcat version 1.0\nfile '/etc/passwd'\n")]],
      /a\.mp4.*concat script/,
    ],
    ['a text', async () => [['a.png', text('just words\n'.repeat(50))]], /a\.png.*a text/],
    ['bytes of no meaning', async () => [['a.mp4', Buffer.alloc(5_000, 0x9c)]], /a\.mp4/],
    ['an empty file', async () => [['a.mp4', Buffer.alloc(0)]], /a\.mp4/],
    ['a video that is cut off at its start', async () => [['a.mp4', video.subarray(0, 300)]], /a\.mp4/],
    [
      'a picture past the limit of pixels',
      async () => [['huge.png', await pngOfSize(9_000, 8_000)]],
      /huge\.png.*9000 × 8000 is past the limit/,
    ],
    ['a picture whose pixels are missing', async () => [['a.png', image.subarray(0, 80)]], /a\.png/],
    [
      'a video among images',
      async () => [
        ['a.png', image],
        ['b.mp4', video],
      ],
      /b\.mp4.*a video within a list/,
    ],
    [
      'an archive among images',
      async () => [
        ['a.png', image],
        ['b.zip', await zip([['x.png', image]])],
      ],
      /b\.zip/,
    ],
    [
      'a zip with a name that leads out of it',
      async () => [['a.zip', await zip([['../../../etc/cron.d/x.png', image]])]],
      /a\.zip.*\.\./,
    ],
    ['a zip with an absolute name', async () => [['a.zip', await zip([['/etc/x.png', image]])]], /a\.zip.*absolute/],
    ['a zip with backslashes', async () => [['a.zip', await zip([['..\\..\\x.png', image]])]], /a\.zip.*invalid/],
    [
      'a zip without images',
      async () => [['a.zip', await zip([['readme.txt', text('hello')]])]],
      /a\.zip.*none of the 1 files in it is an image/,
    ],
    ['a zip of a hidden file only', async () => [['a.zip', await zip([['.x.png', image]])]], /a\.zip.*none of/],
    ['a zip of text that is named an image', async () => [['a.zip', await zip([['x.png', text('<html>')]])]], /x\.png/],
    [
      'a zip with a file twice',
      async () => [
        [
          'a.zip',
          await zip([
            ['x.png', image],
            ['x.png', image],
          ]),
        ],
      ],
      /a\.zip.*x\.png twice/,
    ],
    ['a zip bomb', async () => [['a.zip', bomb('x.png', 80 * 1024 * 1024)]], /a\.zip: .*(unpack|bytes)/],
    [
      'a zip bomb that lies about its size',
      async () => [['a.zip', bomb('x.png', 30 * 1024 * 1024, 1000)]],
      /a\.zip.*x\.png.*(damaged|too many bytes)/,
    ],
    [
      'a zip that is cut off',
      async () => [['a.zip', (await zip([['x.png', image]])).subarray(0, 150)]],
      /a\.zip.*cannot be read as a zip/,
    ],
  ];

  it.each(refused)('refuses %s, leaves the task empty and frees the files', async (_, files, why) => {
    const id = await makeTask(ann);
    const request = await attach(ann, id, await files());
    expect(request.status).toBe('failed');
    expect(request.message).toMatch(why);
    // The owner's names, not ours.
    expect(request.message).not.toMatch(/tasks\/\d|incoming|roto-server|\/tmp/);
    const { body: task } = await ann.get(`/api/tasks/${id}`);
    expect([task.size, task.jobs.count]).toEqual([undefined, 0]);
    expect(await server.context.store.list(`tasks/${id}/`)).toEqual([]);
    expect((await ann.get(`/api/tasks/${id}/status`)).body).toMatchObject({
      state: 'Failed',
      message: request.message,
    });
    // Nothing stands in the way of trying again with a good file of the same name.
    const again = await attach(ann, id, [['a.png', image]]);
    expect(again).toMatchObject({ status: 'finished', message: '' });
    expect((await ann.get(`/api/tasks/${id}`)).body.size).toBe(1);
  });

  it.each([
    ['../../etc/passwd.png', 'passwd.png'],
    ['C:\\Users\\ann\\..\\walk.png', 'walk.png'],
    ['/home/ann/übung.png', 'übung.png'],
    ['a"; rm -rf.png', 'a"; rm -rf.png'],
  ])('keeps the base name alone of %s, and writes to no such place', async (given, kept) => {
    const id = await makeTask(ann);
    const metadata = `filename ${Buffer.from(given).toString('base64')}`;
    const path = `/api/tasks/${id}/data/`;
    const made = await ann.post(path, undefined, {
      'Upload-Length': String(image.length),
      'Upload-Metadata': metadata,
    });
    expect(made.status).toBe(201);
    const at = new URL(made.headers.get('location')!).pathname;
    const type = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' };
    expect((await ann.patch(at, image, type)).status).toBe(204);
    const { body } = await finish(ann, id);
    expect((await ended(ann, body.rq_id)).status).toBe('finished');
    expect((await ann.get(`/api/tasks/${id}/data/meta`)).body.frames[0].name).toBe(kept);
    expect(await server.context.store.list(`tasks/${id}/`)).toEqual([`tasks/${id}/media/000000`]);
  });

  it.each(['..', '/', '', 'a\nb.png', 'x'.repeat(300)])('refuses %j as a file name', async (given) => {
    const id = await makeTask(ann);
    const metadata = `filename ${Buffer.from(given).toString('base64')}`;
    const made = await ann.post(`/api/tasks/${id}/data/`, undefined, {
      'Upload-Length': '5',
      'Upload-Metadata': metadata,
    });
    expect(made.status).toBe(400);
    expect(JSON.stringify(made.body)).toMatch(/file name|names no file/);
  });

  it('refuses uploads past the limit: announced, in a form, and beyond what was announced', async () => {
    const id = await makeTask(ann);
    const metadata = `filename ${Buffer.from('a.mp4').toString('base64')}`;
    const path = `/api/tasks/${id}/data/`;
    const long = await ann.post(path, undefined, { 'Upload-Length': '400001', 'Upload-Metadata': metadata });
    expect([long.status, long.body.detail]).toEqual([413, expect.stringContaining('400000')]);
    const form = await sendFiles(ann, id, [['big.mp4', Buffer.alloc(400_001)]]);
    expect(form.status).toBe(413);
    const made = await ann.post(path, undefined, { 'Upload-Length': '10', 'Upload-Metadata': metadata });
    const at = new URL(made.headers.get('location')!).pathname;
    const type = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' };
    const beyond = await ann.patch(at, Buffer.alloc(11), type);
    expect(beyond.status).toBe(413);
    expect(Number((await ann.fetch(at, { method: 'HEAD' })).headers.get('upload-offset'))).toBeLessThanOrEqual(10);
    expect((await ann.post(path, undefined, { 'Upload-Start': '' })).status).toBe(202);
    expect(await server.context.store.list(`tasks/${id}/`)).toEqual([]);
  });

  it('refuses forged ids of uploads, those of other tasks, and those of others', async () => {
    const [id, other] = [await makeTask(ann), await makeTask(ann)];
    const metadata = `filename ${Buffer.from('a.mp4').toString('base64')}`;
    const made = await ann.post(`/api/tasks/${id}/data/`, undefined, {
      'Upload-Length': '10',
      'Upload-Metadata': metadata,
    });
    const upload = made.headers.get('location')!.split('/').at(-1)!;
    const type = { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '0' };
    const patch = (user: TestUser, task: number, name: string) =>
      user.patch(`/api/tasks/${task}/data/${name}`, image, type);
    expect((await patch(ann, id, `${ann.id}_00000000-0000-4000-8000-000000000000`)).status).toBe(404);
    expect((await patch(ann, id, encodeURIComponent('../../../etc/passwd'))).status).toBe(404);
    expect((await patch(ann, other, upload)).status).toBe(404);
    expect((await patch(bob, id, upload)).status).toBe(404);
    const admin = await server.user(`admin-${engine}`, { isAdmin: true });
    expect((await patch(admin, id, upload)).status).toBe(403);
    expect((await admin.fetch(`/api/tasks/${id}/data/${upload}`, { method: 'HEAD' })).status).toBe(403);
    expect((await ann.fetch(`/api/tasks/${id}/data/${upload}`, { method: 'HEAD' })).headers.get('upload-offset')).toBe(
      '0',
    );
  });

  it.each([
    ['a form without being one', { 'Upload-Multiple': '', 'Content-Type': 'application/json' }, '{}', 415],
    ['bytes as media', { 'Content-Type': 'video/mp4' }, 'xxxx', 415],
    ['XML', { 'Content-Type': 'application/xml' }, '<data/>', 415],
    ['a form without a boundary', { 'Upload-Multiple': '', 'Content-Type': 'multipart/form-data' }, 'xxxx', 400],
    [
      'a form that ends in the middle',
      { 'Upload-Multiple': '', 'Content-Type': 'multipart/form-data; boundary=x' },
      '--x\r\nContent-Disposition: form-data; name="client_files[0]"; filename="a.png"\r\n\r\nabc',
      400,
    ],
    ['JSON that is none', { 'Upload-Finish': '', 'Content-Type': 'application/json' }, '{"image_quality":', 400],
    ['a list instead of fields', { 'Upload-Finish': '', 'Content-Type': 'application/json' }, '[1]', 400],
    ['a finish without files', { 'Upload-Finish': '', 'Content-Type': 'application/json' }, '{}', 400],
    ['server files', { 'Content-Type': 'application/json' }, '{"server_files":["/etc/passwd"]}', 400],
    ['remote files', { 'Content-Type': 'application/json' }, '{"remote_files":["http://169.254.169.254/x"]}', 400],
    ['an upload without a length', { 'Upload-Length': 'x', 'Upload-Metadata': 'filename eA==' }, undefined, 400],
    ['an upload without a name', { 'Upload-Length': '5' }, undefined, 400],
  ] as const)('refuses %s', async (_, headers, body, status) => {
    const id = await makeTask(ann);
    const answer = await ann.post(`/api/tasks/${id}/data/`, body, headers);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body).length).toBeGreaterThan(10);
  });

  it.each([
    ['image_quality', 0],
    ['image_quality', 101],
    ['image_quality', 'good'],
    ['chunk_size', -1],
    ['start_frame', 1.5],
    ['stop_frame', '9999999999999'],
    ['frame_filter', 'step=0'],
    ['frame_filter', 'drop table'],
    ['sorting_method', 'alphabetical'],
    ['upload_file_order', 'a.png'],
    ['cloud_storage_id', 4],
    ['validation_params', { mode: 'gt' }],
  ])('names the field %s when it is %j', async (field, value) => {
    const id = await makeTask(ann);
    await sendFiles(ann, id, [['a.png', image]]);
    const answer = await finish(ann, id, { [field]: value });
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body)).toEqual([field]);
  });

  it('says which frames there are when none was selected', async () => {
    const id = await makeTask(ann);
    const request = await attach(ann, id, [['v.mp4', video]], { start_frame: 5 });
    expect(request).toMatchObject({ status: 'failed', message: expect.stringContaining('has 5 frames, 0 to 4') });
  });

  it('refuses two files of one name, and an order that does not fit', async () => {
    const id = await makeTask(ann);
    expect((await sendFiles(ann, id, [['x/a.png', image]])).status).toBe(200);
    const twice = await sendFiles(ann, id, [['y/a.png', image]]);
    expect([twice.status, twice.body.detail]).toEqual([409, expect.stringContaining('a.png')]);
    await sendFiles(ann, id, [['b.png', image]]);
    const order = await finish(ann, id, { sorting_method: 'predefined', upload_file_order: ['a.png', 'c.png'] });
    expect([order.status, order.body.upload_file_order[0]]).toEqual([400, expect.stringContaining('b.png')]);
  });
});
