import { access } from 'node:fs/promises';
import path from 'node:path';
import { BadBackup, backup, NotEmpty, type Place, restore, type Totals } from '@roto/server';
import type { BackupFlags } from '../commands/backup.ts';
import { inputError, outputError } from '../errors.ts';
import type { Io } from '../io.ts';
import { plural, result, say } from '../print.ts';
import { dataError, dataPlace } from './place.ts';

export async function makeBackup(file: string, flags: BackupFlags, io: Io): Promise<void> {
  const place = dataPlace(flags, io);
  const target = path.resolve(file);
  if (!flags.overwrite && (await exists(target)))
    throw outputError(`${target} is there already. Name another file, or add --overwrite.`);
  if (!place.databaseUrl && !(await exists(path.join(place.folder, 'database'))))
    throw inputError(`${place.folder} holds no data of a server. Name the folder with --data.`);
  say(io, 'Writing the backup …');
  const totals = await backup(place, target, { media: flags.media }).catch((error) => {
    throw dataError(error, place);
  });
  result(io, `${target}: ${summary(totals)}`);
}

export async function restoreBackup(file: string, flags: BackupFlags, io: Io): Promise<void> {
  const place: Place = dataPlace(flags, io);
  say(io, 'Restoring …');
  const totals = await restore(path.resolve(file), place, { media: flags.media }).catch((error) => {
    if (error instanceof BadBackup) throw inputError(error.message, error);
    if (error instanceof NotEmpty) throw outputError(error.message, error);
    throw dataError(error, place);
  });
  result(
    io,
    `Restored ${summary(totals)}. Start the server with the same --data${place.databaseUrl ? ' and database' : ''}.`,
  );
}

function summary({ rows, files, bytes }: Totals): string {
  const count = (table: string, one: string): string => plural(rows[table] ?? 0, one);
  const media = files === 0 ? 'no media' : `${plural(files, 'media file')}, ${(bytes / 1e6).toFixed(1)} MB`;
  return `${count('tasks', 'task')}, ${count('annotation_objects', 'annotated object')}, ${count('runs', 'run')}, ${count('users', 'user')}; ${media}`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
