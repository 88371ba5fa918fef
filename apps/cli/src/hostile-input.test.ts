import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { crc32, gzipSync } from 'node:zlib';
import { davisPng } from '@roto/annotations/results';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWorld, type World } from './testing/world.ts';

/** One bad command line: what it is, the arguments, the exit code, what the message must say. */
type Case = readonly [name: string, argv: (w: World) => readonly string[], code: number, says: RegExp];

const box = ['--box', '20,15,60,50'];

/** `roto track INPUT --box … -o out` with a bad input. */
const input =
  (...names: readonly string[]) =>
  (w: World) => ['track', ...names.map((name) => place(w, name)), ...box, '--model', w.model, '-o', w.at('out')];
/** `roto track clip.mp4 … -o out` with bad prompts or options. */
const track =
  (...more: readonly string[]) =>
  (w: World) => ['track', w.video, '--model', w.model, '-o', w.at('out'), ...more];
/** The same with a prompts file of the given text. */
const prompts =
  (content: unknown, ...more: string[]) =>
  (w: World) => {
    writeFileSync(w.at('prompts.json'), typeof content === 'string' ? content : JSON.stringify(content));
    return track('--prompts', w.at('prompts.json'), ...more)(w);
  };
const model = (name: string) => (w: World) => ['track', w.video, ...box, '--model', place(w, name), '-o', w.at('out')];
const out = (name: string) => (w: World) => ['track', w.video, ...box, '--model', w.model, '-o', place(w, name)];
const plain =
  (...argv: readonly string[]) =>
  (w: World) =>
    argv.map((word) => word.replace('@', `${w.folder}/`));

const unix = process.platform !== 'win32';
const cores = Math.max(cpus().length, availableParallelism());

/** A name of the folder; what looks like a path or an address stays. */
function place(w: World, name: string): string {
  return /^(\/|https?:|facebook\/|\w+\/\w+$)/.test(name) || name.includes('\0') || name === '' ? name : w.at(name);
}

const one = (prompt: object, more: object = {}) => ({ objects: [{ label: 'dog', prompts: [prompt], ...more }] });
const aBox = { frame: 0, box: [20, 15, 60, 50] };

const inputs: Case[] = [
  ['no such video', input('missing.mp4'), 3, /missing\.mp4: .*no/i],
  ['an empty file', input('empty.mp4'), 3, /empty\.mp4: /],
  ['a text named .mp4', input('text.mp4'), 3, /text\.mp4: /],
  ['an HLS playlist', input('list.m3u8'), 3, /playlist/i],
  ['a concat script named .mp4', input('concat.mp4'), 3, /concat\.mp4: /],
  ['an address', input('https://example.com/clip.mp4'), 3, /address|download/i],
  ['a video cut before its index', input('cut.mp4'), 3, /cut\.mp4: /],
  ['a video with a garbled index', input('garbled.mp4'), 3, /garbled\.mp4: /],
  ['an archive named .mp4', input('archive.mp4'), 3, /archive\.mp4: /],
  ['a sound file', input('sound.wav'), 3, /sound\.wav: /],
  ['an image bomb', input('bomb.png'), 3, /60000 × 60000/],
  ['images of two sizes', input('two-sizes'), 2, /Frame 1 .*is 32 × 32, but frame 0 is 96 × 64/],
  ['a folder without images', input('no-images'), 3, /no-images: /],
  ['an empty folder', input('nothing'), 3, /nothing: /],
  ['a video in a list of images', input('mask.png', 'clip.mp4'), 3, /clip\.mp4: .*video/],
  ['a damaged image in a folder', input('damaged'), 3, /damaged/],
  ['a drawing', input('drawing.svg'), 3, /drawing\.svg: /],
  ['a device', input('/dev/zero'), 3, /\/dev\/zero: /],
  ['an empty name', input(''), 2, /no path/],
  ['a name with a null byte', input('a\0b'), 2, /no path/],
];

