import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CliError } from '../errors.ts';
import { promptedFrames } from './plan.ts';
import { parsePrompts, readPromptsFile } from './prompts-file.ts';

test('every shape is read; masks are found beside the file', () => {
  const objects = parsePrompts(
    {
      about: 'free text',
      objects: [
        {
          id: 7,
          label: 'dog',
          prompts: [
            {
              frame: 0,
              polygon: [
                [1, 2],
                [3, 4],
                [5, 6],
              ],
            },
            { frame: 4, polygon: [1, 2, 3, 4, 5, 6] },
            {
              frame: 5,
              region: [
                {
                  outer: [
                    [0, 0],
                    [9, 0],
                    [9, 9],
                  ],
                  holes: [
                    [
                      [2, 1],
                      [3, 1],
                      [3, 2],
                    ],
                  ],
                },
                {
                  outer: [
                    [20, 20],
                    [29, 20],
                    [29, 29],
                  ],
                },
              ],
            },
            { frame: 6, mask: 'masks/6.png' },
            { frame: 7, rle: { size: [2, 2], counts: '04' } },
            {
              frame: 8,
              box: [1, 2, 3, 4],
              points: [
                [2, 3, '+'],
                [9, 9, '-'],
              ],
            },
            { frame: 9, points: [[2, 3, '+']] },
            { frame: 20, absent: true },
          ],
        },
        { prompts: [{ frame: 3, box: [1, 2, 3, 4] }] },
      ],
    },
    path.join('folder', 'prompts.json'),
  );
  expect(objects.map(({ id, label }) => [id, label])).toEqual([
    [7, 'dog'],
    [2, 'object'],
  ]);
  const shapes = objects[0]!.prompts.map(({ shape }) => shape);
  expect(shapes[0]).toEqual(shapes[1]);
  expect(shapes[2]).toMatchObject({
    region: [
      {
        holes: [
          [
            [2, 1],
            [3, 1],
            [3, 2],
          ],
        ],
      },
      { holes: [] },
    ],
  });
  expect(shapes[3]).toEqual({ kind: 'mask-file', path: path.resolve('folder', 'masks', '6.png') });
  expect(shapes[5]).toMatchObject({ kind: 'box', points: [{ positive: true }, { positive: false }] });
  expect(shapes[7]).toEqual({ kind: 'absent' });
  expect(promptedFrames(objects)).toEqual([0, 3, 4, 5, 6, 7, 8, 9, 20]);
});

test('all problems are listed at once, each with its place', () => {
  const bad = { objects: [{ label: '', prompts: [{ frame: -1, box: [1, 2] }] }, { prompts: 'none' }, 3] };
  expect(() => parsePrompts(bad, 'p.json')).toThrow(CliError);
  try {
    parsePrompts(bad, 'p.json');
  } catch (error) {
    const { message } = error as CliError;
    for (const place of ['objects[0].label', 'prompts[0].frame', 'prompts[0].box', 'objects[1].prompts', 'objects[2]'])
      expect(message).toContain(place);
  }
});

test('no JSON value, however odd, is anything but a list of objects or a usage error', () => {
  const values = [
    null,
    true,
    0,
    '',
    [],
    {},
    [[]],
    { objects: null },
    { objects: [null] },
    { objects: [{ prompts: [null] }] },
  ];
  for (const odd of values) {
    expect(() => parsePrompts(odd, 'p.json')).toThrow(CliError);
    for (const key of ['polygon', 'region', 'mask', 'rle', 'box', 'points', 'absent']) {
      if (key === 'absent' && odd === true) continue; // the one sound pair among them
      const value = { objects: [{ prompts: [{ frame: 0, [key]: odd }] }] };
      expect(() => parsePrompts(value, 'p.json'), JSON.stringify(value)).toThrow(CliError);
    }
  }
});

test('a file with a byte order mark is read', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'roto-prompts-'));
  try {
    const file = path.join(folder, 'p.json');
    await writeFile(file, `\ufeff${JSON.stringify({ objects: [{ prompts: [{ frame: 0, box: [1, 2, 3, 4] }] }] })}`);
    expect(await readPromptsFile(file)).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
