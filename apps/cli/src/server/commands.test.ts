import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../cli.ts';
import { makeServerWorld, type ServerWorld } from '../testing/server-world.ts';

let world: ServerWorld;
beforeAll(async () => {
  world = await makeServerWorld({ frameCount: 8 });
}, 120_000);
afterAll(() => world?.close());

async function roto(argv: readonly string[], more: { env?: Record<string, string>; signal?: AbortSignal } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(argv, {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: more.env ?? world.env,
    signal: more.signal ?? new AbortController().signal,
  });
  return { code, out: out.join(''), err: err.join('') };
}

test('a function is made, served in a burst, tracked with, and deleted', async () => {
  const host = ['--server-host', world.url];
  const made = await roto([...host, 'function', 'create-native', 'SAM2', '--visibility', 'public']);
  expect(made, made.err).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\n$/) });
  const id = made.out.trim();
  expect(await world.client.functions.get(Number(id))).toMatchObject({
    kind: 'tracker',
    provider: 'native',
    supported_shape_types: ['mask', 'polygon', 'rectangle'],
  });

  const box = ['--box', '20,20,90,90', '--label', 'thing'];
  const started = await roto([
    'task',
    'track',
    String(world.taskId),
    '--function',
    id,
    '--frame',
    '0',
    '--to',
    '7',
    ...box,
    '--no-wait',
    ...host,
  ]);
  expect(started, started.err).toMatchObject({ code: 0, out: expect.stringMatching(/^[0-9a-f-]{36}\n$/) });
  const agent = await roto(['function', 'run-agent', id, '--burst', '-p', 'threads=int:1', ...host]);
  expect(agent.code, agent.err).toBe(0);
  expect(await world.client.runs.get(started.out.trim())).toMatchObject({ state: 'finished', done_frame: 7 });

  const deleted = await roto(['function', 'delete', id, '99999', ...host]);
  expect(deleted.code).toBe(0);
  expect(deleted.err).toMatch(/deleted\n.*99999 not found/s);
});

test('tasks are made, listed, looked at, exported, imported and deleted', async () => {
  const host = ['--server-host', world.url];
  await writeFile(world.at('labels.json'), '[{"name":"dog"}]');
  const made = await roto([
    'task',
    'create',
    'dogs',
    'local',
    world.clip,
    '--labels',
    world.at('labels.json'),
    ...host,
  ]);
  expect(made, made.err).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\n$/) });
  const id = made.out.trim();
  expect((await roto(['task', 'ls', ...host])).out.split('\n')).toContain(id);
  const listed = JSON.parse((await roto(['task', 'ls', '--json', ...host])).out);
  expect(listed.find((task: { id: number }) => task.id === Number(id))).toMatchObject({ name: 'dogs', size: 8 });

  const frames = await roto(['task', 'frames', id, '0', '5', '--outdir', world.at('frames'), ...host]);
  expect(frames.out.trim().split('\n')).toEqual(
    [0, 5].map((n) => world.at('frames', `task_${id}_frame_00000${n}.png`)),
  );
  expect((await readFile(world.at('frames', `task_${id}_frame_000005.png`))).subarray(1, 4).toString()).toBe('PNG');

  const file = world.at('dogs.zip');
  expect(await roto(['task', 'export', id, file, '--format', 'CVAT for video 1.1', ...host])).toMatchObject({
    code: 0,
    out: `${file}\n`,
  });
  // Nothing was drawn, and a file without annotations changes nothing.
  expect(await roto(['task', 'import-dataset', id, file, ...host])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/found no annotations|Looked for/i),
  });
  expect((await roto(['task', 'delete', id, id, ...host])).err).toMatch(/deleted\n.*not found/s);
});

