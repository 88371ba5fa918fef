import {
  AccountError,
  addAccount,
  addToken,
  firstOwner,
  linkForAccount,
  listAccounts,
  listTokens,
  removeToken,
  setAccountPassword,
  withData,
} from '@roto/server';
import type { PlaceFlags, TokenFlags } from '../commands/user.ts';
import { inputError, usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { printable, result, say } from '../print.ts';
import { parseWhole } from '../prompts/arguments.ts';
import { dataError, dataPlace } from './place.ts';

type Work = Parameters<typeof withData>[1];
type Data = Parameters<Work>[0];

async function onData<T>(flags: PlaceFlags, io: Io, work: (db: Data) => Promise<T>): Promise<T> {
  const place = dataPlace(flags, io);
  try {
    return await withData(place, work);
  } catch (error) {
    if (error instanceof AccountError) throw inputError(error.message, error);
    throw dataError(error, place);
  }
}

export async function listUsers(flags: PlaceFlags, io: Io): Promise<void> {
  for (const { id, username, isAdmin, isActive, hasPassword } of await onData(flags, io, listAccounts)) {
    const what = [isAdmin && 'administrator', !isActive && 'deactivated', !hasPassword && 'no password'].filter(
      Boolean,
    );
    result(io, [id, username, what.join(', ')].join('\t').trimEnd());
  }
}

export async function addUser(name: string, flags: PlaceFlags & { admin?: boolean }, io: Io): Promise<void> {
  const link = await onData(flags, io, async (db) => {
    await addAccount(db, name, { isAdmin: flags.admin ?? false });
    return linkForAccount(db, name, { reset: false });
  });
  say(io, `Made ${flags.admin ? 'the administrator' : 'the user'} ${printable(name)}.`);
  showLink(link, io);
}

export async function linkUser(name: string, flags: PlaceFlags & { reset?: boolean }, io: Io): Promise<void> {
  const link = await onData(flags, io, (db) => linkForAccount(db, name, { reset: flags.reset ?? false }));
  showLink(link, io);
}

/** The path alone is the result: under which address the server is reached, its users know. */
function showLink(link: string, io: Io): void {
  say(io, 'Start the server, and open this after its address, within an hour; it works once:');
  result(io, link);
}

export async function setPassword(name: string, flags: PlaceFlags, io: Io): Promise<void> {
  const password = io.env.PASS || (await io.askHidden?.(`New password for ${printable(name)}: `));
  if (!password) throw usageError('Give the new password in the variable PASS, or run this in a terminal.');
  await onData(flags, io, (db) => setAccountPassword(db, name, password));
  say(io, `The password of ${printable(name)} is set; all their sessions and tokens have ended.`);
}

export async function createToken(name: string, flags: TokenFlags, io: Io): Promise<void> {
  const days = flags.days === undefined ? undefined : parseWhole(flags.days, '--days', 1, 36_500);
  const value = await onData(flags, io, async (db) =>
    addToken(db, flags.user ?? (await firstOwner(db)).username, {
      name,
      readOnly: flags.readOnly ?? false,
      expiryDate: days === undefined ? null : new Date(Date.now() + days * 86_400_000),
    }),
  );
  say(io, 'Give it to a program as CVAT_ACCESS_TOKEN; it cannot be shown again:');
  result(io, value);
}

export async function listAllTokens(flags: TokenFlags, io: Io): Promise<void> {
  for (const token of await onData(flags, io, (db) => listTokens(db, flags.user))) {
    const what = [
      token.readOnly && 'reads only',
      token.expiryDate && `until ${token.expiryDate.toISOString().slice(0, 10)}`,
      token.lastUsedDate ? `last used ${token.lastUsedDate.toISOString().slice(0, 10)}` : 'not used yet',
    ].filter(Boolean);
    result(io, [token.id, token.username, printable(token.name), what.join(', ')].join('\t'));
  }
}

export async function revokeTokens(ids: readonly string[], flags: PlaceFlags, io: Io): Promise<void> {
  const numbers = ids.map((id) => parseWhole(id, 'the id of a token', 1, Number.MAX_SAFE_INTEGER));
  await onData(flags, io, async (db) => {
    for (const id of numbers)
      say(io, (await removeToken(db, id)) ? `Token ${id} is revoked.` : `Warning: there is no token ${id}.`);
  });
}
