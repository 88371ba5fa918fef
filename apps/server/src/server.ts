import path from 'node:path';
import { buildApp } from './build-app.ts';
import type { ServerConfig } from './config.ts';
import type { Context } from './context.ts';
import { checkMediaFolder } from './database/data-id.ts';
import { lockFolder } from './database/lock.ts';
import { openDatabase } from './database/open.ts';
import { closeDataFolder, makePrivateFolder } from './disk/private-folder.ts';
import { openEvents } from './events/events.ts';
import type { Report } from './http/problems.ts';
import { type Log, SILENT } from './log/log.ts';
import { openFolderStore } from './store/folder-store.ts';
import { startWorkers } from './workers.ts';

export type RunningServer = {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly context: Context;
  /** Ends open streams, lets go of what is under way in the background, and closes the database. */
  close(): Promise<void>;
};

/**
 * Opens the database (the embedded one in `config.folder`, or PostgreSQL) and the media folder, starts the background work
 * and listens. `report` is told of errors that are a fault of ours, `log` of what happens.
 * @throws FolderInUse when another process has the embedded database open, DataTooNew, DataUnknown, WrongMedia
 */
export async function startServer(config: ServerConfig, report: Report, log: Log = SILENT): Promise<RunningServer> {
  // What was opened, to be closed in the opposite order, also when a later step fails.
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (let next = opened.pop(); next; next = opened.pop())
      await next().catch((error) => report(error, 'closing the server'));
  };
  try {
    await makePrivateFolder(config.folder);
    await closeDataFolder(config.folder);
    if (!config.databaseUrl) opened.push(await lockFolder(config.folder));
    const database = await openDatabase(
      config.databaseUrl ? { url: config.databaseUrl } : { folder: path.join(config.folder, 'database') },
    );
    opened.push(() => database.close());
    const events = await openEvents(database);
    opened.push(() => events.close());
    const mediaFolder = path.join(config.folder, 'media');
    await checkMediaFolder(database.db, mediaFolder);
    const store = await openFolderStore(mediaFolder);
    const context: Context = { config, database, db: database.db, events, store, log };
    const app = await buildApp(context, report);
    opened.push(startWorkers(context, report));
    opened.push(() => app.close());
    const url = await app.listen({ host: config.host, port: config.port });
    return { url, context, close };
  } catch (error) {
    await close();
    throw error;
  }
}