test.each<[string, string[], number, RegExp]>([
  ['a task that there is not', ['task', 'frames', '99999', '0'], 1, /404: There is no task 99999/],
  ['no number', ['task', 'delete', 'seven'], 2, /the id of the task "seven"/],
  [
    'labels that are no JSON',
    ['task', 'create', 'x', 'local', '@clip.mp4', '--labels', '{'],
    2,
    /neither a file nor JSON/,
  ],
  ['a share', ['task', 'create', 'x', 'share', 'clip.mp4'], 2, /share is not there/],
  ['a file that there is not', ['task', 'create', 'x', 'local', '@no.mp4'], 3, /no\.mp4 is not a file/],
  ['a folder', ['task', 'create', 'x', 'local', '@'], 3, /is not a file/],
  ['a format that there is not', ['task', 'export', '1', '@x.zip', '--format', 'Paper 1.0'], 1, /Paper/],
  ['a backup', ['task', 'backup', '1'], 2, /backup is not there/],
  [
    'two kinds of objects',
    ['task', 'track', '1', '--function', '1', '--frame', '0', '--to', '3', '--box', '1,1,9,9', '--object', '3'],
    2,
    /--object and --box/,
  ],
  [
    'a run to where it starts',
    ['task', 'track', '1', '--function', '1', '--frame', '3', '--to', '3'],
    2,
    /another frame/,
  ],
  [
    'a frame past the end',
    ['task', 'track', '1', '--function', '1', '--frame', '300', '--to', '3'],
    2,
    /frames 0 to 7/,
  ],
  [
    'a label that there is not',
    ['task', 'track', '1', '--function', '1', '--frame', '0', '--to', '3', '--box', '1,1,9,9', '--label', 'cat'],
    2,
    /no label "cat"; it has thing/,
  ],
  ['a function that there is not', ['function', 'run-agent', '99999'], 1, /404/],
  ['a parameter without a type', ['function', 'create-native', 'x', '-p', 'threads=4'], 2, /name=type:value/],
  ['a parameter of no type', ['function', 'create-native', 'x', '-p', 'a=list:4'], 2, /no type "list"/],
  ['a number that is none', ['function', 'create-native', 'x', '-p', 'threads=int:four'], 2, /no whole number/],
  ['a parameter that SAM 2 lacks', ['function', 'create-native', 'x', '-p', 'size=int:4'], 1, /no parameter size/],
  [
    'two functions',
    ['function', 'create-native', 'x', '--function-file', 'a', '--function-module', 'b'],
    2,
    /contradict/,
  ],
  ['a function file that there is not', ['function', 'create-native', 'x', '--function-file', '@no.ts'], 1, /no\.ts/],
  ['a store that is none', ['function', 'run-agent', '1', '--state-store', 'disk'], 2, /no state store/],
  ['a server that is not there', ['task', 'ls', '--server-host', 'http://127.0.0.1:1'], 1, /no answer/],
  ['a port twice', ['task', 'ls', '--server-port', '80'], 1, /has a port already/],
])('%s is refused with its reason', async (_, argv, code, says) => {
  const words = argv.map((word) => (word.startsWith('@') ? path.join(world.folder, word.slice(1)) : word));
  const host = argv.includes('--server-host') ? [] : ['--server-host', world.url];
  const answer = await roto([...host, ...words]);
  expect(answer.err).toMatch(says);
  expect(answer).toMatchObject({ code, out: '' });
});

test('without credentials nobody signs in, and a password is never shown', async () => {
  const env = { ...world.env, CVAT_ACCESS_TOKEN: undefined as unknown as string, USER: '' };
  const host = ['--server-host', world.url];
  expect(await roto(['task', 'ls', ...host], { env })).toMatchObject({ code: 2, err: expect.stringMatching(/--auth/) });
  const wrong = await roto(['task', 'ls', '--auth', 'owner:secret', ...host], { env });
  expect(wrong.code).toBe(1);
  expect(wrong.err).toMatch(/does not let owner in/);
  expect(wrong.err).not.toMatch(/secret/);
});

test('an agent that is asked to end does so, with code 130', async () => {
  const id = await world.createTracker();
  const argv = [
    path.resolve(import.meta.dirname, '../main.ts'),
    'function',
    'run-agent',
    String(id),
    '--server-host',
    world.url,
  ];
  const child = spawn(process.execPath, argv, {
    env: { ...process.env, ...world.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    if (err.includes('Connected')) child.kill('SIGTERM');
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code, err).toBe(130);
});

test('an import shows what it will do, what it passed over, and what it did not find', async () => {
  const host = ['--server-host', world.url];
  const file = path.join(world.folder, 'annotations.xml');
  const at = ['task', 'import-dataset', String(world.taskId), file, ...host];
  await writeFile(
    file,
    '<annotations><track label="wolf"><box frame="2" xtl="1" ytl="1" xbr="9" ybr="9"/></track><x/></annotations>',
  );
  const before = await world.client.tasks.annotations(world.taskId);
  const refused = await roto(at);
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/no label "wolf"/)]);
  const dry = await roto([...at, '--dry-run', '--label-map', 'wolf=thing']);
  expect(dry.code, dry.err).toBe(0);
  expect(dry.out).toBe(
    'Found, by label:\n  thing: 1 tracks on frames 2 to 2\nFound, by frame:\n  2 frame_000002: 1\nNotes:\n  annotations.xml, line 1: <x> is no element of CVAT, and was passed over.\n',
  );
  expect(dry.err).toMatch(/Nothing was changed/);
  const made = await roto([...at, '--dry-run', '--json', '--create-labels']);
  expect(JSON.parse(made.out)).toMatchObject({ dry_run: true, new_labels: ['wolf'] });
  expect(await world.client.tasks.annotations(world.taskId)).toEqual(before);
  const done = await roto([...at, '--append', '--label-map', 'wolf=thing']);
  expect([done.code, done.err]).toEqual([0, expect.stringMatching(/Note: annotations.xml, line 1: <x> .*uploaded/s)]);
  await writeFile(file, '<annotations/>');
  const empty = await roto(at);
  expect([empty.code, empty.err]).toEqual([1, expect.stringMatching(/nothing was changed.*Looked for/s)]);
  expect((await roto([...at, '--label-map', 'wolf'])).code).toBe(2);
});