const prompting: Case[] = [
  ['nothing to track', track(), 2, /--polygon, --mask, --box/],
  ['two ways at once', track('--box', '1,1,9,9', '--polygon', '1,1 9,1 9,9'), 2, /--polygon and --box/],
  ['an outline of two points', track('--polygon', '1,1 9,9'), 2, /2 points.*three/],
  ['an outline of words', track('--polygon', 'here there everywhere'), 2, /"here".*x,y/],
  ['an outline with an exponent', track('--polygon', '1e9,1 2,2 3,3'), 2, /x,y/],
  ['an outline outside the picture', track('--polygon', '500,500 600,500 600,600'), 2, /96×64/],
  ['an outline without area', track('--polygon', '10,10 20,20 30,30'), 2, /no pixel/],
  ['a box inside out', track('--box', '60,50,20,15'), 2, /inside out/],
  ['a box of three numbers', track('--box', '1,2,3'), 2, /x0,y0,x1,y1/],
  ['a box outside the picture', track('--box', '200,200,300,300'), 2, /no area inside/],
  ['a click outside the picture', track('--points', '500,30,+'), 2, /\(500, 30\).*96×64/],
  ['a click that is no number', track('--points', 'NaN,30,+'), 2, /"NaN,30,\+"/],
  ['no clicks', track('--points', '  '), 2, /--points is empty/],
  ['clicks beside the object only', track('--points', '40,30,- 5,5,-'), 2, /beside the object.*Add a click on it/],
  ['a mask that is not there', track('--mask', '/nowhere/mask.png'), 3, /mask\.png/],
  ['a mask of another size', (w) => track('--mask', w.at('two-sizes', '1.png'))(w), 2, /1\.png is \d+ × \d+.*96 × 64/],
  ['a black mask', (w) => track('--mask', w.at('black.png'))(w), 2, /black throughout/],
  ['a video as mask', (w) => track('--mask', w.video)(w), 3, /one image.*video/],
  ['a text as mask', (w) => track('--mask', w.at('text.mp4'))(w), 3, /text\.mp4/],
  ['an empty label', track(...box, '--label', ' '), 2, /--label/],
  ['a negative frame', track(...box, '--frame', '-1'), 2, /--frame "-1"/],
  ['half a frame', track(...box, '--frame', '1.5'), 2, /--frame "1.5"/],
  ['a frame past the end', track(...box, '--frame', '14'), 2, /frames 0 to 13.*no frame 14/],
  ['a target past the end', track(...box, '--to', '99'), 2, /frames 0 to 13.*--to 99/],
  ['a target beyond all numbers', track(...box, '--to', '99999999999999999999'), 2, /--to/],
  ['a target before the frame', track(...box, '--frame', '5', '--to', '2'), 2, /--backward/],
  ['a backward target above', track(...box, '--frame', '2', '--to', '5', '--backward'), 2, /--backward.*--to 5/],
];

