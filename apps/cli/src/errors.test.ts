import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AnnotationError } from '@roto/annotations';
import { GeometryError } from '@roto/geometry';
import { MEDIA_ERROR_CODES, MediaError } from '@roto/media';
import { DeviceError, HubError, WeightFileError } from '@roto/model';
import { TrackerError } from '@roto/tracker';
import { expect, test } from 'vitest';
import { CliError, EXIT, errorCode, exitReason, Interrupted } from './errors.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/guide/exit-codes.md'), 'utf8');

test('the guide lists exactly the exit codes that there are', () => {
  const listed = [...page.matchAll(/^\| (\d+) \| `(\w+)`/gm)].map(([, code, name]) => [name, Number(code)]);
  expect(Object.fromEntries(listed)).toEqual(EXIT);
});

test('each class of error has its reason', () => {
  const cases: [unknown, string][] = [
    [new CliError('output', 'x'), 'output'],
    [new Interrupted(), 'interrupted'],
    [new MediaError('not-found', 'f', 'r', 'r'), 'input'],
    [new MediaError('write-failed', 'f', 'r', 'r'), 'output'],
    [new MediaError('bad-argument', 'f', 'r', 'r'), 'usage'],
    [new TrackerError('bad-prompt', 'x'), 'usage'],
    [new TrackerError('pass-open', 'x'), 'internal'],
    [new AnnotationError('results-line', 'x'), 'output'],
    [new GeometryError('polygon', 'x'), 'usage'],
    [new HubError('hub-offline', 'x'), 'model'],
    [new WeightFileError('weight-format', 'f', 'r'), 'model'],
    [new DeviceError('cuda', 'x', 'y'), 'device'],
    [new TypeError('x'), 'internal'],
    ['a thrown text', 'internal'],
  ];
  for (const [error, reason] of cases) expect(exitReason(error)).toBe(reason);
  expect(errorCode(new HubError('hub-offline', 'x'))).toBe('hub-offline');
  expect(errorCode(new CliError('usage', 'x'))).toBe('usage');
  expect(errorCode('text')).toBe('internal');
});

test('every media code ends in a code of the table', () => {
  for (const code of MEDIA_ERROR_CODES)
    expect(['usage', 'input', 'output']).toContain(exitReason(new MediaError(code, 'f', 'r', 'r')));
});