test('functions and runs are listed, runs are cancelled, labels are added', async () => {
  const host = ['--server-host', world.url];
  const made = (await roto([...host, 'function', 'create-native', 'idle'])).out.trim();
  const listed = await roto(['function', 'ls', ...host]);
  expect(listed.out).toContain(`${made}\ttracker\tidle\n`);
  const task = String(world.taskId);
  const labels = await roto(['task', 'labels', task, '--add', 'bird', 'thing', '--type', 'polygon', ...host]);
  expect([labels.code, labels.out]).toEqual([0, expect.stringMatching(/\tany\tthing\n(.*\n)*\d+\tpolygon\tbird\n/)]);
  expect(labels.err).toContain('thing is there already');
  // The only function, from the frame of the prompts backward to the beginning of the job, by a mask.
  await writeFile(
    world.at('prompts.json'),
    JSON.stringify({
      objects: [
        {
          id: 1,
          label: 'bird',
          prompts: [
            { frame: 6, box: [20, 20, 60, 60] },
            { frame: 3, absent: true },
          ],
        },
        {
          id: 2,
          label: 'thing',
          prompts: [
            {
              frame: 6,
              polygon: [
                [10, 10],
                [50, 10],
                [50, 50],
              ],
            },
          ],
        },
      ],
    }),
  );
  const begun = await roto([
    'task',
    'track',
    task,
    '--prompts',
    world.at('prompts.json'),
    '--function',
    made,
    '--backward',
    '--no-wait',
    ...host,
  ]);
  expect(begun.code, begun.err).toBe(0);
  const run = await world.client.runs.get(begun.out.trim());
  expect(run).toMatchObject({ state: 'queued', start_frame: 6, target_frame: 0, function: Number(made) });
  expect(run.objects.map(({ type }) => type).sort()).toEqual(['polygon', 'rectangle']);
  const runs = await roto(['run', 'ls', '--state', 'queued', ...host]);
  expect(runs.out).toContain(`${run.id}\tqueued\t0/6\ttask ${task}`);
  const cancelled = await roto(['run', 'cancel', run.id, crypto.randomUUID(), ...host]);
  expect([cancelled.code, cancelled.err]).toEqual([0, expect.stringMatching(/cancelled\n.*there is no run/s)]);
  expect((await world.client.runs.get(run.id)).state).toBe('cancelled');
  const clicks = await roto(['task', 'track', task, '--points', '20,20,+', '--frame', '1', ...host]);
  expect([clicks.code, clicks.err]).toEqual([2, expect.stringContaining('not with clicks')]);
  await roto(['function', 'delete', made, ...host]);
});

test("CVAT's Python file is answered by the built-in function, and any other with a remedy", async () => {
  const host = ['--server-host', world.url];
  const command = (file: string) => [
    ...host,
    'function',
    'create-native',
    'SAM2',
    `--function-file=${file}`,
    ...['-p', 'model_id=str:builtin', '-p', 'device=str:cpu'],
  ];
  const made = await roto(command('ai-models/tracker/sam2/func.py'));
  expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
  expect(made.err).toContain("is CVAT's SAM 2 function: the built-in one is used in its place");
  await roto(['function', 'delete', made.out.trim(), ...host]);
  const other = await roto(command('my/detector.py'));
  expect([other.code, other.err]).toEqual([2, expect.stringContaining('Python functions cannot be run')]);
});