/** A pipe would be waited for, where no signal is heard, and a device has no end. */
const endless: Case[] = [
  ['a pipe as mask', (w) => track('--mask', w.at('pipe'))(w), 3, /pipe: .*a pipe/],
  ['a prompts file without an end', track('--prompts', '/dev/zero'), 3, /cannot be read \(it is a device/],
  ['a prompts file that is a pipe', (w) => track('--prompts', w.at('pipe'))(w), 3, /cannot be read \(it is a pipe/],
];

const files: Case[] = [
  ...(unix ? endless : []),
  ['no such prompts file', track('--prompts', '/nowhere.json'), 3, /nowhere\.json.*cannot be read/],
  ['a prompts file that is a folder', (w) => track('--prompts', w.folder)(w), 3, /cannot be read/],
  ['a prompts file that is a video', (w) => track('--prompts', w.video)(w), 3, /cannot be read.*UTF-8/],
  ['broken JSON', prompts('{"objects": ['), 3, /not JSON/],
  ['JSON of another kind', prompts([1, 2]), 2, /"objects"/],
  ['no objects', prompts({ objects: [] }), 2, /objects must be a list with at least one/],
  ['an object without prompts', prompts({ objects: [{ label: 'dog' }] }), 2, /objects\[0\]\.prompts/],
  ['an unknown key', prompts(one({ ...aBox, colour: 'red' })), 2, /prompts\[0\] has an unknown key "colour"/],
  [
    'two shapes in one prompt',
    prompts(
      one({
        ...aBox,
        polygon: [
          [1, 1],
          [9, 1],
          [9, 9],
        ],
      }),
    ),
    2,
    /polygon and box/,
  ],
  ['no shape', prompts(one({ frame: 0 })), 2, /has no shape/],
  ['the same frame twice', prompts({ objects: [{ prompts: [aBox, aBox] }] }), 2, /a second time/],
  [
    'the same id twice',
    prompts({
      objects: [
        { id: 1, prompts: [aBox] },
        { id: 1, prompts: [aBox] },
      ],
    }),
    2,
    /another object/,
  ],
  [
    'a point of three numbers',
    prompts(
      one({
        frame: 0,
        polygon: [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
      }),
    ),
    2,
    /\[x, y\]/,
  ],
  ['a frame that is a text', prompts(one({ ...aBox, frame: '0' })), 2, /frame must be a whole number/],
  [
    'run lengths that overflow',
    prompts(one({ frame: 0, rle: { size: [64, 96], counts: 'oooooooo9' } })),
    2,
    /run|count/i,
  ],
  ['run lengths of another size', prompts(one({ frame: 0, rle: { size: [2, 2], counts: '04' } })), 2, /2 × 2.*96 × 64/],
  ['run lengths of a giant', prompts(one({ frame: 0, rle: { size: [99999, 99999], counts: '0' } })), 2, /99999/],
  [
    'values that do not fit the video',
    prompts({
      objects: [
        { label: 'dog', prompts: [{ frame: 2, box: [200, 200, 300, 300] }, aBox] },
        { label: 'cat', prompts: [{ frame: 0, rle: { size: [64, 96], counts: 'oo9' } }] },
        {
          prompts: [
            { frame: 0, points: [[9, 9, '-']] },
            { frame: 14, box: [1, 1, 9, 9] },
            { frame: 1, mask: 'no.png' },
          ],
        },
      ],
    }),
    2,
    new RegExp(
      [
        /prompts\.json: the prompts cannot be used:/,
        /objects\[0\]\.prompts\[0\] \("dog", frame 2\): The box \(200, 200, 300, 300\) has no area inside/,
        /objects\[1\]\.prompts\[0\] \("cat", frame 0\): The run lengths \(rle\) cannot be used/,
        /objects\[2\]\.prompts\[0\] \("object", frame 0\): All clicks are beside the object/,
        /objects\[2\]\.prompts\[1\] \("object", frame 14\): .*there is no frame 14/,
        /objects\[2\]\.prompts\[2\] \("object", frame 1\): .*no\.png/,
      ]
        .map(({ source }) => source)
        .join('[^]*'),
    ),
  ],
  [
    'a mask of a prompts file that is not there',
    prompts(one({ frame: 0, mask: 'no.png' })),
    3,
    /prompts\[0\] \("dog", frame 0\): .*no\.png/,
  ],
  ['a frame past the end, in a file', prompts(one({ ...aBox, frame: 400 })), 2, /no frame 400/],
  ['an id too large for DAVIS', prompts(one(aBox, { id: 300 })), 2, /300.*DAVIS/],
  ['--frame beside --prompts', prompts(one(aBox), '--frame', '1'), 2, /--frame has no meaning/],
];

const models: Case[] = [
  ['no such model', model('no-model-here'), 4, /no model|no such/i],
  [
    'a published name without its owner',
    (w) => ['track', w.video, ...box, '--model', 'sam2.1-hiera-tiny', '-o', w.at('out')],
    4,
    /Did you mean "facebook\/sam2\.1-hiera-tiny"/,
  ],
  ['a model that would need the network', model('facebook/sam2.1-hiera-tiny'), 4, /HF_HUB_OFFLINE|offline|network/i],
  ['a model folder without config.json', model('model-bare'), 4, /config\.json/],
  ['a model folder with broken config.json', model('model-config'), 4, /config\.json/],
  ['weights that are no weights', model('model-text'), 4, /safetensors/],
  ['weights cut short', model('model-cut'), 4, /safetensors/],
  ['a pickle that would run code', model('evil.pt'), 4, /evil\.pt/],
  ['an empty model name', model(''), 2, /--model is empty/],
  ['a device that does not exist', track(...box, '--device', 'tpu'), 5, /"tpu".*cpu, cuda, webgpu/],
  [
    '8-bit products on a GPU',
    track(...box, '--precision', 'int8', '--device', 'webgpu'),
    5,
    /"int8" is for the CPU|no such provider/,
  ],
  [
    'a revision of the built-in model',
    (w) => ['track', w.video, ...box, '--revision', 'x', '-o', w.at('out')],
    2,
    /"x" of/,
  ],
  [
    'a revision of a folder',
    track(...box, '--revision', 'x'),
    2,
    /Revision "x" of .*model: only models of the Hugging/,
  ],
  ['verify of a revision of the built-in model', plain('models', 'verify', 'builtin', '--revision', 'x'), 2, /"x" of/],
  [
    'more threads than are of use',
    track(...box, '--threads', `${4 * cores + 1}`),
    2,
    /--threads \d+: this machine has/,
  ],
  ['no threads', track(...box, '--threads', '0'), 2, /--threads "0"/],
  ['a precision that does not exist', track(...box, '--precision', 'int1'), 2, /--precision "int1"/],
  ['verify of a model that is not here', plain('models', 'verify', 'facebook/sam2.1-hiera-large'), 4, /pull it first/],
  ['pull without the network', plain('models', 'pull', 'facebook/sam2.1-hiera-large'), 4, /network|offline/i],
];

/** Nothing can be made in /proc, though permissions say nothing of it, and Node's own recursion never gives up there. */
const inProc: Case[] = [
  ['an output where no folder can be made', out('/proc/roto/out'), 6, /\/proc\/roto\/out cannot be written: no folder/],
  ['a sample where no folder can be made', plain('sample', '--frames', '2', '-o', '/proc/roto'), 6, /no folder/],
  ['a demo where no folder can be made', plain('demo', '--frames', '3', '-o', '/proc/roto'), 6, /no folder/],
];

const outputs: Case[] = [
  ['an output that is a file', out('text.mp4'), 6, /text\.mp4.*is a file/],
  ['an output below a file', out('text.mp4/deep/out'), 6, /is a file/],
  ['an output with results', out('taken'), 6, /--resume.*--overwrite/],
  ['an output with pieces of ours', out('pieces'), 6, /coco\.json.*--overwrite/],
  ['an output with a very long name', out('x'.repeat(300)), 6, /too long/],
  ['an empty output name', out(''), 6, /no path/],
  ['an output with a null byte', out('a\0b'), 6, /no path/],
  ['results of something else to resume', (w) => [...out('taken')(w), '--resume'], 6, /not JSON|results/],
  ['no output', (w) => ['track', w.video, ...box], 2, /--out/],
  ['an unknown format', track(...box, '--format', 'coco,yolo'), 2, /"yolo"/],
  ['no format at all', track(...box, '--format', ','), 2, /--format is empty/],
  ['--resume with --overwrite', track(...box, '--resume', '--overwrite'), 2, /contradict/],
  ...(process.platform === 'linux' ? inProc : []),
  ['a sample into a file', plain('sample', '--frames', '2', '-o', '@text.mp4'), 6, /cannot be written/],
];

const commands: Case[] = [
  ['no command', plain(), 2, /Usage: roto/],
  ['an unknown command', plain('trak', 'clip.mp4'), 2, /[Uu]nknown command 'trak'/],
  ['an unknown option', track('--speed', '3'), 2, /[Uu]nknown option '--speed'/],
  ['an option without its value', plain('track', '@clip.mp4', '-o'), 2, /argument missing/],
  ['a box given twice', track(...box, ...box), 2, /--box is given twice; give it once\. .*--prompts/],
  ['another option given twice', track(...box, '--to', '3', '--to=4'), 2, /--to is given twice; give it once\.$/m],
  ['an output given twice', track(...box, '-o', 'elsewhere'), 2, /--out is given twice/],
  ['a seed given twice', plain('sample', '--seed', '1', '--seed', '2', '-o', '@out'), 2, /--seed is given twice/],
  [
    'a choice given twice',
    plain('task', 'frames', '1', '2', '--quality', 'original', '--quality', 'compressed'),
    2,
    /twice/,
  ],
  ['no video', plain('track', '-o', '@out'), 2, /missing required argument/i],
  ['info of nothing', plain('info', '@missing.mp4'), 3, /missing\.mp4/],
  ['a sample of one frame', plain('sample', '--frames', '1', '-o', '@out'), 2, /--frames "1"/],
  ['a seed that is no number', plain('sample', '--seed', 'x', '-o', '@out'), 2, /--seed "x"/],
  ['a sample of no size', plain('sample', '--size', '0x99', '-o', '@out'), 2, /--size/],
  ['seeds that fall', plain('eval', '--seeds', '9-3'), 2, /rises/],
  ['an estimate past the end', plain('estimate', '@clip.mp4', '--to', '50'), 2, /frames 0 to 13/],
  ['an estimate of no objects', plain('estimate', '@clip.mp4', '--objects', '0'), 2, /--objects "0"/],
];

let world: World;
beforeAll(async () => {
  world = await makeWorld();
  writeBadFiles(world);
});
afterAll(() => world.remove());

/** What needs no model is refused before one is looked for, which may be a download of gigabytes. */
const unfound: Case[] = (
  [
    ['a device that does not exist', ['--device', 'tpu', ...box], 5, /"tpu"/],
    ['a box outside the picture', ['--box', '200,200,300,300'], 2, /no area inside/],
    ['a polygon without area', ['--polygon', '10,10 20,20 30,30'], 2, /no pixel/],
    ['a click outside the picture', ['--points', '500,30,+'], 2, /outside the 96×64/],
    ['an output that is damaged', [...box, '--resume', '-o', 'taken'], 6, /not JSON|results/],
    ...(process.platform === 'linux'
      ? [['an output in /proc', [...box, '-o', '/proc/roto'], 6, /no folder/] as const]
      : []),
  ] as const
).map(([name, more, code, says]) => [
  `${name}, and a model of the hub`,
  (w) => {
    const argv: string[] = more.map((word, i) => (more[i - 1] === '-o' ? place(w, word) : word));
    return ['track', w.video, '--model', 'foo/bar', ...(argv.includes('-o') ? [] : ['-o', w.at('out')]), ...argv];
  },
  code,
  says,
]);

const table = { inputs, prompting, files, models, outputs, commands, unfound };

test('the table has at least 40 cases, each with a name of its own', () => {
  const names = Object.values(table).flatMap((cases) => cases.map(([name]) => name));
  expect(names.length).toBeGreaterThanOrEqual(40);
  expect(new Set(names).size).toBe(names.length);
});

for (const [group, cases] of Object.entries(table))
  describe(group, () => {
    test.each(cases)('%s', async (_, argv, code, says) => {
      const words = argv(world);
      const before = everything(world);
      const answer = await world.run(...words);
      expect(answer.stderr).toMatch(says);
      expect(answer.code, answer.stderr).toBe(code);
      expect(answer.stdout).toBe('');
      expect(answer.stderr).not.toMatch(/\n {4}at |node:internal|undefined|\[object/);
      expect(everything(world)).toEqual(before);
    });
  });

test('with --json the error is a line on stdout as well', async () => {
  const { code, stdout } = await world.run(...input('text.mp4')(world), '--json');
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ event: 'error', exitCode: 3, code: 'not-media' });
});

/** Every file below the folder with its size and time, but for the caches: proof that nothing was written. */
function everything({ folder }: World): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^(cache|hf)(\/|$)/.test(name))
    .map((name) => {
      const { size, mtimeMs } = statSync(`${folder}/${name}`);
      return `${name} ${size} ${mtimeMs}`;
    })
    .sort();
}

