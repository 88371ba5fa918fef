import path from 'node:path';
import { DataTooNew, DataUnknown, FolderInUse, type Place, WrongMedia } from '@roto/server';
import { readConfig } from '../config.ts';
import { inputError, outputError, usageError } from '../errors.ts';
import type { Io } from '../io.ts';

/** Where a server keeps its data, by flags, else by the environment. */
export function dataPlace(flags: { readonly data?: string; readonly databaseUrl?: string }, io: Io): Place {
  const env = readConfig(io.env);
  const databaseUrl = flags.databaseUrl ?? env.databaseUrl;
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw usageError('--database-url (or DATABASE_URL) names no PostgreSQL; it begins with postgresql://.');
  return { folder: path.resolve(flags.data ?? env.dataDir), databaseUrl };
}

/** What was thrown while the data was opened, as the command line ends with it. */
export function dataError(error: unknown, { folder, databaseUrl }: Place): unknown {
  if (error instanceof FolderInUse || error instanceof WrongMedia) return outputError(error.message, error);
  if (error instanceof DataTooNew || error instanceof DataUnknown) return inputError(error.message, error);
  const { code } = error as { code?: unknown };
  if (['EACCES', 'EPERM', 'ENOENT', 'ENOSPC', 'EROFS', 'ENOTDIR', 'EEXIST', 'EDQUOT'].includes(String(code)))
    return outputError(`${folder} cannot be used (${(error as Error).message}). Choose another with --data.`, error);
  if (databaseUrl) {
    const where = URL.parse(databaseUrl)?.host ?? 'that address';
    return inputError(`The PostgreSQL at ${where} cannot be used (${reason(error)}). See --database-url.`, error);
  }
  return error;
}

function reason(error: unknown): string {
  const causes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause)
    causes.push(at.message || String((at as { code?: unknown }).code ?? at));
  // The database layer holds the reason in its cause, and values in its message.
  return causes.find((message) => !message.startsWith('Failed query:')) ?? String(error);
}
