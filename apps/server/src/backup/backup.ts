import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { lockFolder } from '../database/lock.ts';
import { checkSteps, dataVersion, stepsTaken } from '../database/migrate.ts';
import { type Database, type Db, openDatabase } from '../database/open.ts';
import { ROTO_VERSION } from '../database/version.ts';
import type { Place } from '../database/with-data.ts';
import { openFolderStore } from '../store/folder-store.ts';
import type { MediaStore } from '../store/store.ts';
import {
  BACKUP_FORMAT,
  MANIFEST_FILE,
  type Manifest,
  MEDIA_PREFIX,
  rowsFile,
  TOTALS_FILE,
  type Totals,
} from './manifest.ts';
import { listTables, readRows } from './tables.ts';

/** What is of the media: originals and pictures of tasks, uploads under way. Results of exports are made again. */
const KEPT = 'tasks/';

/**
 * Writes all that a server keeps to one file: the tables as they were at one moment, as JSON lines that any engine reads,
 * and with `media` the files. A server on PostgreSQL may go on meanwhile; the embedded database has one process at a
 * time, so its server is stopped first. The file appears when it is complete.
 * @throws FolderInUse, DataTooNew, DataUnknown
 */
export async function backup(place: Place, file: string, options: { readonly media: boolean }): Promise<Totals> {
  const unlock = place.databaseUrl ? undefined : await lockFolder(place.folder);
  let database: Database | undefined;
  const partial = `${file}.partial-${process.pid}`;
  try {
    database = await openData(place);
    const store = await openFolderStore(path.join(place.folder, 'media'));
    const totals = await write(database, store, partial, options.media);
    const handle = await open(partial, 'r+');
    await handle.sync().finally(() => handle.close());
    await rename(partial, file);
    return totals;
  } finally {
    await rm(partial, { force: true });
    await database?.close();
    await unlock?.();
  }
}

/** Opens the data as it is: an older schema stays the older one. */
function openData({ folder, databaseUrl }: Place): Promise<Database> {
  const options = databaseUrl ? { url: databaseUrl } : { folder: path.join(folder, 'database') };
  return openDatabase(options, async (db, what) => checkSteps(await stepsTaken(db), what, await dataVersion(db)));
}

async function write({ db, engine }: Database, store: MediaStore, file: string, media: boolean): Promise<Totals> {
  const totals = { rows: {} as Record<string, number>, files: 0, bytes: 0 };
  const zip = new ZipFile();
  const written = pipeline(Readable.from(zip.outputStream), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
  // A failure of either side ends the other.
  const failed = new Promise<never>((_, reject) => {
    zip.on('error', reject);
    written.catch(reject);
  });
  failed.catch(() => undefined);
  const add = (name: string, content: AsyncIterable<string | Uint8Array>, compress = true): Promise<void> => {
    const stream = Readable.from(content, { objectMode: false });
    const ended = new Promise<void>((resolve, reject) => stream.once('end', resolve).once('error', reject));
    zip.addReadStream(stream, name, { compress, mode: 0o100600 });
    return Promise.race([ended, failed]);
  };
  await db.transaction(
    async (transaction) => {
      const tx = transaction as unknown as Db;
      const tables = await listTables(tx);
      const manifest: Manifest = {
        format: BACKUP_FORMAT,
        roto_version: ROTO_VERSION,
        created: new Date().toISOString(),
        engine,
        migrations: await stepsTaken(tx),
        tables,
        media,
      };
      await add(MANIFEST_FILE, text(JSON.stringify(manifest, null, 1)));
      for (const table of tables) {
        totals.rows[table.name] = 0;
        const counted = async function* () {
          for await (const line of readRows(tx, table)) {
            totals.rows[table.name]!++;
            yield `${line}\n`;
          }
        };
        await add(rowsFile(table.name), counted());
      }
      if (!media) return;
      for (const key of await store.list(KEPT)) {
        const counted = async function* () {
          for await (const chunk of createReadStream(await store.path(key))) {
            totals.bytes += (chunk as Uint8Array).length;
            yield chunk as Uint8Array;
          }
        };
        totals.files++;
        // Videos and pictures do not get smaller.
        await add(MEDIA_PREFIX + key, counted(), false);
      }
    },
    engine === 'postgresql' ? { isolationLevel: 'repeatable read', accessMode: 'read only' } : undefined,
  );
  await add(TOTALS_FILE, text(JSON.stringify(totals)));
  zip.end();
  await Promise.race([written, failed]);
  return totals;
}

async function* text(content: string): AsyncGenerator<string> {
  yield content;
}
