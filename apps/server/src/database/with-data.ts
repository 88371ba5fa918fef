import path from 'node:path';
import type { ServerConfig } from '../config.ts';
import { lockFolder } from './lock.ts';
import { type Db, openDatabase } from './open.ts';

/** Where a server keeps its data. */
export type Place = Pick<ServerConfig, 'folder' | 'databaseUrl'>;

/**
 * Opens the data of a server for one piece of work. The embedded database has one process at a time: its server is stopped
 * first; on PostgreSQL it may run.
 * @throws FolderInUse, DataTooNew, DataUnknown
 */
export async function withData<T>(place: Place, work: (db: Db) => Promise<T>): Promise<T> {
  const unlock = place.databaseUrl ? undefined : await lockFolder(place.folder);
  try {
    const database = await openDatabase(
      place.databaseUrl ? { url: place.databaseUrl } : { folder: path.join(place.folder, 'database') },
    );
    try {
      return await work(database.db);
    } finally {
      await database.close();
    }
  } finally {
    await unlock?.();
  }
}