function writeBadFiles(w: World): void {
  const text = (name: string, content: string | Uint8Array) => writeFileSync(w.at(name), content);
  const folder = (name: string) => mkdirSync(w.at(name), { recursive: true });
  const clip = readFileSync(w.video);
  const mask = readFileSync(w.mask);
  const weights = readFileSync(w.at('model', 'model.safetensors'));
  if (unix) execFileSync('mkfifo', [w.at('pipe')]);
  text('empty.mp4', '');
  text('text.mp4', 'This is no video, whatever its name says.\n'.repeat(20));
  text('list.m3u8', '#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/secret.ts\n');
  text('concat.mp4', "ffconcat version 1.0\nfile '/etc/passwd'\n");
  text('cut.mp4', clip.subarray(0, 40));
  text(
    'garbled.mp4',
    clip.map((byte, i) => (i < 64 || i > 600 ? byte : byte ^ 0x5a)),
  );
  text('archive.mp4', gzipSync('x'.repeat(1000)));
  text(
    'sound.wav',
    Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 'latin1'), Buffer.alloc(40)]),
  );
  text('drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/passwd"/></svg>');
  text('bomb.png', pngOf(60000, 60000));
  for (const name of ['nothing', 'no-images', 'two-sizes', 'damaged']) folder(name);
  text('no-images/readme.txt', 'none here');
  text('two-sizes/0.png', mask);
  text('two-sizes/1.png', png(32, 32));
  text('black.png', png(w.width, w.height));
  text('damaged/0.png', mask.subarray(0, 30));
  for (const name of ['model-bare', 'model-config', 'model-text', 'model-cut']) folder(name);
  const config = readFileSync(w.at('model', 'config.json'));
  text('model-bare/model.safetensors', weights);
  text('model-config/model.safetensors', weights);
  text('model-config/config.json', '{"model_type": "sam2_video", "image_size": "large"');
  text('model-text/config.json', config);
  text('model-text/model.safetensors', 'not weights');
  text('model-cut/config.json', config);
  text('model-cut/model.safetensors', weights.subarray(0, weights.length / 2));
  // os.system('touch …/ran'), as pickle writes it; a file `ran` would show in `everything`.
  const command = `touch ${w.at('ran')}`;
  text(
    'evil.pt',
    Buffer.from(`\x80\x02cposix\nsystem\nU${String.fromCharCode(command.length)}${command}\x85R.`, 'latin1'),
  );
  folder('taken');
  text('taken/results.jsonl', 'somebody else wrote this\n');
  folder('pieces');
  text('pieces/coco.json', '{}');
}

/** A PNG that claims a size and holds next to nothing. */
function pngOf(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', Buffer.from([0])),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A sound black PNG. */
function png(width: number, height: number): Uint8Array {
  const source = { name: 'black', width, height, frameCount: 1, frameRate: 0 };
  const header = { source, model: { name: 'none' }, objects: [], prompts: null };
  return davisPng(header, { frame: 0, timeSec: 0, objects: [] });
}
