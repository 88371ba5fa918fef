import { scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkPassword, hashPassword } from './passwords.ts';

describe('the stored form of a password', () => {
  it('names its cost, which is a row of the OWASP cheat sheet', async () => {
    expect((await hashPassword('correct horse')).split('$').slice(0, 4)).toEqual(['scrypt', '32768', '8', '3']);
  });

  it('is checked with the cost it names, so that older ones stay valid', async () => {
    const salt = Buffer.from('sixteen bytes...');
    const key = scryptSync('correct horse', salt, 32, { N: 2 ** 15, r: 8, p: 2, maxmem: 2 ** 27 });
    const older = ['scrypt', 2 ** 15, 8, 2, salt.toString('base64url'), key.toString('base64url')].join('$');
    expect(await checkPassword('correct horse', older)).toBe(true);
    expect(await checkPassword('wrong horse', older)).toBe(false);
  });
});
